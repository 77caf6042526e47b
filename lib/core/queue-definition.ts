import type { Runner } from './contract.ts'
import { functionTimeoutMs, visibilityTimeoutMs } from './function-timeout.ts'

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
