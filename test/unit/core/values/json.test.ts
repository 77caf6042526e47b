import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { errorText, normaliseError } from '../../../../lib/core/job/job-error.ts'
import { fromJsonText, sameJson, sameJsonText, toJsonText, utf8Bytes } from '../../../../lib/core/values/json.ts'

const limit = 400_000

describe('JSON text of an input', () => {
  it('brings back every JSON value as it was', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), value => {
        fc.pre(!/__proto__/.test(JSON.stringify(value)))
        // JSON knows no negative zero.
        expect(fromJsonText(toJsonText('input', value, limit))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  it('leaves out undefined properties, as optional fields are', () => {
    expect(toJsonText('input', { a: 1, b: undefined }, limit)).toBe('{"a":1}')
  })

  const cyclic: Record<string, unknown> = { deep: {} }
  ;(cyclic['deep'] as Record<string, unknown>)['self'] = cyclic
  let deep: unknown = 1
  for (let level = 0; level < 40; level += 1) deep = [deep]

  it.each([
    ['NaN', { a: [1, Number.NaN] }, 'input.a[1]'],
    ['Infinity', { a: Number.POSITIVE_INFINITY }, 'input.a'],
    ['a Date', { at: new Date(0) }, 'input.at'],
    ['a Map', { m: new Map() }, 'input.m'],
    [
      'an instance of a class',
      {
        x: new (class Money {
          cents = 1
        })(),
      },
      'input.x',
    ],
    ['a function', { f: () => 1 }, 'input.f'],
    ['a bigint', { n: 1n }, 'input.n'],
    ['a symbol', { s: Symbol('s') }, 'input.s'],
    ['undefined in a list', [1, undefined], 'input[1]'],
    ['a hole in a list', Array(2), 'input[0]'],
    ['undefined itself', undefined, 'input'],
    ['a cycle', cyclic, 'input.deep.self'],
    ['40 levels', deep, `input${'[0]'.repeat(33)}`],
    ['an own __proto__', JSON.parse('{"a":{"__proto__":{"x":1}}}'), 'input.a.__proto__'],
  ])('refuses %s, naming its path', (_, value, path) => {
    expect(() => toJsonText('input', value, limit)).toThrow(
      expect.objectContaining({ code: 'invalid_input', field: path }),
    )
  })

  it('counts bytes, not characters', () => {
    const text = 'ä'.repeat(100)
    expect(() => toJsonText('input', text, 201)).toThrow(expect.objectContaining({ code: 'job_too_large', bytes: 202 }))
    expect(toJsonText('input', text, 202)).toBe(`"${text}"`)
  })

  it('compares whatever the order of keys', () => {
    expect(sameJsonText('{"a":1,"b":[1,2]}', '{"b":[1,2],"a":1}')).toBe(true)
    expect(sameJsonText('{"a":[1,2]}', '{"a":[2,1]}')).toBe(false)
    expect(sameJsonText('{"a":{}}', '{"a":[]}')).toBe(false)
    expect(sameJsonText('no json', 'no json')).toBe(true)
    expect(sameJsonText('no json', '1')).toBe(false)
    fc.assert(fc.property(fc.jsonValue(), value => sameJson(value, structuredClone(value))))
  })
})

describe('the text of an error', () => {
  it('is JSON of at most the given bytes, whatever was thrown', () => {
    const hostile = fc.oneof(
      fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true }),
      fc.record({ name: fc.string({ unit: 'binary' }), message: fc.string({ unit: 'binary' }), stack: fc.string() }),
    )
    fc.assert(
      fc.property(hostile, fc.constantFrom(96, 200, 8_192), (thrown, maxBytes) => {
        const text = errorText(normaliseError(thrown), maxBytes)
        const { name, message } = JSON.parse(text) as Record<string, unknown>
        return utf8Bytes(text) <= maxBytes && typeof name === 'string' && typeof message === 'string'
      }),
      { numRuns: 500 },
    )
  })

  it('keeps name and message, and the stack where there is room', () => {
    const error = new TypeError('wrong')
    expect(JSON.parse(errorText(normaliseError(error), 8_192))).toMatchObject({
      name: 'TypeError',
      message: 'wrong',
      stack: expect.stringContaining('wrong'),
    })
    expect(JSON.parse(errorText({ name: 'TypeError', message: 'wrong' }, 96))).toEqual({
      name: 'TypeError',
      message: 'wrong',
    })
    const long = errorText({ name: 'E', message: 'x'.repeat(1_000), stack: 'y' }, 96)
    expect(utf8Bytes(long)).toBe(96)
    expect(JSON.parse(long)).not.toHaveProperty('stack')
  })

  it('shows the cause behind a wrapper', () => {
    expect(normaliseError(new Error('outer', { cause: new Error('inner') })).message).toBe('outer (cause: inner)')
  })

  it('survives getters that throw, revoked proxies and cyclic causes', () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    const cyclic = new Error('c')
    cyclic.cause = cyclic
    const getter = Object.defineProperty(new Error('g'), 'message', {
      get: () => {
        throw new Error('no')
      },
    })
    for (const thrown of [proxy, cyclic, getter]) expect(normaliseError(thrown)).toHaveProperty('message')
  })
})
