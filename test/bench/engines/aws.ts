/** The engines that stand for AWS: a DynamoDB and an SQS, each in a process of its own. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { CreateTableCommand, type CreateTableCommandInput, DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb'
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs'
import { recordTableDefinition, tableDefinition } from '../../../lib/aws/dynamodb/table.ts'
import { startDynoxide } from '../../../lib/dev/engines/dynoxide.ts'

const program = fileURLToPath(new URL('sqs-process.ts', import.meta.url))
const region = 'us-east-1'
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }

export interface AwsEngines {
  readonly dynamo: DynamoDBClient
  /** New tables and a new queue, and the environment that names them. */
  place(name: string, visibilitySeconds: number): Promise<Readonly<Record<string, string>>>
  completedIn(table: string): Promise<number>
  stop(): Promise<void>
}

export async function startAwsEngines(): Promise<AwsEngines> {
  const dynoxide = await startDynoxide()
  const child = fork(program, [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const [{ endpoint }] = (await once(child, 'message')) as [{ readonly endpoint: string }]
  const dynamo = new DynamoDBClient({ endpoint: dynoxide.endpoint, region, credentials })
  const sqs = new SQSClient({ endpoint, region, credentials })
  return {
    dynamo,
    async place(name, visibilitySeconds) {
      await createTable(dynamo, name, tableDefinition)
      await createTable(dynamo, `${name}-records`, recordTableDefinition)
      const Attributes = { VisibilityTimeout: String(visibilitySeconds) }
      await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes }))
      const queueUrl = `${endpoint}/000000000000/${name}`
      return {
        AWS_REGION: region,
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        AWS_ENDPOINT_URL_DYNAMODB: dynoxide.endpoint,
        AWS_ENDPOINT_URL_SQS: endpoint,
        LAMPLIGHTER_TABLE: name,
        LAMPLIGHTER_RECORDS: `${name}-records`,
        LAMPLIGHTER_QUEUES: JSON.stringify({ default: queueUrl }),
        BENCH_TABLE: name,
        BENCH_QUEUE: queueUrl,
      }
    },
    completedIn: table => countCompleted(dynamo, table),
    async stop() {
      for (const client of [dynamo, sqs]) client.destroy()
      child.disconnect()
      await dynoxide.stop()
    },
  }
}

/** Without the stream: the engine numbers its records more slowly the more there are, which says nothing of a runner. */
async function createTable(client: DynamoDBClient, table: string, given: object): Promise<void> {
  const { StreamSpecification: _, ...definition } = { StreamSpecification: undefined, ...given }
  // The SDK's types ask for lists that may be changed; the definition's may not.
  const input: unknown = { TableName: table, ...definition }
  await client.send(new CreateTableCommand(input as CreateTableCommandInput))
}

async function countCompleted(client: DynamoDBClient, table: string): Promise<number> {
  let count = 0
  let from: Record<string, { S: string }> | undefined
  do {
    const page = await client.send(
      new ScanCommand({
        TableName: table,
        Select: 'COUNT',
        FilterExpression: '#state = :completed',
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: { ':completed': { S: 'COMPLETED' } },
        ExclusiveStartKey: from,
      }),
    )
    count += page.Count ?? 0
    from = page.LastEvaluatedKey as typeof from
  } while (from !== undefined)
  return count
}
