/** T14: a run ended without an outcome, or no attempt is left. */

import { holdMs, type JobPolicy } from '../definition/policy.ts'
import { type Job, startableStates } from '../job/job.ts'
import { asSeen, below, oneOf } from './clause.ts'
import { failed } from './ends.ts'
import { leaseOver } from './guards.ts'
import type { Transition } from './transition.ts'

/** T14. The lease ended without an outcome, and no message came to take over: back to the queue. */
export function recoverIfLeaseOver(job: Job, now: number, request: string, policy: JobPolicy): Transition {
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
    },
    remove: ['owner'],
  }
}

/** T7 and T14 with the attempts used up. */
export function failIfLeaseOver(job: Job, error: string, now: number, policy: JobPolicy): Transition {
  return {
    name: 'failIfLeaseOver',
    row: 'T14',
    event: { name: 'job_failed', error: 'Crashed' },
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
    event: { name: 'job_failed', error: 'OutOfAttempts' },
    guard: [oneOf('state', [...startableStates, 'AVAILABLE']), asSeen(job, 'fence'), below('attemptsLeft', 1)],
    set: failed(job, error, now, policy),
    remove: ['owner'],
  }
}
