import {
  CreateTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb'
import { tableDefinition, ttlAttribute } from './table.ts'

/** Longer than an engine or the cloud takes to make an empty table. */
const readyWithinSeconds = 60

/** Makes the table unless it is there, and waits until it can be used. For engines; the cloud's is deployed. */
export async function createTable(client: DynamoDBClient, table: string): Promise<void> {
  const { AttributeDefinitions, KeySchema, GlobalSecondaryIndexes, ...rest } = tableDefinition
  try {
    await client.send(
      new CreateTableCommand({
        TableName: table,
        ...rest,
        // The SDK's types ask for lists that may be changed; the definition's may not.
        AttributeDefinitions: [...AttributeDefinitions],
        KeySchema: [...KeySchema],
        GlobalSecondaryIndexes: GlobalSecondaryIndexes.map(({ Projection, ...index }) => ({
          ...index,
          KeySchema: [...index.KeySchema],
          Projection: { ...Projection, NonKeyAttributes: [...Projection.NonKeyAttributes] },
        })),
      }),
    )
  } catch (error) {
    if (!(error instanceof Error && error.name === 'ResourceInUseException')) throw error
  }
  await waitUntilTableExists({ client, maxWaitTime: readyWithinSeconds, minDelay: 1 }, { TableName: table })
  await enableTtl(client, table)
}

/** Switching it on twice is an error in some engines and in the cloud. */
async function enableTtl(client: DynamoDBClient, table: string): Promise<void> {
  const { TimeToLiveDescription: ttl } = await client.send(new DescribeTimeToLiveCommand({ TableName: table }))
  if (ttl?.TimeToLiveStatus === 'ENABLED' || ttl?.TimeToLiveStatus === 'ENABLING') return
  await client.send(
    new UpdateTimeToLiveCommand({
      TableName: table,
      TimeToLiveSpecification: { AttributeName: ttlAttribute, Enabled: true },
    }),
  )
}
