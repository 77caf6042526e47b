import { leaseMs } from './policy.ts'
import type { Runner } from './runner.ts'

/** A queue, its worker function and its dead-letter queue: the same in the cloud and in the local stack. */
export interface QueueDefinition {
  readonly queue: string
  readonly functionTimeoutMs: number
  readonly visibilityTimeoutMs: number
  readonly retentionMs: number
  /** Receives before SQS moves a message to the dead-letter queue. */
  readonly maxReceiveCount: number
  readonly deadLetterRetentionMs: number
}

/**
 * High on purpose: throttled pollers raise the receive count as well. A dead letter means that the transport gave up,
 * never that the job failed, and the sweeper sends another message. 1,000 is SQS's limit.
 * docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
 */
const maxReceiveCount = 1_000
const dayMs = 86_400_000
/** SQS's default. A dead letter keeps the time of its first send, so the dead-letter queue must keep longer. */
const retentionMs = 4 * dayMs
/** SQS's limit. */
const deadLetterRetentionMs = 14 * dayMs

export const queueDefinitions = (runner: Runner): readonly QueueDefinition[] =>
  Object.keys(runner.queues).map(queue => ({
    queue,
    functionTimeoutMs: functionTimeoutMs(runner, queue),
    visibilityTimeoutMs: visibilityTimeoutMs(runner, queue),
    retentionMs,
    maxReceiveCount,
    deadLetterRetentionMs,
  }))

/** Room after the longest lease of a queue: to record outcomes and answer before Lambda ends the function. */
export const recordMs = 6_000

/**
 * How long the worker function of a queue may take: the longest lease of its jobs, and room to record. In whole
 * seconds, as Lambda wants them; at most 15 minutes, because `defineJob` bounds every timeout.
 */
export function functionTimeoutMs(runner: Runner, queue: string): number {
  const leases = Object.values(runner.jobs).flatMap(job => (job.queue === queue ? leaseMs(job.policy) : []))
  return Math.ceil((Math.max(0, ...leases) + recordMs) / 1_000) * 1_000
}

/**
 * The queue's own visibility timeout: the function's, which is the longest lease and `recordMs`. A message of a job with
 * that lease is then hidden long enough from its receive on, and its run saves the call that would hide it.
 *
 * Lambda refuses a shorter one, and advises six times as long, for batches that throttling holds back. Here such a
 * batch does no harm: a message that comes twice starts its job once.
 * docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
 */
export const visibilityTimeoutMs = functionTimeoutMs

/**
 * How long after the end of a lease its message may come back, in milliseconds: a crash must not go unnoticed for
 * longer. It covers `recordMs`, the rounding to whole seconds and two clocks that differ.
 */
export const maxNoticeMs = 10_000

/** Whether a message that is hidden until `hiddenUntil` outlasts a lease, and not by much. Both in epoch milliseconds. */
export const isHiddenForLease = (hiddenUntil: number, leaseUntil: number): boolean =>
  hiddenUntil >= leaseUntil && hiddenUntil <= leaseUntil + maxNoticeMs
