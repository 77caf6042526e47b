import { Duration } from 'aws-cdk-lib'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import type { QueueDefinition } from '../lib/core/definition/deployment.ts'
import { acknowledge } from './acknowledge.ts'

export interface JobQueues {
  readonly queue: Queue
  readonly deadLetterQueue: Queue
}

/** A queue of jobs and its dead-letter queue. Their logical ids must never change: messages in flight would be lost. */
export function jobQueues(scope: Construct, definition: QueueDefinition, key: IKey | undefined): JobQueues {
  const encryption =
    key === undefined
      ? { encryption: QueueEncryption.SQS_MANAGED }
      : { encryption: QueueEncryption.KMS, encryptionMasterKey: key }
  const deadLetterQueue = new Queue(scope, `DeadLetters-${definition.queue}`, {
    ...encryption,
    enforceSSL: true,
    retentionPeriod: Duration.millis(definition.deadLetterRetentionMs),
  })
  acknowledge(deadLetterQueue, { 'Serverless-SQSRedrivePolicy': 'This is the dead-letter queue.' })
  const queue = new Queue(scope, `Queue-${definition.queue}`, {
    ...encryption,
    enforceSSL: true,
    visibilityTimeout: Duration.millis(definition.visibilityTimeoutMs),
    retentionPeriod: Duration.millis(definition.retentionMs),
    deadLetterQueue: { queue: deadLetterQueue, maxReceiveCount: definition.maxReceiveCount },
  })
  return { queue, deadLetterQueue }
}

/** Keeps what AWS could not hand to a function: no job's data, only where to look. */
export function undeliveredQueue(scope: Construct): Queue {
  const queue = new Queue(scope, 'Undelivered', {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  })
  const reason = 'Failed deliveries end here. Nothing reads them but people, so there is nothing to redrive.'
  acknowledge(queue, { 'AwsSolutions-SQS3': reason, 'Serverless-SQSRedrivePolicy': reason })
  return queue
}
