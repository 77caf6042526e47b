import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb'
import { recordTableDefinition, tableDefinition, ttlAttribute } from './table.ts'

/** Longer than an engine or the cloud takes to make an empty table. */
const readyWithinSeconds = 60

export interface TableNames {
  readonly table: string
  readonly records: string
}

/** Makes both tables unless they are there, and waits until they can be used. For engines; the cloud's are deployed. */
export async function createTables(client: DynamoDBClient, { table, records }: TableNames): Promise<void> {
  await createTable(client, table)
  await create(client, { TableName: records, ...mutable(recordTableDefinition) })
}

/** Makes the table of jobs alone. */
export function createTable(client: DynamoDBClient, table: string): Promise<void> {
  return create(client, { TableName: table, ...mutable(tableDefinition) })
}

type Mutable<T> = T extends object ? { -readonly [K in keyof T]: Mutable<T[K]> } : T

/** The SDK's types ask for lists that may be changed; a definition's may not. */
const mutable = <T extends object>(definition: T): Mutable<T> => structuredClone(definition) as Mutable<T>

async function create(client: DynamoDBClient, input: CreateTableCommandInput): Promise<void> {
  try {
    await client.send(new CreateTableCommand(input))
  } catch (error) {
    if (!(error instanceof Error && error.name === 'ResourceInUseException')) throw error
  }
  await waitUntilTableExists({ client, maxWaitTime: readyWithinSeconds, minDelay: 1 }, { TableName: input.TableName })
  await enableTtl(client, input.TableName)
}

/** Switching it on twice is an error in some engines and in the cloud. */
async function enableTtl(client: DynamoDBClient, table: string | undefined): Promise<void> {
  const { TimeToLiveDescription: ttl } = await client.send(new DescribeTimeToLiveCommand({ TableName: table }))
  if (ttl?.TimeToLiveStatus === 'ENABLED' || ttl?.TimeToLiveStatus === 'ENABLING') return
  await client.send(
    new UpdateTimeToLiveCommand({
      TableName: table,
      TimeToLiveSpecification: { AttributeName: ttlAttribute, Enabled: true },
    }),
  )
}
