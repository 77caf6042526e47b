/**
 * The document form of items and values, which the SDK's document client takes: plain JavaScript values in the place of
 * `{ S: … }` and its kind. Free of the SDK.
 */
import { describedInput } from '../../core/values/errors.ts'
import type { Item } from './item.ts'

type Value = Item[string]

/** Plain values by name. */
export type Document = Readonly<Record<string, unknown>>

/** @throws InvalidInput for a value that no attribute can hold, with its path */
export function itemFrom(path: string, document: Document): Item {
  const present = Object.entries(document).filter(([, value]) => value !== undefined)
  return Object.fromEntries(present.map(([name, value]) => [name, valueFrom(`${path}.${name}`, value)]))
}

const allowed = 'text, a number, a bigint, true or false, null, bytes, a Set of one kind, a list, a plain object'

function valueFrom(path: string, value: unknown): Value {
  switch (typeof value) {
    case 'string':
      return { S: value }
    case 'number':
      if (!Number.isFinite(value)) throw describedInput(path, String(value), allowed)
      return { N: String(value) }
    case 'bigint':
      return { N: String(value) }
    case 'boolean':
      return { BOOL: value }
    case 'object':
      return value === null ? { NULL: true } : fromObject(path, value)
    case 'undefined':
    case 'function':
    case 'symbol':
      throw describedInput(path, `a ${typeof value}`, allowed)
  }
}

function fromObject(path: string, value: object): Value {
  if (value instanceof Uint8Array) return { B: value }
  if (value instanceof Set) return fromSet(path, [...(value as ReadonlySet<unknown>)])
  if (Array.isArray(value)) return { L: value.map((entry, index) => valueFrom(`${path}[${index}]`, entry)) }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return { M: itemFrom(path, value as Document) }
  throw describedInput(path, 'an instance of a class', `${allowed}; or write the item in the form { S: … } yourself`)
}

function fromSet(path: string, values: readonly unknown[]): Value {
  const encoded = values.map((value, index) => valueFrom(`${path}[${index}]`, value))
  const of = <Kind extends 'S' | 'N' | 'B'>(kind: Kind) => encoded.flatMap(value => value[kind] ?? [])
  const [texts, numbers, bytes] = [of('S'), of('N'), of('B')]
  if (values.length > 0 && texts.length === values.length) return { SS: texts }
  if (values.length > 0 && numbers.length === values.length) return { NS: numbers }
  if (values.length > 0 && bytes.length === values.length) return { BS: bytes }
  throw describedInput(path, 'a Set that is empty or of several kinds', 'a Set of texts, of numbers or of bytes')
}

/** What an item holds, as plain values. A number beyond the range of a double is rounded. */
export function documentFrom(item: Item): Document {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, plain(value)]))
}

function plain(value: Value): unknown {
  if (value.N !== undefined) return Number(value.N)
  if (value.NULL !== undefined) return null
  if (value.L !== undefined) return value.L.map(plain)
  if (value.M !== undefined) return documentFrom(value.M)
  if (value.SS !== undefined) return new Set(value.SS)
  if (value.NS !== undefined) return new Set(value.NS.map(Number))
  if (value.BS !== undefined) return new Set(value.BS)
  return value.S ?? value.B ?? value.BOOL
}
