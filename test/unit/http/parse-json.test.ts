import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { InvalidInput } from '../../../lib/core/values/errors.ts'
import { parseJson } from '../../../lib/http/parse-json.ts'

const outcomeOf = (parse: () => unknown): unknown => {
  try {
    return parse()
  } catch (error) {
    return { field: (error as InvalidInput).field }
  }
}

describe('an integer in a JSON text', () => {
  it.each([
    ['{"input":12345678901234567890}', 'input', '12345678901234567890'],
    ['{"input":-9007199254740993}', 'input', '-9007199254740993'],
    ['{"input":{"a":[1,{"b":9007199254740993}]}}', 'input.a[1].b', '9007199254740993'],
    ['{"input":[[9007199254740993]]}', 'input[0][0]', '9007199254740993'],
    ['{"input":{"":9007199254740993}}', 'input.', '9007199254740993'],
    ['{"input":{"__proto__":9007199254740993}}', 'input.__proto__', '9007199254740993'],
    // A power of two: exact in a number, but not in the text that it becomes.
    ['{"input":1180591620717411303424}', 'input', '1180591620717411303424'],
    ['{"delay":9007199254740993}', 'delay', '9007199254740993'],
    ['[0,9007199254740993]', 'body[1]', '9007199254740993'],
    ['9007199254740993', 'body', '9007199254740993'],
    [`{"input":1${'0'.repeat(307)}1}`, 'input', `1${'0'.repeat(307)}1`],
  ])('that a number cannot hold is refused with its path: %s', (text, field, value) => {
    expect(() => parseJson(text)).toThrow(
      expect.objectContaining({
        name: 'InvalidInput',
        field,
        value,
        allowed: 'integers from -9007199254740991 to 9007199254740991; write a larger one as text',
      }),
    )
  })

  it('is shown as it was written, without quotes', () => {
    expect(() => parseJson('{"input":12345678901234567890}')).toThrow(
      /^input is 12345678901234567890; allowed: integers from/,
    )
  })

  it.each([
    '9007199254740991',
    '-9007199254740991',
    '9007199254740992',
    '18014398509481984',
    // Not the exact value of the number, but the digits that JSON text shows for it.
    '97728298702181300',
    '1500000000000000000000',
    `1${'0'.repeat(22)}`,
    '"12345678901234567890"',
    '{"12345678901234567890":1}',
    '0.12345678901234567890',
    '1234567890123456789.5',
    '12345678901234567890e1',
    '0',
    '-0',
  ])('that a number holds, and text and fractions are taken: %s', text => {
    expect(parseJson(text)).toEqual(JSON.parse(text))
  })

  it('of any length is taken just when it comes back as it was', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }), integer => {
        // What JSON text shows of the number, read without loss.
        const [whole = '', exponent = '0'] = JSON.stringify(Number(integer)).split('e+')
        const [front = '', rest = ''] = whole.split('.')
        const shown = BigInt(front + rest) * 10n ** BigInt(Number(exponent) - rest.length)
        const outcome = outcomeOf(() => parseJson(`{"a":[${integer}]}`))
        expect(outcome).toEqual(shown === integer ? { a: [Number(integer)] } : { field: 'a[0]' })
      }),
    )
  })

  it('of which only the last of two keys counts is looked at there only', () => {
    expect(parseJson('{"a":9007199254740993,"a":1}')).toEqual({ a: 1 })
    expect(() => parseJson('{"a":1,"a":9007199254740993}')).toThrow('a is 9007199254740993')
  })

  it('does not make an attack of deep nesting', () => {
    const text = `${'['.repeat(200_000)}9007199254740993${']'.repeat(200_000)}`
    expect(() => parseJson(text)).toThrow('body is nested too deeply; allowed: at most 32 levels of nesting')
  })

  it('takes time in proportion to the body', () => {
    const timeOf = (count: number): number => {
      const text = `{"input":[${'1,'.repeat(count)}9007199254740993]}`
      const startedAt = performance.now()
      expect(() => parseJson(text)).toThrow(`input[${count}] is`)
      return performance.now() - startedAt
    }
    const least = (count: number): number => Math.min(...Array.from({ length: 5 }, () => timeOf(count)))
    // Ten times as much; a hundred times as long if each number looked at all before it.
    expect(least(250_000) / least(25_000)).toBeLessThan(40)
  })
})

describe('any other JSON text', () => {
  it('is parsed as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), value => {
        const text = JSON.stringify(value)
        expect(parseJson(text)).toEqual(JSON.parse(text))
      }),
    )
  })

  it.each([
    ["{'a':1}", /^body is not JSON: Expected property name .*\(line 1 column 2\); allowed: a JSON object$/],
    ['{"a":1,}', /^body is not JSON: .*\(line 1 column 8\); allowed: a JSON object$/],
    ['type=echo', /^body is not JSON: Unexpected token .* is not valid JSON; allowed: a JSON object$/],
  ])('that is malformed is refused with the whole reason: %s', (text, message) => {
    expect(() => parseJson(text)).toThrow(message)
  })

  it('that is malformed with a line break in it is refused in one line', () => {
    expect(() => parseJson('a\nb')).toThrow(/^[^\n]*$/)
  })
})
