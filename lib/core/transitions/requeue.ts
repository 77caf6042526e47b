/** T16: a job waits again. */

import type { JobPolicy } from '../definition/policy.ts'
import { generationOf, heldUntil, type Job, maxAttemptsOf, terminalStates, waitingStates } from '../job/job.ts'
import { laneOf } from '../job/lane.ts'
import { asSeen, oneOf } from './clause.ts'
import { placementFor } from './enqueue.ts'
import type { Changes, Transition } from './transition.ts'

/**
 * What T16 writes: the job waits again, under a new fence, owned by nobody. The message is sent *after* the write. Not
 * before the end of a lease under which a run may still be at work (I2).
 */
function placeAgain(job: Job, askedAt: number, now: number, request: string, policy: JobPolicy): Changes {
  const dueAt = Math.max(askedAt, heldUntil(job))
  const placement = placementFor(dueAt, now, policy)
  return {
    state: placement.state,
    fence: job.fence + 1,
    scheduledAt: dueAt,
    dispatches: placement.dispatches,
    lane: laneOf(job.queue, 'live', job.shard),
    lookAt: placement.lookAt,
    request,
  }
}

/** What an earlier run left; its lease only when it is over. */
const leftovers = (job: Job, now: number) =>
  [
    'owner',
    ...(heldUntil(job) > now ? [] : (['leaseUntil'] as const)),
    'ttl',
    'finishedAt',
    'cancelRequestedAt',
    'progress',
  ] as const

/** T16. A job that has ended runs again, as a new generation with its counters at zero. */
export function requeueIfEnded(job: Job, dueAt: number, now: number, request: string, policy: JobPolicy): Transition {
  return {
    name: 'requeueIfEnded',
    row: 'T16',
    event: { name: 'job_requeued' },
    guard: [oneOf('state', terminalStates), asSeen(job, 'fence')],
    set: {
      ...placeAgain(job, dueAt, now, request, policy),
      generation: generationOf(job) + 1,
      attempt: 0,
      attemptsLeft: maxAttemptsOf(job),
    },
    remove: [...leftovers(job, now), 'crashes', 'snoozes', 'result'],
  }
}

/** T16. A job that waits gets another time; `dueAt = now` is "run now". */
export function rescheduleIfWaiting(
  job: Job,
  dueAt: number,
  now: number,
  request: string,
  policy: JobPolicy,
): Transition {
  return {
    name: 'rescheduleIfWaiting',
    row: 'T16',
    event: { name: 'job_rescheduled' },
    guard: [oneOf('state', waitingStates), asSeen(job, 'fence')],
    set: placeAgain(job, dueAt, now, request, policy),
    remove: leftovers(job, now),
  }
}
