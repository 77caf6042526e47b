/** T24, T25: a run ends because its handler waits; what it waited for, or its time, brings the job back. Or it begins anew. */
import { firstHoldMs } from '../definition/policy.ts'
import { type Job, maxAttemptsOf } from '../job/job.ts'
import { absent, asSeen, equal } from './clause.ts'
import { thenNext } from './ends.ts'
import { completeIfOwner, type HeldJob, lookFor, type RetryTime } from './finish.ts'
import { mine } from './guards.ts'
import type { Asked, Transition } from './transition.ts'
import type { JobContent } from './unique.ts'

/** Until when the job rests, and what may end that sooner. */
export interface Suspension {
  readonly until: RetryTime
  /** For a signal, which wakes it. Else for its time alone. */
  readonly isWaiting: boolean
  /** `wakes` as it was when the run read what had come. */
  readonly wakes: number | undefined
  /** The run got further than the one before it: all attempts are left. */
  readonly hasProgressed: boolean
}

/**
 * T24. The run ends and has not failed: no attempt is used up. Refused when something has come since the run looked, or
 * it would sleep through that. A job that waits for a signal has no message: only T25 and its own time bring it back.
 */
export function suspendIfOwner(held: HeldJob, { until, isWaiting, wakes, hasProgressed }: Suspension): Transition {
  const { job, owner, now } = held
  const lookAt = isWaiting ? until.dueAt : lookFor(held, until)
  const counters = hasProgressed
    ? { attemptsLeft: maxAttemptsOf(job), snoozes: job.attempt }
    : { attemptsLeft: job.attemptsLeft + 1, snoozes: (job.snoozes ?? 0) + 1 }
  return {
    name: 'suspendIfOwner',
    row: 'T24',
    event: { name: 'job_suspended' },
    guard: [
      ...mine(owner),
      absent('cancelRequestedAt'),
      wakes === undefined ? absent('wakes') : equal('wakes', wakes),
      asSeen(job, 'attempt'),
      asSeen(job, 'snoozes'),
    ],
    set: {
      state: isWaiting ? 'WAITING' : 'SCHEDULED',
      scheduledAt: until.dueAt,
      lastOwner: owner,
      leaseUntil: now,
      ...counters,
      ...(lookAt === undefined ? {} : { lookAt }),
    },
    remove: ['owner'],
  }
}

/**
 * T25. Something has come that the handler may wait for. A job that waits is handed to its queue; any other only counts it,
 * so that its run, or the next, looks again.
 */
export function wakeIfSeen(job: Job, { now, request, policy }: Asked): Transition {
  const guard = [asSeen(job, 'state'), asSeen(job, 'fence'), asSeen(job, 'wakes')]
  const wakes = (job.wakes ?? 0) + 1
  if (job.state !== 'WAITING') return { name: 'wakeIfSeen', row: 'T25', guard, set: { wakes }, remove: [] }
  return {
    name: 'wakeIfSeen',
    row: 'T25',
    event: { name: 'job_woken' },
    guard,
    set: {
      wakes,
      state: 'RESERVED',
      fence: job.fence + 1,
      scheduledAt: now,
      lookAt: now + firstHoldMs(policy),
      dispatches: 1,
      request,
    },
    remove: [],
  }
}

/**
 * T9. The run ends, and the job begins anew with what the run says (T29). What else was to follow under its unique key
 * comes after that. Not of a job that somebody has cancelled: it would never end.
 */
export function continueIfOwner(held: HeldJob, content: JobContent): Transition {
  const { job, owner } = held
  const end = thenNext(completeIfOwner(held, undefined))
  const next: JobContent = job.next === undefined ? content : { ...content, next: job.next }
  return {
    ...end,
    name: 'continueIfOwner',
    guard: [...mine(owner), absent('cancelRequestedAt'), asSeen(job, 'next')],
    set: { ...end.set, next: JSON.stringify(next) },
  }
}
