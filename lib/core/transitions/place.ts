/** T1–T3: a job is put where it waits for its time. T16 puts a job there again. */
import { asSeen, equal, oneOf } from '../clause.ts'
import type { Job } from '../job.ts'
import { generationOf, heldUntil, maxAttemptsOf, terminalStates, waitingStates } from '../job.ts'
import { leadMs, maxDelayMs } from '../limits.ts'
import { firstHoldMs, type JobPolicy } from '../policy.ts'
import { laneOf, shardOf } from '../shard.ts'
import type { Changes, Transition } from './transition.ts'

export interface Placement {
  readonly state: 'RESERVED' | 'SCHEDULED'
  /** When the sweeper must look. */
  readonly at: number
  readonly dispatches: 0 | 1
  /** What to send, once or while the write is made: nothing for a job further away than SQS can delay. */
  readonly send: { readonly delayMs: number } | undefined
}

/** Where a job that is due at `dueAt` waits: in the queue (T1), delayed in the queue (T2), or for the sweeper (T3). */
export function placementFor(dueAt: number, now: number, policy: JobPolicy): Placement {
  const waitMs = dueAt - now
  if (waitMs <= 0) {
    return { state: 'RESERVED', at: now + firstHoldMs(policy), dispatches: 1, send: { delayMs: 0 } }
  }
  if (waitMs <= maxDelayMs) {
    return { state: 'SCHEDULED', at: dueAt + firstHoldMs(policy), dispatches: 1, send: { delayMs: waitMs } }
  }
  return { state: 'SCHEDULED', at: dueAt - leadMs, dispatches: 0, send: undefined }
}

export interface NewJob {
  readonly id: string
  readonly type: string
  readonly queue: string
  readonly input: string
  readonly dueAt: number
  readonly maxAttempts: number
  readonly priority?: number
  readonly tags?: readonly string[]
  readonly notify?: string
  readonly depth?: number
}

/** T1–T3. The item of a new job; its guard (the id is absent) belongs to the insert itself. */
export function newJob(given: NewJob, now: number, rt: string, policy: JobPolicy, shards: number): Job {
  const placement = placementFor(given.dueAt, now, policy)
  const shard = shardOf(given.id, shards)
  return {
    id: given.id,
    type: given.type,
    queue: given.queue,
    state: placement.state,
    input: given.input,
    attempt: 0,
    attemptsLeft: given.maxAttempts,
    ...(given.maxAttempts === 5 ? {} : { maxAttempts: given.maxAttempts }),
    ...(policy.maxSnoozes === 1_000 ? {} : { maxSnoozes: policy.maxSnoozes }),
    ...(given.priority === undefined || given.priority === 0 ? {} : { priority: given.priority }),
    ...(given.tags === undefined || given.tags.length === 0 ? {} : { tags: given.tags }),
    ...(given.notify === undefined ? {} : { notify: given.notify }),
    ...(given.depth === undefined || given.depth === 0 ? {} : { depth: given.depth }),
    scheduledAt: given.dueAt,
    insertedAt: now,
    fence: placement.send === undefined ? 0 : 1,
    ...(placement.dispatches === 0 ? {} : { dispatches: placement.dispatches }),
    rt,
    shard,
    lane: laneOf(given.queue, 'live', shard),
    at: placement.at,
  }
}

/**
 * What T16 writes: the job waits again, under a new fence, owned by nobody. The message is sent *after* the write. Not
 * before the end of a lease under which a run may still be at work (I2).
 */
function placeAgain(job: Job, askedAt: number, now: number, rt: string, policy: JobPolicy): Changes {
  const dueAt = Math.max(askedAt, heldUntil(job))
  const placement = placementFor(dueAt, now, policy)
  return {
    state: placement.state,
    fence: job.fence + 1,
    scheduledAt: dueAt,
    dispatches: placement.dispatches,
    lane: laneOf(job.queue, 'live', job.shard),
    at: placement.at,
    rt,
  }
}

/** What an earlier run left; its lease only when it is over. */
const leftovers = (job: Job, now: number) =>
  [
    'owner',
    ...(heldUntil(job) > now ? [] : (['leaseUntil'] as const)),
    'ttl',
    'finishedAt',
    'cancelRequestedAt',
    'progress',
  ] as const

/** T16. A job that has ended runs again, as a new generation with its counters at zero. */
export function requeueIfEnded(job: Job, dueAt: number, now: number, rt: string, policy: JobPolicy): Transition {
  return {
    name: 'requeueIfEnded',
    row: 'T16',
    guard: [oneOf('state', terminalStates), asSeen(job, 'fence')],
    set: {
      ...placeAgain(job, dueAt, now, rt, policy),
      generation: generationOf(job) + 1,
      attempt: 0,
      attemptsLeft: maxAttemptsOf(job),
    },
    remove: [...leftovers(job, now), 'crashes', 'snoozes', 'result'],
  }
}

/** T16. A job that waits gets another time; `dueAt = now` is "run now". */
export function rescheduleIfWaiting(job: Job, dueAt: number, now: number, rt: string, policy: JobPolicy): Transition {
  return {
    name: 'rescheduleIfWaiting',
    row: 'T16',
    guard: [oneOf('state', waitingStates), asSeen(job, 'fence')],
    set: placeAgain(job, dueAt, now, rt, policy),
    remove: leftovers(job, now),
  }
}

/** T21. A send that failed: the sweeper shall look at once, and the send is not counted. */
export function pullIfMine(job: Job, now: number): Transition {
  return {
    name: 'pullIfMine',
    row: 'T21',
    guard: [equal('fence', job.fence), asSeen(job, 'at')],
    set: { at: now, dispatches: Math.max(0, (job.dispatches ?? 0) - 1) },
    remove: [],
  }
}
