/** Compares values as DynamoDB does: encoded, so that a test meets what production meets. */

import type { Item } from '../aws/dynamodb/item.ts'

/** The SDK's AttributeValue. */
export type Encoded = Item[string]

export type EncodedComparison = '=' | '<' | '<=' | '>' | '>='

/** Whether a stored value fits; false for an absent one, and for values of two kinds. */
export function isAsWanted(op: EncodedComparison, stored: Encoded | undefined, wanted: Encoded): boolean {
  const order = stored === undefined ? undefined : orderOf(stored, wanted)
  if (order === undefined) return false
  switch (op) {
    case '=':
      return order === 0
    case '<':
      return order < 0
    case '<=':
      return order <= 0
    case '>':
      return order > 0
    case '>=':
      return order >= 0
  }
}

function orderOf(left: Encoded, right: Encoded): number | undefined {
  if (left.S !== undefined && right.S !== undefined) return compareTexts(left.S, right.S)
  if (left.N !== undefined && right.N !== undefined) return Number(left.N) - Number(right.N)
  return undefined
}

/** In the order of their UTF-8 bytes. JavaScript's own order puts characters beyond U+FFFF before U+E000. */
export function compareTexts(left: string, right: string): number {
  if (left === right) return 0
  const length = Math.min(left.length, right.length)
  for (let index = 0; index < length; index += 1) {
    const [a, b] = [left.charCodeAt(index), right.charCodeAt(index)]
    if (a !== b) return rankOf(a) - rankOf(b)
  }
  return left.length - right.length
}

const firstSurrogate = 0xd800
const lastSurrogate = 0xdfff

/** Surrogates, which stand for characters beyond U+FFFF, come last. */
function rankOf(code: number): number {
  if (code < firstSurrogate) return code
  return code > lastSurrogate ? code - 0x800 : code + 0x2000
}
