import { describe, expect, it } from 'vitest'
import { sameJson, sameJsonText, toJsonText } from '../../../../lib/core/values/json.ts'

const levels = (count: number): unknown => Array.from({ length: count }).reduce(inner => [inner], 1)
const cyclic: unknown[] = []
cyclic.push(cyclic)

describe('what is refused as an input says why', () => {
  const other = 'a JSON value: null, boolean, number, string, list, object'
  const plain = 'plain objects and lists; write a Date as its ISO 8601 text'

  it.each<[unknown, unknown, string]>([
    [{ a: Number.NaN }, Number.NaN, 'a finite number'],
    [{ a: 5n }, 'a bigint', other],
    [{ a: () => 1 }, 'a function', other],
    [{ a: Symbol('s') }, 'a symbol', other],
    [[undefined], 'undefined', other],
    [{ a: cyclic }, 'a cycle', 'a value that does not contain itself'],
    [{ a: new Date(0) }, 'an instance of Date', plain],
    [{ a: Object.create(Object.create(null) as object) }, 'an object with a prototype of its own', plain],
    [JSON.parse('{"__proto__":1}'), "a key that sets an object's prototype", 'any other key'],
    [levels(33), 'nested too deeply', 'at most 32 levels of nesting'],
  ])('%o: %s; allowed: %s', (value, shown, allowed) => {
    expect(() => toJsonText('input', value, 1_000)).toThrow(expect.objectContaining({ value: shown, allowed }))
  })
})

describe('the message', () => {
  it.each<[unknown, string]>([
    [[undefined], 'input[0] is undefined; allowed: a JSON value: '],
    [{ a: () => 1 }, 'input.a is a function; allowed: '],
    [{ a: new Date(0) }, 'input.a is an instance of Date; allowed: plain objects and lists; '],
    [{ a: Number.NaN }, 'input.a is NaN; allowed: a finite number'],
    [{ a: cyclic }, 'input.a[0] is a cycle; allowed: '],
    [JSON.parse('{"__proto__":1}'), "input.__proto__ is a key that sets an object's prototype; allowed: any other key"],
    [{ 'a\nb': Number.NaN }, 'input.a b is NaN'],
    // A class without a name, and one whose instance hides it.
    [
      {
        a: new (class {
          cents = 1
        })(),
      },
      'input.a is an object with a prototype of its own; ',
    ],
    [{ a: Object.assign(new Map(), { constructor: { name: 5 } }) }, 'input.a is an instance of Map; '],
  ])('about %o is a sentence without quotes: %s', (value, beginning) => {
    expect(() => toJsonText('input', value, 1_000)).toThrow(beginning)
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
    // Names of every object, which JSON.parse does not treat in any way.
    [
      { constructor: 'Ferrari', prototype: 1, toString: null },
      '{"constructor":"Ferrari","prototype":1,"toString":null}',
    ],
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
