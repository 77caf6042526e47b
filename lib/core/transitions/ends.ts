/** What every way into a terminal state writes. */

import type { JobPolicy } from '../definition/policy.ts'
import type { Job } from '../job/job.ts'
import { laneOf } from '../job/lane.ts'

/**
 * `finishedAt`, and the time after which DynamoDB may delete the item. `lookAt` is written although the row goes: a late
 * T21 asks for the `lookAt` it knows, and must find another.
 */
export function ending(now: number, keepMs: number) {
  return { finishedAt: now, ttl: Math.ceil((now + keepMs) / 1_000), lookAt: now }
}

/** What every way into FAILED writes: the row moves to the failed lane, where operators look. */
export function failed(job: Job, error: string, now: number, policy: JobPolicy) {
  return {
    state: 'FAILED',
    error,
    ...ending(now, policy.keepFailedMs),
    lane: laneOf(job.queue, 'failed', job.shard),
  } as const
}

/** What every way into CANCELLED writes. */
export function cancelled(job: Job, now: number, policy: JobPolicy) {
  return { state: 'CANCELLED', fence: job.fence + 1, ...ending(now, policy.keepFailedMs) } as const
}
