/** T8–T13: what a run writes about itself. */

import { firstHoldMs, type JobPolicy } from '../definition/policy.ts'
import { type Job, maxSnoozesOf } from '../job/job.ts'
import { laneOf } from '../job/lane.ts'
import { leadMs, tickMs } from '../values/times.ts'
import { absent, atMost, below, type Clause, equal } from './clause.ts'
import { ending, failed } from './ends.ts'
import { mine } from './guards.ts'
import type { Transition } from './transition.ts'

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

/** T9. `owner` stays on the item: with the row's key it would be a second removal, which not every engine takes. */
export function completeIfOwner(
  job: Job,
  owner: string,
  result: string | undefined,
  now: number,
  policy: JobPolicy,
): Transition {
  const listed = policy.listCompleted ? { lane: laneOf(job.queue, 'completed', job.shard) } : {}
  return {
    name: 'completeIfOwner',
    row: 'T9',
    event: { name: 'job_completed' },
    guard: mine(owner),
    set: {
      state: 'COMPLETED',
      ...(result === undefined ? {} : { result }),
      ...ending(now, policy.keepCompletedMs),
      lastOwner: owner,
      leaseUntil: now,
      ...listed,
    },
    remove: policy.listCompleted ? [] : ['lane'],
  }
}

/** When a job that failed or snoozed is due again, and whether its message stays in hand until then. */
export interface RetryTime {
  readonly dueAt: number
  readonly isMessageKept: boolean
}

function waitAgain(job: Job, owner: string, again: RetryTime, policy: JobPolicy) {
  const latest = again.dueAt + firstHoldMs(policy)
  const stays = job.lookAt !== undefined && job.lookAt >= again.dueAt + tickMs && job.lookAt <= latest
  const at = again.isMessageKept ? (stays ? undefined : latest) : again.dueAt - leadMs
  return {
    state: 'RETRY',
    scheduledAt: again.dueAt,
    lastOwner: owner,
    ...(at === undefined ? {} : { lookAt: at }),
  } as const
}

/** T11. */
export function retryIfOwner(job: Job, owner: string, again: RetryTime, error: string, policy: JobPolicy): Transition {
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

/** T13. As T11, but the attempt is given back; bounded, or a job that always snoozes would never end. */
export function snoozeIfOwner(job: Job, owner: string, again: RetryTime, policy: JobPolicy): Transition {
  const snoozes = job.snoozes ?? 0
  const bound: readonly Clause[] =
    snoozes === 0 ? [absent('snoozes')] : [equal('snoozes', snoozes), below('snoozes', maxSnoozesOf(job))]
  return {
    name: 'snoozeIfOwner',
    row: 'T13',
    event: { name: 'job_snoozed' },
    guard: [...mine(owner), absent('cancelRequestedAt'), ...bound],
    set: { ...waitAgain(job, owner, again, policy), snoozes: snoozes + 1, attemptsLeft: job.attemptsLeft + 1 },
    remove: ['owner'],
  }
}
