/** T15, T18: a job is cancelled. */

import type { JobPolicy } from '../definition/policy.ts'
import { type Job, leavesLine, waitingStates } from '../job/job.ts'
import { asSeen, equal, oneOf } from './clause.ts'
import { cancelled, withNext } from './ends.ts'
import type { HeldJob } from './finish.ts'
import { endable, flagged, leaseOver, mine } from './guards.ts'
import type { Asked, Transition } from './transition.ts'

/**
 * T15, not running: the job ends at once, and every message for it is void.
 * @param alsoNext what is to follow it under its unique key does not
 */
export function cancelIfSeen(job: Job, { now, request, policy }: Asked, alsoNext = false): Transition {
  const end: Transition = {
    name: 'cancelIfSeen',
    row: 'T15',
    event: { name: 'job_cancelled' },
    guard: [
      oneOf('state', waitingStates),
      asSeen(job, 'state'),
      asSeen(job, 'fence'),
      alsoNext ? asSeen(job, 'next') : endable,
    ],
    // The run that wrote RETRY is over, although its lease may not be: a requeue need not wait for it.
    set: { ...cancelled(job, now, policy), request, ...(job.state === 'RETRY' ? { leaseUntil: now } : {}) },
    remove: alsoNext && job.next !== undefined ? [...leavesLine(job), 'next'] : leavesLine(job),
  }
  return alsoNext ? end : withNext(job, end)
}

/** Why a job is CANCELLED that its schedule enqueued ahead and took back before its time. */
export const takenBackCode = 'schedule'

/** T15, by its schedule: the job never ran, and nobody fired it again since it was read. */
export const takeBackIfSeen = (job: Job, { now, request, policy }: Asked): Transition => ({
  name: 'takeBackIfSeen',
  row: 'T15',
  event: { name: 'job_cancelled' },
  guard: [asSeen(job, 'state'), asSeen(job, 'fence'), asSeen(job, 'request'), equal('attempt', 0), endable],
  set: { ...cancelled(job, now, policy), code: takenBackCode, request },
  remove: [],
})

/**
 * T15, running: the flag makes the run's signal abort, and no retry may follow.
 * @param alsoNext what is to follow it under its unique key does not
 */
export function requestCancelIfRunning(now: number, request: string, alsoNext = false): Transition {
  return {
    name: 'requestCancelIfRunning',
    row: 'T15',
    event: { name: 'job_cancel_requested' },
    guard: [equal('state', 'IN_PROGRESS')],
    set: { cancelRequestedAt: now, request },
    remove: alsoNext ? ['next'] : [],
  }
}

/** T18, by the run itself. */
export function cancelIfOwner(job: Job, owner: string, now: number, policy: JobPolicy): Transition {
  return {
    name: 'cancelIfOwner',
    row: 'T18',
    event: { name: 'job_cancelled' },
    guard: [...mine(owner), flagged, endable],
    set: { ...cancelled(job, now, policy), lastOwner: owner, leaseUntil: now },
    remove: [],
  }
}

/** Why a job is CANCELLED that was skipped, as the one before had not ended. */
export const overlapCode = 'overlap'

/**
 * T18, by the run itself, because the job of the occurrence before has not ended.
 * @param after the job that this one was skipped for: whoever comes next looks at that one
 */
export function skipIfOwner({ job, owner, now, policy }: HeldJob, after: string): Transition {
  return {
    name: 'skipIfOwner',
    row: 'T18',
    event: { name: 'job_cancelled' },
    guard: [...mine(owner), endable],
    set: { ...cancelled(job, now, policy), code: overlapCode, after, lastOwner: owner, leaseUntil: now },
    remove: [],
  }
}

/** Why a job is CANCELLED that did not start by its `startBy`. */
const expiredCode = 'expired'

/** T18, by the run itself: its start came too late, and the handler is not called. */
export function expireIfOwner({ job, owner, now, policy }: HeldJob): Transition {
  return {
    name: 'expireIfOwner',
    row: 'T18',
    event: { name: 'job_cancelled' },
    guard: [...mine(owner), endable],
    set: { ...cancelled(job, now, policy), code: expiredCode, lastOwner: owner, leaseUntil: now },
    remove: [],
  }
}

/** Why a job is CANCELLED whose parent had ended before it started. */
const orphanCode = 'parent'

/** T48, by the run itself: the job that it was made for has ended, and the handler is not called. */
export function orphanIfOwner({ job, owner, now, policy }: HeldJob): Transition {
  return {
    name: 'orphanIfOwner',
    row: 'T48',
    event: { name: 'job_cancelled' },
    guard: [...mine(owner), endable],
    set: { ...cancelled(job, now, policy), code: orphanCode, lastOwner: owner, leaseUntil: now },
    remove: [],
  }
}

/** T15, by whoever finds that the job waits past its `startBy`. */
export function expireIfSeen(job: Job, { now, request, policy }: Asked): Transition {
  return {
    name: 'expireIfSeen',
    row: 'T15',
    event: { name: 'job_cancelled' },
    guard: [oneOf('state', waitingStates), asSeen(job, 'state'), asSeen(job, 'fence'), asSeen(job, 'startBy'), endable],
    set: {
      ...cancelled(job, now, policy),
      code: expiredCode,
      request,
      ...(job.state === 'RETRY' ? { leaseUntil: now } : {}),
    },
    remove: leavesLine(job),
  }
}

/** T18, by whoever finds the lease over. */
export function cancelIfLeaseOver(job: Job, { now, request, policy }: Asked): Transition {
  return {
    name: 'cancelIfLeaseOver',
    row: 'T18',
    event: { name: 'job_cancelled' },
    guard: [...leaseOver(job, now).filter(clause => clause.attribute !== 'cancelRequestedAt'), flagged, endable],
    set: { ...cancelled(job, now, policy), request },
    remove: ['owner'],
  }
}
