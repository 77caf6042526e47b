import type { Item } from '../../lib/aws/dynamodb/item.ts'
import { itemBytes } from '../../lib/aws/dynamodb/item-bytes.ts'
import {
  indexName,
  keyAttribute,
  laneAttribute,
  lookAtAttribute,
  tableDefinition,
} from '../../lib/aws/dynamodb/table.ts'

const index = tableDefinition.GlobalSecondaryIndexes.find(({ IndexName: name }) => name === indexName)
const projected: readonly string[] = index?.Projection.NonKeyAttributes ?? []

/** Bytes of the item's row in the index: its three keys and what is projected. 0 when it has no row. */
export function rowBytes(item: Item): number {
  if (item[laneAttribute] === undefined || item[lookAtAttribute] === undefined) return 0
  const names = [keyAttribute, laneAttribute, lookAtAttribute, ...projected]
  return itemBytes(Object.fromEntries(Object.entries(item).filter(([name]) => names.includes(name))))
}
