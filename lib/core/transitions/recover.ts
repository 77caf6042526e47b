/** T14: a run ended without an outcome, or no attempt is left; and how a job ends that nobody runs. */

import { holdMs } from '../definition/policy.ts'
import { type Job, leavesLine, waitingStates } from '../job/job.ts'
import { errorText, type JobError } from '../job/job-error.ts'
import { maxFinalErrorBytes } from '../values/times.ts'
import { cancelIfLeaseOver, expireIfSeen } from './cancel.ts'
import { asSeen, below, oneOf } from './clause.ts'
import { failed, withNext } from './ends.ts'
import { endable, leaseOver } from './guards.ts'
import type { Asked, Transition } from './transition.ts'

/** T14. The lease ended without an outcome, and no message came to take over: back to the queue. */
export function recoverIfLeaseOver(job: Job, { now, request, policy }: Asked): Transition {
  return {
    name: 'recoverIfLeaseOver',
    row: 'T14',
    event: { name: 'job_crashed' },
    guard: leaseOver(job, now),
    set: {
      state: 'RESERVED',
      fence: job.fence + 1,
      crashes: (job.crashes ?? 0) + 1,
      dispatches: 1,
      lookAt: now + holdMs(policy, 0),
      request,
      // A console edit may have spelt it so that no start could compare it.
      ...(job.missing?.includes('scheduledAt') === true ? { scheduledAt: job.scheduledAt } : {}),
    },
    remove: ['owner'],
  }
}

/** T7 and T14 with the attempts used up. */
export function failIfLeaseOver(job: Job, { now, request, policy }: Asked): Transition {
  return {
    name: 'failIfLeaseOver',
    row: 'T14',
    event: { name: 'job_failed', error: crashed.name },
    guard: [...leaseOver(job, now), endable],
    set: { ...failed(job, textOf(crashed), now, policy), crashes: (job.crashes ?? 0) + 1, request },
    remove: ['owner'],
  }
}

/** A job that waits with no attempt left (an operator lowered the limit, or edited the item): it ends here. */
export function failIfExhausted(job: Job, { now, request, policy }: Asked): Transition {
  return {
    name: 'failIfExhausted',
    row: 'T6',
    event: { name: 'job_failed', error: outOfAttempts.name },
    guard: [oneOf('state', waitingStates), asSeen(job, 'fence'), below('attemptsLeft', 1), endable],
    set: { ...failed(job, textOf(outOfAttempts), now, policy), request },
    remove: ['owner', ...leavesLine(job)],
  }
}

/**
 * Why a job ends that nobody runs: cancelled or out of attempts when its run crashed, out of attempts as it waits, or not
 * started in time.
 */
export type UnrunEnd = 'cancelled' | 'crashed' | 'exhausted' | 'expired'

/** The end of a job that nobody runs: the same for the sweeper and for a worker that holds its message. */
export const endUnrun = (job: Job, why: UnrunEnd, asked: Asked): Transition => withNext(job, endOf(job, why, asked))

function endOf(job: Job, why: UnrunEnd, asked: Asked): Transition {
  switch (why) {
    case 'cancelled':
      return cancelIfLeaseOver(job, asked)
    case 'crashed':
      return failIfLeaseOver(job, asked)
    case 'exhausted':
      return failIfExhausted(job, asked)
    case 'expired':
      return expireIfSeen(job, asked)
  }
}

const crashed: JobError = {
  name: 'Crashed',
  message: 'the run ended without an outcome, and no attempt is left',
}
const outOfAttempts: JobError = { name: 'OutOfAttempts', message: 'no attempt is left' }
const textOf = (error: JobError): string => errorText(error, maxFinalErrorBytes)
