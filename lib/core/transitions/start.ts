/** T6, T7: a worker starts the job in its hands. */
import { firstHoldMs, type JobPolicy, leaseMs } from '../definition/policy.ts'
import { type Job, startableStates } from '../job/job.ts'
import { earlyStartMs, tickMs } from '../values/times.ts'
import { atLeast, atMost, type Clause, equal, oneOf } from './clause.ts'
import { leaseOver } from './guards.ts'
import { type Transition } from './transition.ts'
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
