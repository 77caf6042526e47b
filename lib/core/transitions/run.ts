/** T6–T13: what a worker does with the job in its hands. */
import { absent, atLeast, atMost, below, type Clause, equal, oneOf } from '../clause.ts'
import { type Job, maxSnoozesOf, startableStates } from '../job.ts'
import { earlyStartMs, leadMs, tickMs } from '../limits.ts'
import { firstHoldMs, type JobPolicy, leaseMs } from '../policy.ts'
import { laneOf } from '../shard.ts'
import type { Transition } from './transition.ts'

/** The instants of one start, all from one reading of the clock. */
export interface Start {
  readonly now: number
  readonly owner: string
  readonly policy: JobPolicy
}

/** `at` may stay where it is when it lies within [leaseUntil, leaseUntil + first hold]: an index row left alone is free. */
export function mayLeaveAt(at: number, start: Start): boolean {
  const leaseUntil = start.now + leaseMs(start.policy)
  return at >= leaseUntil && at <= leaseUntil + firstHoldMs(start.policy)
}

function holdIt(start: Start, isAtLeft: boolean) {
  const leaseUntil = start.now + leaseMs(start.policy)
  const guard: readonly Clause[] = isAtLeft
    ? [atLeast('at', leaseUntil), atMost('at', leaseUntil + firstHoldMs(start.policy))]
    : []
  const set = {
    state: 'IN_PROGRESS',
    owner: start.owner,
    leaseUntil,
    startedAt: start.now,
    ...(isAtLeft ? {} : { at: leaseUntil + tickMs }),
  } as const
  return { guard, set }
}

/**
 * T6. Starts the job that a message names. The item has not been read: the answer brings it.
 * @param isAtLeft try the form that leaves `at` alone; refused only for that, the caller tries the other form
 */
export function startIfDispatched(fence: number, start: Start, isAtLeft: boolean): Transition {
  const hold = holdIt(start, isAtLeft)
  return {
    name: isAtLeft ? 'startIfDispatched' : 'startIfDispatchedMovingAt',
    row: 'T6',
    guard: [
      equal('fence', fence),
      oneOf('state', startableStates),
      atMost('scheduledAt', start.now + earlyStartMs),
      atLeast('attemptsLeft', 1),
      ...hold.guard,
    ],
    set: hold.set,
    add: { attempt: 1, attemptsLeft: -1 },
    remove: ['dispatches'],
  }
}

/** T7. The run that held the job is gone and its lease is over; this message's run takes the job over. */
export function takeOverIfLeaseOver(seen: Job, fence: number, start: Start): Transition {
  const hold = holdIt(start, seen.at !== undefined && mayLeaveAt(seen.at, start))
  return {
    name: 'takeOverIfLeaseOver',
    row: 'T7',
    guard: [...leaseOver(seen, start.now), equal('fence', fence), atLeast('attemptsLeft', 1), ...hold.guard],
    set: { ...hold.set, crashes: (seen.crashes ?? 0) + 1 },
    add: { attempt: 1, attemptsLeft: -1 },
    remove: ['dispatches'],
  }
}

/** The guard of everything done to a run that stopped without a word. */
export function leaseOver(seen: Job, now: number): readonly Clause[] {
  return [
    equal('state', 'IN_PROGRESS'),
    seen.owner === undefined ? absent('owner') : equal('owner', seen.owner),
    seen.leaseUntil === undefined ? absent('leaseUntil') : below('leaseUntil', now),
    absent('cancelRequestedAt'),
  ]
}

/** The guard of everything that a run writes about itself. */
export const mine = (owner: string): readonly Clause[] => [equal('owner', owner), equal('state', 'IN_PROGRESS')]

/** T8. The run says that it lives; the answer carries the cancel flag. The lease never moves backwards. */
export function heartbeatIfOwner(owner: string, leaseUntil: number, progress: number | undefined): Transition {
  return {
    name: 'heartbeatIfOwner',
    row: 'T8',
    guard: [...mine(owner), atMost('leaseUntil', leaseUntil)],
    set: { leaseUntil, ...(progress === undefined ? {} : { progress }) },
    remove: [],
  }
}

/**
 * `finishedAt`, and the time after which DynamoDB may delete the item. `at` is written although the row goes: a late
 * T21 asks for the `at` it knows, and must find another.
 */
export function ending(now: number, keepMs: number) {
  return { finishedAt: now, ttl: Math.ceil((now + keepMs) / 1_000), at: now }
}

/** T9. `owner` stays on the item: with the row's key it would be a second removal, which not every engine takes. */
export function completeIfOwner(
  job: Job,
  owner: string,
  result: string | undefined,
  now: number,
  policy: JobPolicy,
): Transition {
  const history = policy.history ? { lane: laneOf(job.queue, 'completed', job.shard) } : {}
  return {
    name: 'completeIfOwner',
    row: 'T9',
    guard: mine(owner),
    set: {
      state: 'COMPLETED',
      ...(result === undefined ? {} : { result }),
      ...ending(now, policy.keepCompletedMs),
      lastOwner: owner,
      leaseUntil: now,
      ...history,
    },
    remove: policy.history ? [] : ['lane'],
  }
}

/** When a job that failed or snoozed is due again, and whether its message stays in hand until then. */
export interface Again {
  readonly dueAt: number
  readonly isMessageKept: boolean
}

function waitAgain(job: Job, owner: string, again: Again, policy: JobPolicy) {
  const latest = again.dueAt + firstHoldMs(policy)
  const stays = job.at !== undefined && job.at >= again.dueAt + tickMs && job.at <= latest
  const at = again.isMessageKept ? (stays ? undefined : latest) : again.dueAt - leadMs
  return {
    state: 'RETRY',
    scheduledAt: again.dueAt,
    lastOwner: owner,
    ...(at === undefined ? {} : { at }),
  } as const
}

/** T11. */
export function retryIfOwner(job: Job, owner: string, again: Again, error: string, policy: JobPolicy): Transition {
  return {
    name: 'retryIfOwner',
    row: 'T11',
    guard: [...mine(owner), absent('cancelRequestedAt')],
    set: { ...waitAgain(job, owner, again, policy), error },
    remove: ['owner'],
  }
}

/** T12. */
export function failIfOwner(job: Job, owner: string, error: string, now: number, policy: JobPolicy): Transition {
  return {
    name: 'failIfOwner',
    row: 'T12',
    guard: mine(owner),
    set: { ...failed(job, error, now, policy), lastOwner: owner, leaseUntil: now },
    remove: ['owner'],
  }
}

/** What every way into FAILED writes: the row moves to the failed lane, where operators look. */
export function failed(job: Job, error: string, now: number, policy: JobPolicy) {
  return {
    state: 'FAILED',
    error,
    ...ending(now, policy.keepFailedMs),
    lane: laneOf(job.queue, 'failed', job.shard),
  } as const
}

/** T13. As T11, but the attempt is given back; bounded, or a job that always snoozes would never end. */
export function snoozeIfOwner(job: Job, owner: string, again: Again, policy: JobPolicy): Transition {
  const snoozes = job.snoozes ?? 0
  const bound: readonly Clause[] =
    snoozes === 0 ? [absent('snoozes')] : [equal('snoozes', snoozes), below('snoozes', maxSnoozesOf(job))]
  return {
    name: 'snoozeIfOwner',
    row: 'T13',
    guard: [...mine(owner), absent('cancelRequestedAt'), ...bound],
    set: { ...waitAgain(job, owner, again, policy), snoozes: snoozes + 1, attemptsLeft: job.attemptsLeft + 1 },
    remove: ['owner'],
  }
}
