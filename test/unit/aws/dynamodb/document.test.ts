import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { documentFrom, itemFrom } from '../../../../lib/aws/dynamodb/document.ts'

const setOf = <T>(value: fc.Arbitrary<T>) =>
  fc.uniqueArray(value, { minLength: 1, maxLength: 4 }).map(values => new Set(values))
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map(value => (value === 0 ? 0 : value))
const bytes = fc.uint8Array({ maxLength: 8 })

const { value } = fc.letrec(tie => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.string(),
    number,
    fc.boolean(),
    fc.constant(null),
    bytes,
    setOf(fc.string()),
    setOf(number),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc.string().filter(name => name !== '__proto__'),
      tie('value'),
      { maxKeys: 4, noNullPrototype: true },
    ),
  ),
}))

describe('the document form', () => {
  it('comes back as it was given', () => {
    const document = fc.dictionary(
      fc.string({ minLength: 1 }).filter(name => name !== '__proto__'),
      value,
      {
        maxKeys: 5,
        noNullPrototype: true,
      },
    )
    fc.assert(
      fc.property(document, given => {
        // Vitest takes a field with the name `constructor` for a class.
        deepStrictEqual(documentFrom(itemFrom('item', given)), given)
      }),
    )
  })

  it.each([
    ['text', 'a', { S: 'a' }],
    ['a number', 1.5, { N: '1.5' }],
    ['a bigint, whole', 12_345_678_901_234_567_890n, { N: '12345678901234567890' }],
    ['true', true, { BOOL: true }],
    ['null', null, { NULL: true }],
    ['bytes', new Uint8Array([1]), { B: new Uint8Array([1]) }],
    ['a set of bytes', new Set([new Uint8Array([1])]), { BS: [new Uint8Array([1])] }],
    ['a set of bigints', new Set([1n, 2n]), { NS: ['1', '2'] }],
    ['a list', ['a', 1], { L: [{ S: 'a' }, { N: '1' }] }],
    ['a map', { a: { b: 1 } }, { M: { a: { M: { b: { N: '1' } } } } }],
  ])('of %s', (_, given, encoded) => {
    expect(itemFrom('item', { given })).toStrictEqual({ given: encoded })
  })

  it('leaves out what is undefined', () => {
    expect(itemFrom('item', { a: undefined, b: { c: undefined } })).toStrictEqual({ b: { M: {} } })
  })

  it.each([
    [Number.NaN, 'item.given'],
    [Number.POSITIVE_INFINITY, 'item.given'],
    [new Date(), 'item.given'],
    [[1, undefined], 'item.given[1]'],
    [{ a: () => 1 }, 'item.given.a'],
    [Symbol('s'), 'item.given'],
    [new Set(), 'item.given'],
    [new Set(['a', 1]), 'item.given'],
    [new Map(), 'item.given'],
  ])('refuses %s and names its place', (given, field) => {
    expect(() => itemFrom('item', { given })).toThrow(expect.objectContaining({ code: 'invalid_input', field }))
  })
})
