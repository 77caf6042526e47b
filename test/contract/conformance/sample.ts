import type { Home } from '../../../lib/core/definition/home.ts'
import type { Job, JobState, RawJob } from '../../../lib/core/job/job.ts'
import { laneOf, shardOf } from '../../../lib/core/job/lane.ts'

/** The instant at which every case takes place. */
export const now = Date.parse('2026-11-22T10:00:00.000Z')
export const second = 1_000
export const minute = 60 * second

const begun = { startedAt: now - 70 * second, attempt: 1, attemptsLeft: 4 } as const

/** Attributes that a job of each state carries beside those of every job. */
const byState: { readonly [S in JobState]: Partial<RawJob> } = {
  SCHEDULED: { scheduledAt: now + 10 * minute, dispatches: 1 },
  AVAILABLE: {},
  RESERVED: { dispatches: 2 },
  IN_PROGRESS: { ...begun, owner: 'owner-before-1234', leaseUntil: now + 30 * second },
  RETRY: {
    ...begun,
    leaseUntil: now - second,
    lastOwner: 'owner-before-1234',
    error: '{"name":"Error","message":"x"}',
  },
  WAITING: {
    ...begun,
    scheduledAt: now + 60 * minute,
    leaseUntil: now - second,
    lastOwner: 'owner-before-1234',
    snoozes: 1,
    attemptsLeft: 5,
  },
  FAILED: { ...begun, finishedAt: now - minute, ttl: 1_800_000_000, lane: 'default#failed#4', error: '{"name":"E"}' },
  COMPLETED: { ...begun, finishedAt: now - minute, ttl: 1_800_000_000, owner: 'owner-before-1234', result: '42' },
  CANCELLED: { finishedAt: now - minute, ttl: 1_800_000_000 },
}

const withoutRow: readonly JobState[] = ['COMPLETED', 'CANCELLED']

/** A job in a state, as the engine would have left it there, ten minutes old. `undefined` leaves an attribute out. */
export function sample(
  state: JobState,
  changes: { readonly [K in keyof RawJob]?: RawJob[K] | undefined } = {},
): RawJob {
  const job = {
    type: 'sample',
    queue: 'default',
    state,
    input: '{"n":1}',
    attempt: 0,
    attemptsLeft: 5,
    scheduledAt: now - second,
    insertedAt: now - 10 * minute,
    fence: 3,
    shard: 4,
    request: 'rt-before',
    lookAt: now,
    ...(withoutRow.includes(state) ? {} : { lane: 'default#live#4' }),
    ...byState[state],
    ...changes,
  }
  return withoutUndefined(job)
}

export const withoutUndefined = (record: object): object =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined))

/** Where a job of sixteen shards belongs whose type is in the queue that the job names. */
export function homeFor(job: Job, queue = job.queue): Home {
  const isKept = queue === job.queue && job.missing?.includes('shard') !== true
  const shard = isKept ? job.shard : shardOf(job.id, 16)
  return { queue, shard, lane: laneOf(queue, 'live', shard) }
}
