import { ScanCommand } from '@aws-sdk/client-dynamodb'
import { Unavailable } from '../../core/values/errors.ts'
import type { Item } from './item.ts'
import type { TableAccess } from './read-items.ts'
import { keyAttribute } from './table.ts'

export interface ItemPage {
  readonly items: readonly Item[]
  readonly readUnits: number
  readonly next: string | undefined
}

/**
 * One page of at most 1 MB. Not consistent, which costs half: an item that has moved on is refused by its guard.
 * @throws Unavailable
 */
export async function scanItems(
  { client, table }: Pick<TableAccess, 'client' | 'table'>,
  segment: number,
  segments: number,
  from: string | undefined,
): Promise<ItemPage> {
  try {
    const page = await client.send(
      new ScanCommand({
        TableName: table,
        Segment: segment,
        TotalSegments: segments,
        ExclusiveStartKey: from === undefined ? undefined : { [keyAttribute]: { S: from } },
        ReturnConsumedCapacity: 'TOTAL',
      }),
    )
    return {
      items: page.Items ?? [],
      readUnits: page.ConsumedCapacity?.CapacityUnits ?? 0,
      next: page.LastEvaluatedKey?.[keyAttribute]?.S,
    }
  } catch (error) {
    throw new Unavailable('DynamoDB', error)
  }
}
