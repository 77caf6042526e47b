import { DeleteItemCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { createTables } from '../../../lib/aws/dynamodb/create-table.ts'
import type { Item } from '../../../lib/aws/dynamodb/item.ts'
import { DynamoJobStore } from '../../../lib/aws/dynamodb/job-store.ts'
import { recordKeyItem } from '../../../lib/aws/dynamodb/record-item.ts'
import { DynamoRecordStore } from '../../../lib/aws/dynamodb/record-store.ts'
import type { RecordKey } from '../../../lib/core/records/record.ts'
import type { JobStore } from '../../../lib/ports/job-store.ts'
import type { RecordStore } from '../../../lib/ports/record-store.ts'
import { SeededRandom } from '../../../lib/testing/seeded-random.ts'
import { VirtualClock } from '../../../lib/testing/virtual-clock.ts'
import { engineSettings } from './dynamo-harness.ts'
import { now } from './sample.ts'

/** A store of records under test, the jobs that its transactions change, and a way around it. */
export interface RecordHarness {
  readonly records: RecordStore
  readonly jobs: JobStore
  /** Writes an item as the console does: unconditionally, in any shape. */
  put(item: Item): Promise<void>
  /** The item as it is stored. */
  peek(key: RecordKey): Promise<Item | undefined>
  /** The item goes, as TTL removes it. */
  expire(key: RecordKey): Promise<void>
  stop(): Promise<void>
}

/** The store on an engine that speaks DynamoDB's protocol. */
export async function dynamoRecordHarness(engine: { endpoint: string; stop(): Promise<void> }): Promise<RecordHarness> {
  const client = new DynamoDBClient({ ...engineSettings, endpoint: engine.endpoint })
  return recordHarnessOn(client, 'conformance', async () => {
    client.destroy()
    await engine.stop()
  })
}

/** The store on tables, which are made unless they are there. */
export async function recordHarnessOn(
  client: DynamoDBClient,
  jobTable: string,
  stop: () => Promise<void>,
): Promise<RecordHarness> {
  const table = `${jobTable}-records`
  try {
    await createTables(client, { table: jobTable, records: table })
  } catch (error) {
    await stop()
    throw error
  }
  const clock = new VirtualClock(now)
  const random = new SeededRandom(1)
  return {
    records: new DynamoRecordStore({ client, table, jobTable, clock, random }),
    jobs: new DynamoJobStore({ client, table: jobTable, clock, random }),
    async put(item) {
      await client.send(new PutItemCommand({ TableName: table, Item: item }))
    },
    async peek(key) {
      const input = { TableName: table, Key: recordKeyItem(key), ConsistentRead: true }
      return (await client.send(new GetItemCommand(input))).Item
    },
    async expire(key) {
      await client.send(new DeleteItemCommand({ TableName: table, Key: recordKeyItem(key) }))
    },
    stop,
  }
}
