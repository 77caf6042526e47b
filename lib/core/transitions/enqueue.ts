/** T1–T4: a new job waits for its time. */

import { firstHoldMs, type JobPolicy } from '../definition/policy.ts'
import { type Job, storedDefaults } from '../job/job.ts'
import { laneOf, shardOf } from '../job/lane.ts'
import { maxDelayMs } from '../values/quotas.ts'
import { leadMs } from '../values/times.ts'

export interface Placement {
  readonly state: 'RESERVED' | 'SCHEDULED'
  /** When the sweeper must look. */
  readonly lookAt: number
  readonly dispatches: 0 | 1
  /** What to send, once or while the write is made: nothing for a job further away than SQS can delay. */
  readonly send: { readonly delayMs: number } | undefined
}

/** Where a job that is due at `dueAt` waits: in the queue (T1), delayed in the queue (T2), or for the sweeper (T3). */
export function placementFor(dueAt: number, now: number, policy: JobPolicy): Placement {
  const waitMs = dueAt - now
  if (waitMs <= 0) {
    return { state: 'RESERVED', lookAt: now + firstHoldMs(policy), dispatches: 1, send: { delayMs: 0 } }
  }
  if (waitMs <= maxDelayMs) {
    return { state: 'SCHEDULED', lookAt: dueAt + firstHoldMs(policy), dispatches: 1, send: { delayMs: waitMs } }
  }
  return { state: 'SCHEDULED', lookAt: dueAt - leadMs, dispatches: 0, send: undefined }
}

/** The token of a life of an id: 36 bits of the request that begins it, compared only with the few lives of one id. */
export const lifeFrom = (request: string): string => request.slice(0, 6)

export interface NewJob {
  readonly id: string
  readonly type: string
  readonly queue: string
  readonly input: string
  readonly dueAt: number
  readonly startBy?: number
  readonly maxAttempts: number
  readonly priority?: number
  readonly tags?: readonly string[]
  readonly notify?: string
  readonly depth?: number
  readonly context?: string
  readonly tenant?: string
  readonly gate?: string
  readonly pass?: number
  /** The place that the job has in a group, and until when it is kept for whoever waits for it. */
  readonly place?: Pick<Job, 'parent' | 'endBy'>
  /** The occurrence of a schedule that the job is made for. */
  readonly occasion?: Pick<Job, 'schedule' | 'occurrence' | 'timezone' | 'missedBefore' | 'after' | 'overlap'>
}

/** T1–T3. The item of a new job; its guard (the id is absent) belongs to the insert itself. */
export function newJob(given: NewJob, now: number, request: string, policy: JobPolicy, shards: number): Job {
  const placement = placementFor(given.dueAt, now, policy)
  const shard = shardOf(given.id, shards)
  return {
    id: given.id,
    type: given.type,
    queue: given.queue,
    state: placement.state,
    input: given.input,
    attempt: 0,
    attemptsLeft: given.maxAttempts,
    ...(given.maxAttempts === storedDefaults.maxAttempts ? {} : { maxAttempts: given.maxAttempts }),
    ...(policy.maxSnoozes === storedDefaults.maxSnoozes ? {} : { maxSnoozes: policy.maxSnoozes }),
    ...(given.priority === undefined || given.priority === 0 ? {} : { priority: given.priority }),
    ...(given.tags === undefined || given.tags.length === 0 ? {} : { tags: given.tags }),
    ...(given.notify === undefined ? {} : { notify: given.notify }),
    ...(given.depth === undefined || given.depth === 0 ? {} : { depth: given.depth }),
    ...(given.context === undefined ? {} : { context: given.context }),
    ...(given.tenant === undefined ? {} : { tenant: given.tenant }),
    ...(given.gate === undefined ? {} : { gate: given.gate }),
    ...(given.pass === undefined ? {} : { pass: given.pass }),
    ...given.occasion,
    ...(given.place?.parent === undefined ? {} : { parent: given.place.parent }),
    ...(given.place?.endBy === undefined ? {} : { endBy: given.place.endBy }),
    scheduledAt: given.dueAt,
    ...(given.startBy === undefined ? {} : { startBy: given.startBy }),
    insertedAt: now,
    fence: placement.send === undefined ? 0 : 1,
    ...(placement.dispatches === 0 ? {} : { dispatches: placement.dispatches }),
    request,
    life: lifeFrom(request),
    shard,
    lane: laneOf(given.queue, 'live', shard),
    lookAt: placement.lookAt,
  }
}

/**
 * T49. The same job, to wait until the jobs of its batch have ended. It has no message: they wake it, or its own look finds
 * that they have ended.
 * @param lookAt when it looks for itself
 */
export function afterBatch(job: Job, lookAt: number): Job {
  const { dispatches: _, ...rest } = job
  return { ...rest, state: 'WAITING', fence: 0, scheduledAt: lookAt, lookAt, batch: 1 }
}

/** T3. The same job, to wait for the sweeper although SQS could delay its message: its queue may have no room then. */
export function inTable(job: Job): Job {
  const { dispatches: _, ...rest } = job
  return { ...rest, state: 'SCHEDULED', fence: 0, lookAt: job.scheduledAt - leadMs }
}

/**
 * T4. The same job as part of somebody's own transaction: no message goes out with it, since nobody here knows whether
 * the transaction comes about. Once it does, the stream hands the job out, or the next tick; one beyond SQS's delay
 * waits for its look, as T3.
 */
export function inTransaction(job: Job): Job {
  const { dispatches, ...rest } = job
  return dispatches === undefined ? job : { ...rest, state: 'AVAILABLE', fence: 0, lookAt: job.insertedAt }
}
