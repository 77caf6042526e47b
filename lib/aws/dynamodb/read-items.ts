import { BatchGetItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { Unavailable } from '../../core/values/errors.ts'
import { utf8Bytes } from '../../core/values/json.ts'
import { chunksOf, mapBounded } from '../../core/values/lists.ts'
import { maxKeysPerBatchGet } from '../../core/values/quotas.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'
import type { Item } from './item.ts'
import { keyAttribute } from './table.ts'

/** DynamoDB: bytes of a partition key. docs.aws.amazon.com/amazondynamodb …/Constraints.html */
export const maxKeyBytes = 2_048

/** Whether there can be an item of this id. One that cannot would cost its batch mates their answer. */
export const isKey = (id: string): boolean => id !== '' && id.isWellFormed() && utf8Bytes(id) <= maxKeyBytes

/** Rounds that bring nothing before a read is given up; the pauses between them double from 50 ms. */
const maxEmptyRounds = 5
const firstPauseMs = 50

/** A table, and how it is reached. */
export interface TableAccess {
  readonly client: DynamoDBClient
  readonly table: string
  readonly clock: Pick<Clock, 'sleep'>
  /** Spreads the pauses of those who met in a conflict. */
  readonly random: Pick<Random, 'fraction'>
  /** Calls at a time. */
  readonly parallel: number
}

/** Which attributes a read brings. */
export interface Projection {
  readonly ProjectionExpression: string
  readonly ExpressionAttributeNames: Record<string, string>
}

/** Placeholders for all of them: some are reserved words. */
export const projectionOf = (attributes: readonly string[]): Projection => ({
  ProjectionExpression: attributes.map(name => `#${name}`).join(', '),
  ExpressionAttributeNames: Object.fromEntries(attributes.map(name => [`#${name}`, name])),
})

/** Consistent reads, each id once. @param projection the whole items without it @throws Unavailable */
export async function readItems(
  access: TableAccess,
  ids: readonly string[],
  projection?: Projection,
): Promise<ReadonlyMap<string, Item>> {
  const found = new Map<string, Item>()
  const keys = [...new Set(ids)].filter(isKey)
  const read = { access, found, projection }
  await mapBounded(chunksOf(keys, maxKeysPerBatchGet), access.parallel, chunk => readChunk(read, chunk))
  return found
}

interface Read {
  readonly access: TableAccess
  readonly found: Map<string, Item>
  readonly projection: Projection | undefined
}

/** Asks again for what one answer of 16 MB could not hold, and for what was throttled. */
async function readChunk({ access, found, projection }: Read, ids: readonly string[]): Promise<void> {
  let keys: Item[] = ids.map(id => ({ [keyAttribute]: { S: id } }))
  for (let emptyRounds = 0; keys.length > 0; ) {
    const answer = await ask(access, keys, projection)
    for (const item of answer.items) {
      const id = item[keyAttribute]?.S
      if (id !== undefined) found.set(id, item)
    }
    if (answer.rest.length === keys.length) {
      emptyRounds += 1
      if (emptyRounds === maxEmptyRounds) throw new Unavailable('DynamoDB', 'reads were throttled')
      await access.clock.sleep(firstPauseMs * 2 ** (emptyRounds - 1))
    }
    keys = answer.rest
  }
}

async function ask(
  { client, table }: TableAccess,
  keys: Item[],
  projection: Projection | undefined,
): Promise<{ items: readonly Item[]; rest: Item[] }> {
  try {
    const { Responses: responses, UnprocessedKeys: rest } = await client.send(
      new BatchGetItemCommand({ RequestItems: { [table]: { Keys: keys, ConsistentRead: true, ...projection } } }),
    )
    return { items: responses?.[table] ?? [], rest: rest?.[table]?.Keys ?? [] }
  } catch (error) {
    throw new Unavailable('DynamoDB', error)
  }
}
