import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams'
import { SQSClient } from '@aws-sdk/client-sqs'
import { createTables } from '../../aws/dynamodb/create-table.ts'
import { type QueueDefinition, queueDefinitions } from '../../core/definition/deployment.ts'
import type { Runner } from '../../core/definition/runner.ts'
import { accountId, credentials, type LocalNames, region } from './environment.ts'
import { type Fauxqs, startFauxqs } from './fauxqs.ts'
import { startFolderBucket } from './folder-bucket.ts'
import type { SupervisedEngine } from './supervisor.ts'

const tables = { table: 'lamplighter', records: 'lamplighter-records' }

const queueNameOf = (queue: string): string => `lamplighter-${queue}`
export const queueArnOf = (queue: string): string => `arn:aws:sqs:${region}:${accountId}:${queueNameOf(queue)}`

/** Tables and queues, ready for use, and the stack's own clients for them. */
export interface Engines {
  readonly names: LocalNames
  readonly dynamo: DynamoDBClient
  readonly streams: DynamoDBStreamsClient
  readonly sqs: SQSClient
  stop(): Promise<void>
}

/**
 * Makes the tables unless the engine has them, and starts an SQS with the runner's queues, and a bucket.
 * @param folder of the bucket
 */
export async function startEngines(engine: SupervisedEngine, runner: Runner, folder: string): Promise<Engines> {
  const onTable = { endpoint: engine.endpoint, region, credentials }
  const dynamo = new DynamoDBClient(onTable)
  await createTables(dynamo, tables)
  const fauxqs = await startFauxqs()
  const payloads = await startFolderBucket(folder)
  const queues: Record<string, string> = {}
  for (const definition of queueDefinitions(runner)) queues[definition.queue] = await createQueues(fauxqs, definition)
  const streams = new DynamoDBStreamsClient(onTable)
  const sqs = new SQSClient({ endpoint: fauxqs.endpoint, region, credentials })
  return {
    names: {
      dynamoEndpoint: engine.endpoint,
      sqsEndpoint: fauxqs.endpoint,
      s3Endpoint: payloads.endpoint,
      payloads: payloads.bucket,
      ...tables,
      queues,
    },
    dynamo,
    streams,
    sqs,
    async stop() {
      for (const client of [dynamo, streams, sqs]) client.destroy()
      await payloads.stop()
      await fauxqs.stop()
    },
  }
}

const seconds = (milliseconds: number): string => String(Math.ceil(milliseconds / 1_000))

/** The queue and, before it, its dead-letter queue. */
async function createQueues(fauxqs: Fauxqs, definition: QueueDefinition): Promise<string> {
  const deadLetters = `${queueNameOf(definition.queue)}-dead-letters`
  await fauxqs.createQueue(deadLetters, { MessageRetentionPeriod: seconds(definition.deadLetterRetentionMs) })
  return fauxqs.createQueue(queueNameOf(definition.queue), {
    VisibilityTimeout: seconds(definition.visibilityTimeoutMs),
    MessageRetentionPeriod: seconds(definition.retentionMs),
    RedrivePolicy: JSON.stringify({
      deadLetterTargetArn: `arn:aws:sqs:${region}:${accountId}:${deadLetters}`,
      maxReceiveCount: definition.maxReceiveCount,
    }),
  })
}
