/** Evaluates a change of a record on the item itself, as DynamoDB does. Pure. */
import type { Item } from '../aws/dynamodb/item.ts'
import { itemBytes } from '../aws/dynamodb/item-bytes.ts'
import { encodeEntry, encodeNumbers, encodePlain, encodeValue, recordKeyItem } from '../aws/dynamodb/record-item.ts'
import { wantedBy } from '../aws/dynamodb/record-render.ts'
import {
  neededMaps,
  type Path,
  type RecordAction,
  type RecordChange,
  type RecordClause,
} from '../core/records/change.ts'
import type { RecordKey } from '../core/records/record.ts'
import { Unwritable } from '../core/values/errors.ts'
import { maxItemBytes } from '../core/values/quotas.ts'
import { type Encoded, isAsWanted } from './encoded.ts'

export type Evaluated = { readonly kind: 'applied'; readonly item: Item | undefined } | { readonly kind: 'refused' }

/**
 * @returns the item as it becomes, undefined when it goes
 * @throws Unwritable, InvalidInput for what DynamoDB would not even try
 */
export function evaluate(change: RecordChange, key: RecordKey, item: Item | undefined): Evaluated {
  if ('actions' in change) refuseOverlaps(change.actions)
  const mayMake = 'makes' in change && change.makes
  const stored = item ?? {}
  const isHeld =
    (mayMake || item !== undefined) &&
    neededMaps(change).every(map => stored[map]?.M !== undefined) &&
    change.guard.every(clause => isHeldBy(clause, stored))
  if (!isHeld) return { kind: 'refused' }
  if ('deletes' in change) return { kind: 'applied', item: undefined }
  const after = change.actions.reduce(acted, item ?? recordKeyItem(key))
  checkItem(after)
  return { kind: 'applied', item: after }
}

function own<T>(map: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(map, name) ? map[name] : undefined
}

function valueAt(item: Item, { attribute, key, field }: Path): Encoded | undefined {
  return [key, field].reduce<Encoded | undefined>(
    (value, name) => (name === undefined ? value : own(value?.M ?? {}, name)),
    own(item, attribute),
  )
}

function isHeldBy(clause: RecordClause, item: Item): boolean {
  switch (clause.op) {
    case 'absent':
      return valueAt(item, clause) === undefined
    case 'present':
      return valueAt(item, clause) !== undefined
    case 'sizeBelow': {
      const map = valueAt(item, clause)?.M
      return map !== undefined && Object.keys(map).length < clause.value
    }
    case '=':
    case '<':
    case '<=':
    case '>':
    case '>=': {
      const stored = valueAt(item, clause)
      return (clause.orAbsent === true && stored === undefined) || isAsWanted(clause.op, stored, wantedBy(clause))
    }
  }
}

function acted(item: Item, action: RecordAction): Item {
  const { attribute } = action
  switch (action.op) {
    case 'set':
      return withValue(item, attribute, encodeValue(attribute, action.value))
    case 'remove':
      return without(item, attribute)
    case 'add': {
      const amount = encodePlain(attribute, action.amount)
      const before = own(item, attribute) ?? { N: '0' }
      if (before.N === undefined) throw wrongType(attribute)
      return withValue(item, attribute, encodePlain(attribute, Number(before.N) + Number(amount.N)))
    }
    case 'setEntry': {
      const entry = encodeEntry(action.key, action.value)
      return withValue(item, attribute, { M: withValue(own(item, attribute)?.M ?? {}, action.key, entry) })
    }
    case 'removeEntry':
      return withValue(item, attribute, { M: without(own(item, attribute)?.M ?? {}, action.key) })
    case 'addNumbers':
    case 'deleteNumbers':
      return withNumbers(item, action)
  }
}

function withNumbers(item: Item, action: Extract<RecordAction, { numbers: readonly number[] }>): Item {
  const { attribute, op } = action
  const { NS: given = [] } = encodeNumbers(attribute, action.numbers)
  const before = own(item, attribute) ?? { NS: [] }
  if (before.NS === undefined) throw wrongType(attribute)
  const numbers = new Set(before.NS.map(Number))
  for (const one of given.map(Number)) {
    if (op === 'addNumbers') numbers.add(one)
    else numbers.delete(one)
  }
  return numbers.size === 0 ? without(item, attribute) : withValue(item, attribute, { NS: [...numbers].map(String) })
}

const wrongType = (attribute: string): Unwritable =>
  new Unwritable(`${attribute}: an operand in the update expression has an incorrect data type`)

/** Not by assignment: a name such as __proto__ would be lost. */
const withValue = (item: Item, name: string, value: Encoded): Item =>
  Object.fromEntries([...Object.entries(item).filter(([other]) => other !== name), [name, value]])

const without = (item: Item, name: string): Item =>
  Object.fromEntries(Object.entries(item).filter(([other]) => other !== name))

/** DynamoDB refuses two paths of which one is or contains the other. */
function refuseOverlaps(actions: readonly RecordAction[]): void {
  const keyed = actions.find(({ attribute }) => Object.hasOwn(recordKeyItem({ id: '', part: '' }), attribute))
  if (keyed !== undefined) throw new Unwritable(`${keyed.attribute} is part of the key`)
  const seen = new Set<string>()
  for (const action of actions) {
    const whole = JSON.stringify([action.attribute])
    const path = 'key' in action ? JSON.stringify([action.attribute, action.key]) : whole
    const isBelow = 'key' in action && seen.has(whole)
    const isAbove = !('key' in action) && [...seen].some(other => other.startsWith(`${whole.slice(0, -1)},`))
    if (seen.has(path) || isBelow || isAbove) throw new Unwritable(`two actions touch ${action.attribute}`)
    seen.add(path)
  }
}

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
