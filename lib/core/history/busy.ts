/**
 * Which jobs of a queue run, as one shard of the stream has seen it at the end of its last batch. A run that begins and
 * ends within a batch is never in it. A hint: whoever shows it reads the items, and passes over those that have ended.
 */

import { isEntries } from '../records/change.ts'
import { busyKey } from '../records/keys.ts'
import type { Fields, StoredRecord } from '../records/record.ts'
import { maxFunctionMs } from '../values/quotas.ts'
import type { Derivation } from './derivation.ts'
import { countedName, endedRunOf, isStart, type JobChange } from './job-change.ts'

/** In one record: some 30 KB. The longest runs stay. */
const maxBusy = 400
/** No run is older: Lambda ends a function after 15 minutes. */
const maxAgeMs = maxFunctionMs + 60_000
/** As long as positions are kept: see position.ts. */
const keepMs = 26 * 3_600_000

/** One for each queue in which a run began or ended. @param shard as `shardHash` makes it */
export function busyDerivations(changes: readonly JobChange[], shard: string): readonly Derivation[] {
  const relevant = changes.filter(change => isStart(change) || endedRunOf(change) !== undefined || isMovedRun(change))
  const queues = new Set(relevant.flatMap(({ before, after }) => [before, after].flatMap(job => job?.queue ?? [])))
  return [...new Set([...queues].map(countedName))].map(queue => ({
    key: busyKey(queue, shard),
    changes: relevant.filter(({ before, after }) =>
      [before, after].some(job => countedName(job?.queue ?? '') === queue),
    ),
    actions: (record, fresh) => [
      { op: 'set', attribute: 'jobs', value: Object.fromEntries(runningAfter(record, queue, fresh)) },
      { op: 'set', attribute: 'ttl', value: Math.ceil((lastOf(fresh) + keepMs) / 1_000) },
    ],
  }))
}

const isMovedRun = ({ before, after: now }: JobChange): boolean =>
  before?.state === 'IN_PROGRESS' && now?.state === 'IN_PROGRESS' && before.queue !== now.queue

const lastOf = (changes: readonly JobChange[]): number => Math.max(...changes.map(({ at }) => at))

function runningAfter(
  record: StoredRecord | undefined,
  queue: string,
  changes: readonly JobChange[],
): readonly (readonly [string, Fields])[] {
  const jobs = new Map<string, Fields>()
  for (const { id, type, attempt, startedAt } of busyFrom(record)) jobs.set(id, { type, attempt, startedAt })
  for (const { before, after: now, at } of changes) {
    if (before !== undefined) jobs.delete(before.id)
    if (now?.state !== 'IN_PROGRESS' || countedName(now.queue) !== queue) continue
    const { id, type, attempt, startedAt = at } = now
    jobs.set(id, { type: countedName(type), attempt, startedAt })
  }
  const now = lastOf(changes)
  return [...jobs]
    .filter(([, { startedAt }]) => now - Number(startedAt) < maxAgeMs)
    .toSorted(([, a], [, b]) => Number(a['startedAt']) - Number(b['startedAt']))
    .slice(0, maxBusy)
}

export interface BusyJob {
  readonly id: string
  readonly type: string
  readonly attempt: number
  readonly startedAt: number
}

/** The longest runs first. */
export function busyFrom(record: StoredRecord | undefined): readonly BusyJob[] {
  const jobs = record?.attributes['jobs']
  if (jobs === undefined || !isEntries(jobs)) return []
  return Object.entries(jobs).flatMap(([id, fields]) => {
    if (typeof fields !== 'object') return []
    const { type, attempt, startedAt } = fields
    return typeof type === 'string' && typeof attempt === 'number' && typeof startedAt === 'number'
      ? [{ id, type, attempt, startedAt }]
      : []
  })
}
