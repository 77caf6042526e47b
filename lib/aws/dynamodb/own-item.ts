/** A write of the application's own, from either form of the SDK's clients to the one that is sent. Free of the SDK. */
import type { TransactWriteItem } from '@aws-sdk/client-dynamodb'
import { checkedItem, type TransactItem } from '../../core/definition/transact-item.ts'
import { type Document, documentFrom, itemFrom } from './document.ts'
import type { Item } from './item.ts'

const kinds = ['S', 'N', 'B', 'BOOL', 'NULL', 'L', 'M', 'SS', 'NS', 'BS']

/** `{ S: 'a' }`. A key is a text, a number or bytes: in the document form none of them looks like this. */
function isEncoded(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return false
  const names = Object.keys(value)
  return names.length === 1 && kinds.includes(names[0] ?? '')
}

/** Whether values are in the form of the low-level client. An item holds its key, so it is never a document by chance. */
const isLowLevel = (values: Document): boolean => Object.values(values).every(isEncoded)

/** @throws InvalidInput */
export function renderOwn(item: TransactItem, field = 'item'): TransactWriteItem {
  const { verb, write } = checkedItem(field, item)
  const { Item: whole, Key: key, ExpressionAttributeValues: values, ...rest } = write
  const isEncodedForm = isLowLevel(whole ?? key ?? {})
  const encoded = (name: string, given: Document | undefined) =>
    given === undefined ? {} : { [name]: isEncodedForm ? given : itemFrom(`${field}.${verb}.${name}`, given) }
  return {
    [verb]: {
      // Its refusal then says what is stored.
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      ...rest,
      ...encoded('Item', whole),
      ...encoded('Key', key),
      ...encoded('ExpressionAttributeValues', values),
    },
  }
}

/** What is stored in the place of an item, in the form in which its write was given. */
export function storedFor(item: TransactItem, stored: Item): Document {
  const { write } = checkedItem('item', item)
  return isLowLevel(write.Item ?? write.Key ?? {}) ? stored : documentFrom(stored)
}
