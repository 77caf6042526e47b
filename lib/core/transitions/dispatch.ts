/** T5, T20, T21: the sweeper hands a job to SQS, looks again later, or takes a send back. */

import { holdMs } from '../definition/policy.ts'
import { type Job, leavesLine } from '../job/job.ts'
import { maxDelayMs } from '../values/quotas.ts'
import { leadMs } from '../values/times.ts'
import { asSeen, equal } from './clause.ts'
import type { Asked, Transition } from './transition.ts'

/** T5. Hands the job to SQS. From RESERVED the fence is kept: the old message may only be late, and keeps its place. */
export function dispatchIfSeen(job: Job, { now, request, policy }: Asked): Transition {
  const dispatches = job.dispatches ?? 0
  const isDue = job.scheduledAt <= now
  return {
    name: 'dispatchIfSeen',
    row: 'T5',
    event: { name: 'job_dispatched' },
    guard: [
      asSeen(job, 'state'),
      asSeen(job, 'fence'),
      asSeen(job, 'lookAt'),
      ...(job.parked === undefined ? [] : [asSeen(job, 'parked')]),
    ],
    set: {
      state: isDue || job.state === 'RESERVED' ? 'RESERVED' : job.state === 'RETRY' ? 'RETRY' : 'SCHEDULED',
      fence: job.state === 'RESERVED' ? job.fence : job.fence + 1,
      dispatches: dispatches + 1,
      lookAt: Math.max(now, job.scheduledAt) + holdMs(policy, dispatches),
      request,
    },
    remove: leavesLine(job),
  }
}

/** T5. Out of the line, with a slot at its gate: the message comes for it, and the job is due then. */
export function dispatchBookedIfSeen(job: Job, slot: number, asked: Asked): Transition {
  const { set, ...transition } = dispatchIfSeen({ ...job, scheduledAt: slot }, asked)
  return { ...transition, name: 'dispatchBookedIfSeen', set: { ...set, scheduledAt: slot, pass: job.fence + 1 } }
}

/** T20. Too early to act: the sweeper looks again when the lease ends, or when the job comes within SQS's reach. */
export function lookLaterIfSeen(job: Job, now: number): Transition {
  const isRunning = job.state === 'IN_PROGRESS'
  const leadMsOf = job.state === 'WAITING' ? 0 : leadMs
  const dueAt = isRunning ? (job.leaseUntil ?? now) : job.scheduledAt - leadMsOf
  return {
    name: 'lookLaterIfSeen',
    row: 'T20',
    guard: [asSeen(job, 'state'), asSeen(job, 'owner'), asSeen(job, 'fence'), asSeen(job, 'lookAt')],
    set: { lookAt: dueAt, ...(job.state === 'AVAILABLE' ? { state: 'SCHEDULED' as const } : {}) },
    remove: [],
  }
}

/** Whether the job comes due too late for SQS to delay its message that long. */
export const isBeyondDelay = (job: Job, now: number): boolean => job.scheduledAt - now > maxDelayMs

/** T21. A send that failed: the sweeper shall look at once, and the send is not counted. */
export function pullIfMine(job: Job, now: number): Transition {
  return {
    name: 'pullIfMine',
    row: 'T21',
    guard: [equal('fence', job.fence), asSeen(job, 'lookAt')],
    set: { lookAt: now, dispatches: Math.max(0, (job.dispatches ?? 0) - 1) },
    remove: [],
  }
}
