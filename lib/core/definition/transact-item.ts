import { describedInput, InvalidInput } from '../values/errors.ts'

type Values = Readonly<Record<string, unknown>>

interface Write {
  readonly TableName?: string | undefined
  readonly Item?: Values | undefined
  readonly Key?: Values | undefined
  readonly UpdateExpression?: string | undefined
  readonly ConditionExpression?: string | undefined
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>> | undefined
  readonly ExpressionAttributeValues?: Values | undefined
  readonly ReturnValuesOnConditionCheckFailure?: 'ALL_OLD' | 'NONE' | undefined
}

/**
 * A write of the application's own, as DynamoDB's TransactWriteItems takes it: exactly one of the four. Its values are in
 * the form of either client of the SDK: `{ id: { S: 'a' } }` or `{ id: 'a' }`. The form of its item or key shows which.
 * docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItem.html
 * @example const credit: TransactItem = {
 *   Update: {
 *     TableName: 'accounts',
 *     Key: { id: 'bob' },
 *     UpdateExpression: 'ADD balance :amount',
 *     ExpressionAttributeValues: { ':amount': 5 },
 *   },
 * }
 */
export interface TransactItem {
  readonly Put?: Write | undefined
  readonly Update?: Write | undefined
  readonly Delete?: Write | undefined
  readonly ConditionCheck?: Write | undefined
}

export type TransactVerb = keyof TransactItem

/** What each of the four must hold. */
const needed = {
  Put: ['TableName', 'Item'],
  Update: ['TableName', 'Key', 'UpdateExpression'],
  Delete: ['TableName', 'Key'],
  ConditionCheck: ['TableName', 'Key', 'ConditionExpression'],
} as const satisfies Readonly<Record<TransactVerb, readonly (keyof Write)[]>>

const verbs = Object.keys(needed) as readonly TransactVerb[]

export interface CheckedItem {
  readonly verb: TransactVerb
  readonly write: Write
}

/** @param field as an error names it @throws InvalidInput */
export function checkedItem(field: string, item: TransactItem): CheckedItem {
  if (typeof item !== 'object' || item === null) throw new InvalidInput(field, item, `one of ${verbs.join(', ')}`)
  const given = verbs.filter(verb => item[verb] !== undefined)
  const [verb] = given
  const write = verb === undefined ? undefined : item[verb]
  if (verb === undefined || write === undefined || given.length > 1) {
    throw describedInput(field, given.join(' and ') || 'an object without a write', `one of ${verbs.join(', ')}`)
  }
  for (const name of needed[verb]) {
    const value = write[name]
    const isText = name !== 'Item' && name !== 'Key'
    if (isText ? typeof value !== 'string' || value === '' : typeof value !== 'object' || value === null) {
      throw new InvalidInput(`${field}.${verb}.${name}`, value, isText ? 'text' : 'an object of attributes')
    }
  }
  return { verb, write }
}

/** DynamoDB refuses a transaction that touches one item twice, without saying which. Keys of puts are not known here. @throws InvalidInput */
export function checkItems(field: string, items: readonly TransactItem[]): void {
  const places = new Map<string, number>()
  for (const [index, item] of items.entries()) {
    const { write } = checkedItem(`${field}[${index}]`, item)
    if (write.Key === undefined) continue
    const names = Object.keys(write.Key).toSorted((a, b) => (a < b ? -1 : 1))
    const key = JSON.stringify([write.TableName, names.map(name => [name, write.Key?.[name]])], plain)
    const first = places.get(key)
    if (first !== undefined) {
      throw describedInput(
        `${field}[${index}]`,
        `a second write of the item of items[${first}]`,
        'one write for each item',
      )
    }
    places.set(key, index)
  }
}

/** JSON has no bigint. */
const plain = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value)
