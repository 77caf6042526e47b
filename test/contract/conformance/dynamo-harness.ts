import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { createTable } from '../../../lib/aws/dynamodb/create-table.ts'
import { fromItem } from '../../../lib/aws/dynamodb/item.ts'
import { DynamoJobStore } from '../../../lib/aws/dynamodb/job-store.ts'
import { VirtualClock } from '../../../lib/testing/virtual-clock.ts'
import type { StoreHarness } from './harness.ts'
import { now } from './sample.ts'

/** Engines take any credentials; the region is part of a table's name in some. */
export const engineSettings = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
} as const

/** The store on an engine that speaks DynamoDB's protocol. */
export async function dynamoHarness(engine: { endpoint: string; stop(): Promise<void> }): Promise<StoreHarness> {
  const client = new DynamoDBClient({ ...engineSettings, endpoint: engine.endpoint })
  return harnessOn(client, 'conformance', async () => {
    client.destroy()
    await engine.stop()
  })
}

/** The store on a table, which is made unless it is there. */
export async function harnessOn(
  client: DynamoDBClient,
  table: string,
  stop: () => Promise<void>,
): Promise<StoreHarness> {
  try {
    await createTable(client, table)
  } catch (error) {
    await stop()
    throw error
  }
  const clock = new VirtualClock(now)
  return {
    store: new DynamoJobStore({ client, table, clock, random: { fraction: () => 0 } }),
    clock,
    put: async item => {
      await client.send(new PutItemCommand({ TableName: table, Item: item }))
    },
    peek: async id => {
      const { Item: item } = await client.send(
        new GetItemCommand({ TableName: table, Key: { id: { S: id } }, ConsistentRead: true }),
      )
      return item === undefined ? undefined : fromItem(item)
    },
    stop,
  }
}
