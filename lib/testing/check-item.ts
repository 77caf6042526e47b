import type { Item } from '../aws/dynamodb/item.ts'
import { itemBytes } from '../aws/dynamodb/item-bytes.ts'
import { Unwritable } from '../core/values/errors.ts'
import { maxItemBytes } from '../core/values/quotas.ts'

/** Keys of the table and of its index. */
const keys = ['id', 'part', 'lane', 'lookAt'] as const

/** @throws Unwritable for an item that DynamoDB would not store */
export function checkItem(item: Item): void {
  for (const name of keys) {
    const value = item[name]
    if (value !== undefined && !value.S) throw new Unwritable(`${name} is a key; allowed: a text that is not empty`)
  }
  const bytes = itemBytes(item)
  if (bytes > maxItemBytes) throw new Unwritable(`the item takes ${bytes} bytes; allowed: at most ${maxItemBytes}`)
}
