/** T6, T7: a worker starts the job in its hands. */
import { firstHoldMs, type JobPolicy, leaseMs } from '../definition/policy.ts'
import { type Job, noPass, startableStates } from '../job/job.ts'
import { passMs } from '../values/rate.ts'
import { earlyStartMs, tickMs } from '../values/times.ts'
import { atLeast, atMost, type Clause, equal, oneOf } from './clause.ts'
import { leaseOver, throughGate } from './guards.ts'
import type { Transition } from './transition.ts'

/** The instants of one start, all from one reading of the clock. */
export interface Start {
  readonly now: number
  readonly owner: string
  readonly policy: JobPolicy
  /** The gate through which the job starts. Absent: none. */
  readonly gate?: string
  /**
   * How the start has its slot at a gate with a rate: the message had it already, or it was taken for this start, and is
   * due at that instant. Absent: the gate has no rate.
   */
  readonly slot?: 'booked' | number
}

/** `lookAt` may stay where it is when it lies within [leaseUntil, leaseUntil + first hold]: an index row left alone is free. */
export function mayLeaveAt(lookAt: number, start: Start): boolean {
  const leaseUntil = start.now + leaseMs(start.policy)
  return lookAt >= leaseUntil && lookAt <= leaseUntil + firstHoldMs(start.policy)
}

/** The slot of a start is used up by it: the next attempt takes another. */
function slotFor({ now, slot }: Start, fence: number) {
  if (slot === undefined) return { guard: [], set: {} }
  if (slot === 'booked') {
    // The message, or the item as it was read, has told the slot; the second clause is for a time that somebody edits.
    return { guard: [equal('pass', fence), atLeast('scheduledAt', now - passMs)], set: { pass: noPass } }
  }
  // Still to come: the run waits for it.
  return { guard: [], set: { pass: noPass, ...(slot === now ? {} : { scheduledAt: slot }) } }
}

function holdOf(start: Start, keepsLookAt: boolean) {
  const leaseUntil = start.now + leaseMs(start.policy)
  const guard: readonly Clause[] = keepsLookAt
    ? [atLeast('lookAt', leaseUntil), atMost('lookAt', leaseUntil + firstHoldMs(start.policy))]
    : []
  const set = {
    state: 'IN_PROGRESS',
    owner: start.owner,
    leaseUntil,
    startedAt: start.now,
    ...(keepsLookAt ? {} : { lookAt: leaseUntil + tickMs }),
  } as const
  return { guard, set }
}

/**
 * T6. Starts the job that a message names. The item has not been read: the answer brings it.
 * @param keepsLookAt try the form that leaves `lookAt` alone; refused only for that, the caller tries the other form
 */
export function startIfDispatched(fence: number, start: Start, keepsLookAt: boolean): Transition {
  const [hold, slot] = [holdOf(start, keepsLookAt), slotFor(start, fence)]
  return {
    name: keepsLookAt ? 'startIfDispatched' : 'startIfDispatchedMovingAt',
    row: 'T6',
    event: { name: 'job_started' },
    guard: [
      equal('fence', fence),
      oneOf('state', startableStates),
      atMost('scheduledAt', start.now + earlyStartMs),
      atLeast('attemptsLeft', 1),
      ...throughGate(start.gate),
      ...slot.guard,
      ...hold.guard,
    ],
    set: { ...hold.set, ...slot.set },
    add: { attempt: 1, attemptsLeft: -1 },
    remove: ['dispatches'],
  }
}

/** T7. The run that held the job is gone and its lease is over; this message's run takes the job over. */
export function takeOverIfLeaseOver(seen: Job, fence: number, start: Start): Transition {
  const hold = holdOf(start, seen.lookAt !== undefined && mayLeaveAt(seen.lookAt, start))
  const slot = slotFor(start, fence)
  return {
    name: 'takeOverIfLeaseOver',
    row: 'T7',
    event: { name: 'job_started' },
    guard: [
      ...leaseOver(seen, start.now),
      equal('fence', fence),
      atLeast('attemptsLeft', 1),
      ...throughGate(start.gate),
      ...hold.guard,
    ],
    set: { ...hold.set, ...slot.set, crashes: (seen.crashes ?? 0) + 1 },
    add: { attempt: 1, attemptsLeft: -1 },
    remove: ['dispatches'],
  }
}
