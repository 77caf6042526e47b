/** One item of its own remembers the highest number of shards that each queue ever had. */
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import type { Item } from './item.ts'
import type { TableAccess } from './read-items.ts'
import { keyAttribute } from './table.ts'

/** No job: it has no type, no state and no input, and ids of jobs are UUIDs. */
const recordId = '#shards'
const key: Item = { [keyAttribute]: { S: recordId } }
/** A prefix, because a queue may be called `id`. */
const prefix = 'queue:'
const attributeOf = (queue: string): string => `${prefix}${queue}`

/**
 * Raises the record where the numbers given are higher; answers with the highest ever, of every queue on record. In the
 * usual case, where nothing is to be raised, one read.
 */
export async function raiseShards(
  { client, table }: Pick<TableAccess, 'client' | 'table'>,
  shards: Readonly<Record<string, number>>,
): Promise<Readonly<Record<string, number>>> {
  const stored = await client.send(new GetItemCommand({ TableName: table, Key: key, ConsistentRead: true }))
  const highest: Record<string, number> = {}
  for (const name of Object.keys(stored.Item ?? {})) {
    const queue = name.slice(prefix.length)
    if (name.startsWith(prefix)) highest[queue] = numberOf(stored.Item, queue)
  }
  for (const [queue, count] of Object.entries(shards)) {
    const before = numberOf(stored.Item, queue)
    highest[queue] = before >= count ? before : await raise(client, table, queue, count)
  }
  return highest
}

async function raise(client: DynamoDBClient, table: string, queue: string, count: number): Promise<number> {
  try {
    await client.send(
      new UpdateItemCommand({
        TableName: table,
        Key: key,
        UpdateExpression: 'SET #queue = :count',
        ConditionExpression: 'attribute_not_exists(#queue) OR #queue < :count',
        ExpressionAttributeNames: { '#queue': attributeOf(queue) },
        ExpressionAttributeValues: { ':count': { N: String(count) } },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    )
    return count
  } catch (error) {
    // Another sweeper was faster, with a number as high or higher; or the SDK repeated a call that had been carried out.
    if (error instanceof ConditionalCheckFailedException) return Math.max(count, numberOf(error.Item, queue))
    throw error
  }
}

function numberOf(item: Item | undefined, queue: string): number {
  const value = Number(item?.[attributeOf(queue)]?.N ?? 0)
  return Number.isSafeInteger(value) ? value : 0
}
