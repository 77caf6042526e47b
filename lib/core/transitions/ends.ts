/** What every way into a terminal state writes. */

import type { JobPolicy } from '../definition/policy.ts'
import type { Job } from '../job/job.ts'
import { laneOf } from '../job/lane.ts'
import { whyOf } from '../job/why.ts'
import type { Transition } from './transition.ts'

/**
 * `finishedAt`, and the time after which DynamoDB may delete the item: not before those who wait for it are done. `lookAt` is written although the row goes: a late
 * T21 asks for the `lookAt` it knows, and must find another.
 */
export function ending({ endBy = 0 }: Pick<Job, 'endBy'>, now: number, keepMs: number) {
  return { finishedAt: now, ttl: Math.ceil(Math.max(now + keepMs, endBy) / 1_000), lookAt: now }
}

/** What every way into FAILED writes: the row moves to the failed lane, where operators look. */
export function failed(job: Job, error: string, now: number, policy: JobPolicy) {
  return {
    state: 'FAILED',
    error,
    why: whyOf(error),
    ...ending(job, now, policy.keepFailedMs),
    lane: laneOf(job.queue, 'failed', job.shard),
  } as const
}

/** What every way into CANCELLED writes: the row moves to the cancelled lane. */
export function cancelled(job: Job, now: number, policy: JobPolicy) {
  return {
    state: 'CANCELLED',
    fence: job.fence + 1,
    ...ending(job, now, policy.keepFailedMs),
    lane: laneOf(job.queue, 'cancelled', job.shard),
  } as const
}

/** Where the row of a job goes that has ended; undefined where it goes away. */
export function laneAfterEnd(
  { state, queue, shard }: Job,
  policy: Pick<JobPolicy, 'listCompleted'>,
): string | undefined {
  if (state === 'FAILED') return laneOf(queue, 'failed', shard)
  if (state === 'CANCELLED') return laneOf(queue, 'cancelled', shard)
  return policy.listCompleted ? laneOf(queue, 'completed', shard) : undefined
}

/**
 * An end behind which another job follows. The row stays where the sweeper looks, and nothing expires, until T29: whoever
 * ends the job goes on to that, and should it die between the two, the sweeper does.
 */
export const thenNext = (end: Transition): Transition => {
  const { ttl: _, lane: __, lookAt: ___, ...set } = end.set
  return {
    ...end,
    name: `${end.name}ThenNext`,
    guard: [...end.guard.filter(({ attribute }) => attribute !== 'next'), { attribute: 'next', op: 'present' }],
    set,
    remove: end.remove.filter(name => name !== 'lane'),
  }
}

/** An end of a job that was read: with the job that is to follow it, if there is one. */
export const withNext = (job: Pick<Job, 'next'>, end: Transition): Transition =>
  job.next === undefined ? end : thenNext(end)
