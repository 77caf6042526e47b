import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams'
import { SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs'
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
  /** The queues are those of the runner that was used last. */
  readonly names: LocalNames
  readonly dynamo: DynamoDBClient
  readonly streams: DynamoDBStreamsClient
  readonly sqs: SQSClient
  /** Makes the queues that are missing, and changes those that are there. None is deleted: it may hold messages. */
  useQueuesOf(runner: Runner): Promise<void>
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
  const streams = new DynamoDBStreamsClient(onTable)
  const sqs = new SQSClient({ endpoint: fauxqs.endpoint, region, credentials })
  const queues: Record<string, string> = {}
  const useQueuesOf = async (used: Runner): Promise<void> => {
    for (const definition of queueDefinitions(used)) {
      const { queue } = definition
      const url = queues[queue]
      if (url === undefined) queues[queue] = await createQueues(fauxqs, definition)
      else await sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: attributesOf(definition) }))
    }
  }
  await useQueuesOf(runner)
  return {
    get names() {
      return {
        dynamoEndpoint: engine.endpoint,
        sqsEndpoint: fauxqs.endpoint,
        s3Endpoint: payloads.endpoint,
        payloads: payloads.bucket,
        ...tables,
        queues: { ...queues },
      }
    },
    dynamo,
    streams,
    sqs,
    useQueuesOf,
    async stop() {
      for (const client of [dynamo, streams, sqs]) client.destroy()
      await payloads.stop()
      await fauxqs.stop()
    },
  }
}

const seconds = (milliseconds: number): string => String(Math.ceil(milliseconds / 1_000))

const deadLettersOf = (queue: string): string => `${queueNameOf(queue)}-dead-letters`

/** The queue and, before it, its dead-letter queue. */
async function createQueues(fauxqs: Fauxqs, definition: QueueDefinition): Promise<string> {
  const { queue, deadLetterRetentionMs } = definition
  await fauxqs.createQueue(deadLettersOf(queue), { MessageRetentionPeriod: seconds(deadLetterRetentionMs) })
  return fauxqs.createQueue(queueNameOf(queue), attributesOf(definition))
}

const attributesOf = (definition: QueueDefinition): Readonly<Record<string, string>> => ({
  VisibilityTimeout: seconds(definition.visibilityTimeoutMs),
  MessageRetentionPeriod: seconds(definition.retentionMs),
  RedrivePolicy: JSON.stringify({
    deadLetterTargetArn: `arn:aws:sqs:${region}:${accountId}:${deadLettersOf(definition.queue)}`,
    maxReceiveCount: definition.maxReceiveCount,
  }),
})
