import type { JobStore } from '../../lib/ports/job-store.ts'
import type { RecordStore } from '../../lib/ports/record-store.ts'

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

/** The same for records. */
export const recordsOver = (inner: RecordStore, own: Partial<RecordStore>): RecordStore => ({
  putIfAbsent: records => inner.putIfAbsent(records),
  update: updates => inner.update(updates),
  get: keys => inner.get(keys),
  query: query => inner.query(query),
  due: (...page) => inner.due(...page),
  transact: (actions, token) => inner.transact(actions, token),
  ...own,
})
