import type { JobStore } from '../../lib/ports/job-store.ts'

/** A store that does what another does, but for what is given. */
export const storeOver = (inner: JobStore, own: Partial<JobStore>): JobStore => ({
  insert: jobs => inner.insert(jobs),
  apply: changes => inner.apply(changes),
  get: (ids, parts) => inner.get(ids, parts),
  due: (lane, until, limit, from) => inner.due(lane, until, limit, from),
  lane: query => inner.lane(query),
  count: query => inner.count(query),
  ...own,
})
