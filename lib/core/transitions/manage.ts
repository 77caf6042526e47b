/** T15, T17, T18: cancelling and deleting. */
import { asSeen, atMost, type Clause, equal, oneOf } from '../clause.ts'
import { type Job, terminalStates, waitingStates } from '../job.ts'
import { minDeleteAgeMs } from '../limits.ts'
import type { JobPolicy } from '../policy.ts'
import { ending, leaseOver, mine } from './run.ts'
import type { Transition } from './transition.ts'

/** What every way into CANCELLED writes. */
function cancelled(job: Job, now: number, policy: JobPolicy) {
  return { state: 'CANCELLED', fence: job.fence + 1, ...ending(now, policy.keepFailedMs) } as const
}

const flagged: Clause = { attribute: 'cancelRequestedAt', op: 'present' }

/** T15, not running: the job ends at once, and every message for it is void. */
export function cancelIfSeen(job: Job, now: number, rt: string, policy: JobPolicy): Transition {
  return {
    name: 'cancelIfSeen',
    row: 'T15',
    guard: [oneOf('state', waitingStates), asSeen(job, 'state'), asSeen(job, 'fence')],
    // The run that wrote RETRY is over, although its lease may not be: a requeue need not wait for it.
    set: { ...cancelled(job, now, policy), rt, ...(job.state === 'RETRY' ? { leaseUntil: now } : {}) },
    remove: ['lane'],
  }
}

/** T15, running: the flag makes the run's signal abort, and no retry may follow. */
export function requestCancelIfRunning(now: number, rt: string): Transition {
  return {
    name: 'requestCancelIfRunning',
    row: 'T15',
    guard: [equal('state', 'IN_PROGRESS')],
    set: { cancelRequestedAt: now, rt },
    remove: [],
  }
}

/** T18, by the run itself. */
export function cancelIfOwner(job: Job, owner: string, now: number, policy: JobPolicy): Transition {
  return {
    name: 'cancelIfOwner',
    row: 'T18',
    guard: [...mine(owner), flagged],
    set: { ...cancelled(job, now, policy), lastOwner: owner, leaseUntil: now },
    remove: ['lane'],
  }
}

/** T18, by whoever finds the lease over. */
export function cancelIfLeaseOver(job: Job, now: number, rt: string, policy: JobPolicy): Transition {
  return {
    name: 'cancelIfLeaseOver',
    row: 'T18',
    guard: [...leaseOver(job, now).filter(clause => clause.attribute !== 'cancelRequestedAt'), flagged],
    set: { ...cancelled(job, now, policy), rt },
    remove: ['lane', 'owner'],
  }
}

/** T17. Not while it runs, and not while the SDK may still be retrying its put: a deleted id would come back. */
export function deleteIfIdle(now: number): Transition {
  return {
    name: 'deleteIfIdle',
    row: 'T17',
    guard: [oneOf('state', [...terminalStates, ...waitingStates]), atMost('insertedAt', now - minDeleteAgeMs)],
    set: {},
    remove: [],
    deletes: true,
  }
}
