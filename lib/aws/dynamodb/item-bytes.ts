import { utf8Bytes } from '../../core/values/json.ts'
import type { Item } from './item.ts'

/**
 * Bytes that DynamoDB counts for an item: the names and values of its attributes, in UTF-8.
 * docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export function itemBytes(item: Item): number {
  return Object.entries(item).reduce((sum, [name, value]) => sum + utf8Bytes(name) + valueBytes(value), 0)
}

function valueBytes(value: Item[string]): number {
  if (value.S !== undefined) return utf8Bytes(value.S)
  if (value.N !== undefined) return numberBytes(value.N)
  if (value.B !== undefined) return value.B.byteLength
  if (value.SS !== undefined) return value.SS.reduce((sum, text) => sum + utf8Bytes(text), 0)
  if (value.NS !== undefined) return value.NS.reduce((sum, digits) => sum + numberBytes(digits), 0)
  if (value.BS !== undefined) return value.BS.reduce((sum, bytes) => sum + bytes.byteLength, 0)
  if (value.L !== undefined) return value.L.reduce((sum, entry) => sum + 1 + valueBytes(entry), containerBytes)
  if (value.M !== undefined) return Object.keys(value.M).length + containerBytes + itemBytes(value.M)
  return 1
}

/** Of a list or a map, whatever is in it; each entry costs one more. */
const containerBytes = 3

/**
 * A byte, and one for each two significant digits; the digits before and after the point are counted apart, and a
 * minus costs one more.
 */
function numberBytes(digits: string): number {
  const [mantissa = '', exponent = '0'] = digits.toLowerCase().split('e')
  const [whole = '', fraction = ''] = mantissa.replace(/^[+-]/, '').split('.')
  const all = whole + fraction
  const point = whole.length + Number(exponent)
  const first = all.search(/[1-9]/)
  const isNegative = digits.startsWith('-')
  if (first === -1) return 1 + (isNegative ? 1 : 0)
  const last = all.replace(/0+$/, '').length
  const before = Math.max(0, Math.min(last, point) - first)
  const after = Math.max(0, last - Math.max(first, point))
  return 1 + Math.ceil(before / 2) + Math.ceil(after / 2) + (isNegative ? 1 : 0)
}
