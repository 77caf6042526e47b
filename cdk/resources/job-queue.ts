import { Duration } from 'aws-cdk-lib'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import type { QueueDefinition } from '../../lib/core/definition/deployment.ts'
import { acknowledge } from './acknowledge.ts'

/** A queue of jobs and its dead-letter queue. Their logical ids must never change: messages in flight would be lost. */
export class JobQueue extends Construct {
  readonly queue: Queue
  readonly deadLetterQueue: Queue

  constructor(scope: Construct, definition: QueueDefinition, key: IKey | undefined) {
    super(scope, `Queue-${definition.queue}`)
    const encryption =
      key === undefined
        ? { encryption: QueueEncryption.SQS_MANAGED }
        : { encryption: QueueEncryption.KMS, encryptionMasterKey: key }
    this.deadLetterQueue = new Queue(this, 'DeadLetters', {
      ...encryption,
      enforceSSL: true,
      retentionPeriod: Duration.millis(definition.deadLetterRetentionMs),
    })
    acknowledge(this.deadLetterQueue, { 'Serverless-SQSRedrivePolicy': 'This is the dead-letter queue.' })
    this.queue = new Queue(this, 'Queue', {
      ...encryption,
      enforceSSL: true,
      visibilityTimeout: Duration.millis(definition.visibilityTimeoutMs),
      retentionPeriod: Duration.millis(definition.retentionMs),
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount: definition.maxReceiveCount },
    })
  }
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
