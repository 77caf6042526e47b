import { describe, expect, it } from 'vitest'
import { sameJson, sameJsonText, toJsonText } from '../../../../lib/core/values/json.ts'

const levels = (count: number): unknown => Array.from({ length: count }).reduce(inner => [inner], 1)
const cyclic: unknown[] = []
cyclic.push(cyclic)

describe('what is refused as an input says why', () => {
  const other = 'a JSON value: null, boolean, number, string, list, object'
  const plain = 'plain objects and lists; write a Date as its ISO 8601 text'

  it.each<[unknown, string, string]>([
    [{ a: Number.NaN }, 'NaN', 'a finite number'],
    [{ a: 5n }, 'of type bigint', other],
    [{ a: () => 1 }, 'of type function', other],
    [{ a: Symbol('s') }, 'of type symbol', other],
    [[undefined], 'of type undefined', other],
    [{ a: cyclic }, 'a cycle', 'a value that does not contain itself'],
    [{ a: new Date(0) }, 'Date', plain],
    [{ a: Object.create(Object.create(null) as object) }, 'an object with a prototype of its own', plain],
    [{ prototype: 1 }, 'present', 'any other key'],
    [levels(33), 'nested deeper', 'at most 32 levels of nesting'],
  ])('%o: %s; allowed: %s', (value, shown, allowed) => {
    expect(() => toJsonText('input', value, 1_000)).toThrow(expect.objectContaining({ value: shown, allowed }))
  })
})

describe('what is taken as an input', () => {
  const shared = { a: 1 }

  it.each<[unknown, string]>([
    [null, 'null'],
    [true, 'true'],
    ['', '""'],
    [[], '[]'],
    [Object.assign(Object.create(null) as object, { a: null }), '{"a":null}'],
    [[shared, shared], '[{"a":1},{"a":1}]'],
    [{ a: shared, b: shared }, '{"a":{"a":1},"b":{"a":1}}'],
  ])('%o', (value, text) => {
    expect(toJsonText('input', value, 1_000)).toBe(text)
  })

  it('is nested at most 32 levels, in lists and in objects', () => {
    expect(toJsonText('input', levels(32), 1_000)).toBe(`${'['.repeat(32)}1${']'.repeat(32)}`)
    const deep = Array.from({ length: 33 }).reduce<unknown>(inner => ({ a: inner }), 1)
    expect(() => toJsonText('input', deep, 1_000)).toThrow(`input${'.a'.repeat(33)}`)
  })
})

describe('two JSON values', () => {
  it.each<[unknown, unknown]>([
    [null, {}],
    [{}, null],
    [null, 0],
    ['1', 1],
    [5, {}],
    [{}, 5],
    ['', {}],
    [[], ''],
    [[], {}],
    [{}, []],
    [[1], [1, 2]],
    [[1, 2], [1]],
    [{ a: 1 }, { a: 1, b: 2 }],
    [{ a: 1 }, { b: 1 }],
    [{ toString: 1 }, { a: 1 }],
    [{ a: { b: 1 } }, { a: { b: 2 } }],
    [['a'], { 0: 'a' }],
    [{ a: null }, { b: null }],
  ])('%o and %o are not the same', (left, right) => {
    expect(sameJson(left, right)).toBe(false)
    expect(sameJsonText(JSON.stringify(left), JSON.stringify(right))).toBe(false)
  })

  it.each<[string, string]>([
    ['{"a":{"c":[1,null],"b":2}}', '{ "a": { "b": 2, "c": [1, null] } }'],
    ['[]', '[ ]'],
    ['1', '1.0'],
  ])('%s and %s are the same', (left, right) => {
    expect(sameJsonText(left, right)).toBe(true)
  })
})
