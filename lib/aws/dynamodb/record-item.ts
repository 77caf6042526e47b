import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { RecordKey, RecordValue, Scalar, StoredRecord } from '../../core/records/record.ts'
import { isInstantName } from '../../core/records/record.ts'
import { InvalidInput } from '../../core/values/errors.ts'
import { formatInstant, parseInstant } from '../../core/values/instant.ts'
import type { RecordRow } from '../../ports/record-store.ts'
import { encode, type Item } from './item.ts'
import { keyAttribute, lookAtAttribute, partAttribute } from './table.ts'

export const recordKeyItem = ({ id, part }: RecordKey): Item => ({
  [keyAttribute]: { S: id },
  [partAttribute]: { S: part },
})

/** @throws InvalidInput for a value that no item can hold */
export function toRecordItem({ attributes, ...key }: StoredRecord): Item {
  const values = Object.entries(attributes).map(([name, value]) => {
    if (name === keyAttribute || name === partAttribute) throw new InvalidInput(name, value, 'a name that is no key')
    return [name, encodeValue(name, value)] as const
  })
  // Not by assignment: a name such as __proto__ would be lost.
  return { ...Object.fromEntries(values), ...recordKeyItem(key) }
}

/** @param name of the attribute: it tells an instant from a number */
export function encodeValue(name: string, value: RecordValue): AttributeValue {
  if (typeof value !== 'object') return encodeScalar(name, value)
  if (value instanceof Set) return encodeNumbers(name, [...value])
  const entries = Object.entries(value as Readonly<Record<string, Scalar | object>>)
  return { M: Object.fromEntries(entries.map(([key, entry]) => [key, encodeEntry(key, entry as Scalar)])) }
}

/** An entry of a map. Its key is data, and means nothing; the names of its fields do. */
export function encodeEntry(key: string, entry: Scalar | { readonly [name: string]: Scalar }): AttributeValue {
  if (typeof entry !== 'object') return encodePlain(key, entry)
  return { M: Object.fromEntries(Object.entries(entry).map(([name, value]) => [name, encodeScalar(name, value)])) }
}

export function encodeNumbers(name: string, numbers: readonly number[]): AttributeValue {
  if (numbers.length === 0) throw new InvalidInput(name, 'an empty set', 'a set of one number or more')
  return { NS: [...new Set(numbers)].map(value => digitsOf(name, value)) }
}

/** The value of an attribute or of a field. */
export function encodeScalar(name: string, value: Scalar): AttributeValue {
  if (!isInstantName(name)) return encodePlain(name, value)
  if (typeof value !== 'number' || Number.isNaN(value)) throw new InvalidInput(name, value, 'epoch milliseconds')
  return encode(lookAtAttribute, value)
}

export function encodePlain(name: string, value: Scalar): AttributeValue {
  return typeof value === 'string' ? { S: value } : { N: digitsOf(name, value) }
}

function digitsOf(name: string, value: number): string {
  if (!Number.isFinite(value)) throw new InvalidInput(name, value, 'a finite number')
  return String(value)
}

/** Reads whatever an item holds; what no record could hold counts as absent. Undefined without a key. */
export function fromRecordItem(item: Item): StoredRecord | undefined {
  const { [keyAttribute]: id, [partAttribute]: part, ...rest } = item
  if (id?.S === undefined || part?.S === undefined) return undefined
  return { id: id.S, part: part.S, attributes: decoded(rest, decodeValue) }
}

/** A row of the `timeline` index. A time that nobody can read is due. */
export function recordRow(item: Item, until: number): RecordRow | undefined {
  const { [keyAttribute]: id, [partAttribute]: part, [lookAtAttribute]: lookAt } = item
  if (id?.S === undefined || part?.S === undefined) return undefined
  const at = lookAt === undefined ? undefined : decodeScalar(lookAtAttribute, lookAt)
  return { id: id.S, part: part.S, lookAt: typeof at === 'number' ? at : until }
}

function decodeValue(name: string, value: AttributeValue): RecordValue | undefined {
  if (value.NS !== undefined) return new Set(value.NS.map(Number))
  if (value.M !== undefined) return decoded(value.M, (_, entry) => decodeEntry(entry))
  return decodeScalar(name, value)
}

function decodeEntry(entry: AttributeValue): Scalar | { readonly [name: string]: Scalar } | undefined {
  return entry.M === undefined ? decodePlain(entry) : decoded(entry.M, decodeScalar)
}

function decodeScalar(name: string, value: AttributeValue): Scalar | undefined {
  if (!isInstantName(name)) return decodePlain(value)
  const instant = value.S === undefined ? undefined : parseInstant(value.S)
  // Another spelling of the instant would never be equal to the value that was read.
  return instant !== undefined && formatInstant(instant) === value.S ? instant : undefined
}

const decodePlain = ({ S: text, N: digits }: AttributeValue): Scalar | undefined =>
  digits === undefined ? text : Number(digits)

function decoded<T>(item: Item, decode: (name: string, value: AttributeValue) => T | undefined): Record<string, T> {
  const values = Object.entries(item).flatMap(([name, stored]) => {
    const value = decode(name, stored)
    return value === undefined ? [] : [[name, value] as const]
  })
  return Object.fromEntries(values)
}
