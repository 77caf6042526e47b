/** T5, T14, T19, T20 and the ends of a job that no run can write: what sweeper and dispatcher do. */
import { asSeen, below, type Clause, equal, oneOf } from '../clause.ts'
import { generationOf, heldUntil, isTerminal, type Job, maxAttemptsOf, startableStates } from '../job.ts'
import { leadMs, maxDelayMs } from '../limits.ts'
import { holdMs, type JobPolicy } from '../policy.ts'
import { laneOf, shardOf } from '../shard.ts'
import { failed, leaseOver } from './run.ts'
import type { Transition } from './transition.ts'

/** T5. Hands the job to SQS. From RESERVED the fence is kept: the old message may only be late, and keeps its place. */
export function dispatchIfSeen(job: Job, now: number, rt: string, policy: JobPolicy): Transition {
  const dispatches = job.dispatches ?? 0
  const isDue = job.scheduledAt <= now
  return {
    name: 'dispatchIfSeen',
    row: 'T5',
    guard: [asSeen(job, 'state'), asSeen(job, 'fence'), asSeen(job, 'at')],
    set: {
      state: isDue || job.state === 'RESERVED' ? 'RESERVED' : job.state === 'RETRY' ? 'RETRY' : 'SCHEDULED',
      fence: job.state === 'RESERVED' ? job.fence : job.fence + 1,
      dispatches: dispatches + 1,
      at: Math.max(now, job.scheduledAt) + holdMs(policy, dispatches),
      rt,
    },
    remove: [],
  }
}

/** T14. The lease ended without an outcome, and no message came to take over: back to the queue. */
export function recoverIfLeaseOver(job: Job, now: number, rt: string, policy: JobPolicy): Transition {
  return {
    name: 'recoverIfLeaseOver',
    row: 'T14',
    guard: leaseOver(job, now),
    set: {
      state: 'RESERVED',
      fence: job.fence + 1,
      crashes: (job.crashes ?? 0) + 1,
      dispatches: 1,
      at: now + holdMs(policy, 0),
      rt,
    },
    remove: ['owner'],
  }
}

/** T7 and T14 with the attempts used up. */
export function failIfLeaseOver(job: Job, error: string, now: number, policy: JobPolicy): Transition {
  return {
    name: 'failIfLeaseOver',
    row: 'T14',
    guard: leaseOver(job, now),
    set: { ...failed(job, error, now, policy), crashes: (job.crashes ?? 0) + 1 },
    remove: ['owner'],
  }
}

/** A job that waits with no attempt left (an operator lowered the limit, or edited the item): it ends here. */
export function failIfExhausted(job: Job, error: string, now: number, policy: JobPolicy): Transition {
  return {
    name: 'failIfExhausted',
    row: 'T6',
    guard: [oneOf('state', [...startableStates, 'AVAILABLE']), asSeen(job, 'fence'), below('attemptsLeft', 1)],
    set: failed(job, error, now, policy),
    remove: ['owner'],
  }
}

/** What an item needs to be a live job, and what it must not carry. */
export function isInLiveShape(job: Job): boolean {
  return (
    (job.missing === undefined || job.missing.length === 0) &&
    job.lane === laneOf(job.queue, 'live', job.shard) &&
    job.at !== undefined &&
    job.ttl === undefined &&
    job.finishedAt === undefined &&
    job.owner === undefined
  )
}

/**
 * T19. An item that a foreign writer or a console edit made AVAILABLE becomes a live job. From a terminal state it is
 * a requeue: counters at zero, a new generation. A lease that still runs delays it, which keeps a single owner (I2).
 */
export function adoptIfAvailable(job: Job, now: number, rt: string, shards: number): Transition {
  const isKnown = (name: keyof Job): boolean => job.missing?.includes(name as never) !== true
  const hasEnded = job.ttl !== undefined || job.finishedAt !== undefined
  const shard = isKnown('shard') ? job.shard : shardOf(job.id, shards)
  const guard: readonly Clause[] = [equal('state', 'AVAILABLE'), asSeen(job, 'fence')]
  return {
    name: 'adoptIfAvailable',
    row: 'T19',
    guard,
    set: {
      queue: job.queue,
      fence: job.fence + 1,
      attempt: hasEnded ? 0 : job.attempt,
      attemptsLeft: hasEnded ? maxAttemptsOf(job) : job.attemptsLeft,
      ...(hasEnded ? { generation: generationOf(job) + 1 } : {}),
      scheduledAt: Math.max(isKnown('scheduledAt') ? job.scheduledAt : now, heldUntil(job)),
      insertedAt: isKnown('insertedAt') ? job.insertedAt : now,
      shard,
      lane: laneOf(job.queue, 'live', shard),
      at: now,
      rt,
    },
    remove: [
      'owner',
      ...(heldUntil(job) > now ? [] : (['leaseUntil'] as const)),
      'ttl',
      'finishedAt',
      'cancelRequestedAt',
      'dispatches',
      ...(hasEnded ? (['crashes', 'snoozes', 'result'] as const) : []),
    ],
  }
}

/** Whether nobody would ever look at the job again: it has not ended, and is in no lane that the sweeper walks. */
export const isStray = (job: Job): boolean =>
  !isTerminal(job.state) && (job.lane !== laneOf(job.queue, 'live', job.shard) || job.at === undefined)

/** T19 for a stray, whatever state it was edited to or put in: made AVAILABLE, and due at the next tick. */
export function adoptIfStray(job: Job, now: number, rt: string, shards: number): Transition {
  const { set, remove } = adoptIfAvailable(job, now, rt, shards)
  return {
    name: 'adoptIfStray',
    row: 'T19',
    guard: [asSeen(job, 'state'), asSeen(job, 'fence'), asSeen(job, 'lane'), asSeen(job, 'at')],
    set: { ...set, state: 'AVAILABLE' },
    remove,
  }
}

/** T20. Too early to act: the sweeper looks again when the lease ends, or when the job comes within SQS's reach. */
export function lookLaterIfSeen(job: Job, now: number): Transition {
  const isRunning = job.state === 'IN_PROGRESS'
  const dueAt = isRunning ? (job.leaseUntil ?? now) : job.scheduledAt - leadMs
  return {
    name: 'lookLaterIfSeen',
    row: 'T20',
    guard: [asSeen(job, 'state'), asSeen(job, 'owner'), asSeen(job, 'fence'), asSeen(job, 'at')],
    set: { at: dueAt, ...(job.state === 'AVAILABLE' ? { state: 'SCHEDULED' as const } : {}) },
    remove: [],
  }
}

/** Whether the job comes due too late for SQS to delay its message that long. */
export const isBeyondDelay = (job: Job, now: number): boolean => job.scheduledAt - now > maxDelayMs
