import { BatchGetItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { Unavailable } from '../../core/values/errors.ts'
import { chunksOf, mapBounded } from '../../core/values/lists.ts'
import { maxKeysPerBatchGet } from '../../core/values/quotas.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'
import type { Item } from './item.ts'
import { isKey } from './record-key.ts'
import { keyAttribute } from './table.ts'

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
  const keys = [...new Set(ids)].filter(isKey).map(id => ({ [keyAttribute]: { S: id } }))
  const items = await readByKeys(access, keys, projection)
  return new Map(items.flatMap(item => (item[keyAttribute]?.S === undefined ? [] : [[item[keyAttribute].S, item]])))
}

/**
 * Consistent reads, in no order; nothing for a key without an item.
 * @param keys no two alike
 * @param projection the whole items without it
 * @throws Unavailable
 */
export async function readByKeys(
  access: TableAccess,
  keys: readonly Item[],
  projection?: Projection,
): Promise<readonly Item[]> {
  const chunks = await mapBounded(chunksOf(keys, maxKeysPerBatchGet), access.parallel, chunk =>
    readChunk(access, chunk, projection),
  )
  return chunks.flat()
}

/** Asks again for what one answer of 16 MB could not hold, and for what was throttled. */
async function readChunk(
  access: TableAccess,
  all: readonly Item[],
  projection: Projection | undefined,
): Promise<readonly Item[]> {
  const found: Item[] = []
  let keys = [...all]
  for (let emptyRounds = 0; keys.length > 0; ) {
    const answer = await ask(access, keys, projection)
    found.push(...answer.items)
    if (answer.rest.length === keys.length) {
      emptyRounds += 1
      if (emptyRounds === maxEmptyRounds) throw new Unavailable('DynamoDB', 'reads were throttled')
      await access.clock.sleep(firstPauseMs * 2 ** (emptyRounds - 1))
    }
    keys = answer.rest
  }
  return found
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
