import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeCron } from '../../../../lib/core/schedule/describe.ts'
import { nextOf } from '../../../../lib/core/schedule/next.ts'
import { formatCron, parseCron } from '../../../../lib/core/schedule/parse.ts'
import { InvalidInput } from '../../../../lib/core/values/errors.ts'

/** Text that comes close to an expression, so that the fuzz gets past the first character. */
const tokens = fc.constantFrom(
  ...'* ? - / , # L W H + 0 1 5 7 12 15 23 31 59 60 MON fri JAN feb MONDAY LW 15W 5L FRI#2 */5 1-5 @daily @'.split(' '),
  ...' |  |\t|\n|∗|٣|\uD800|\'|"'.split('|'),
)
const nearly = fc.array(tokens, { maxLength: 30 }).map(parts => parts.join(''))
const field = fc.array(tokens, { minLength: 1, maxLength: 3 }).map(parts => parts.join('').replaceAll(/\s/g, '') || '*')
const fields = fc.array(field, { minLength: 4, maxLength: 7 }).map(parts => parts.join(' '))

/** Valid fields, of every kind of part. */
const within = (min: number, max: number) => {
  const value = fc.integer({ min, max })
  const part = fc.oneof(
    value.map(String),
    fc.tuple(value, value).map(([from, to]) => `${from}-${to}`),
    fc.tuple(value, value, fc.integer({ min: 1, max: max - min })).map(([from, to, step]) => `${from}-${to}/${step}`),
    fc.integer({ min: 1, max: max - min }).map(step => `*/${step}`),
    fc.constant('*'),
  )
  return fc.array(part, { minLength: 1, maxLength: 3 }).map(parts => parts.join())
}
const valid = fc
  .tuple(
    fc.option(within(0, 59), { nil: undefined }),
    within(0, 59),
    within(0, 23),
    fc.oneof(within(1, 31), fc.constantFrom('L', 'LW', '15W,L', '31W')),
    within(1, 12),
    fc.oneof(within(0, 6), fc.constantFrom('5L', 'FRI#2,MON#5', '7', '5-7', '0-7/2')),
  )
  .map(parts => parts.filter(part => part !== undefined).join(' '))

/** What the parser throws; undefined if it reads the text. */
function errorOf(text: unknown): unknown {
  try {
    parseCron('cron', text)
    return undefined
  } catch (error) {
    return error
  }
}

const messageOf = (text: unknown): string => {
  const error = errorOf(text)
  return error instanceof Error ? error.message : ''
}

describe('whatever the text', () => {
  it('the parser answers or throws InvalidInput, with an example that it accepts', () => {
    let refused = 0
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), nearly, fields, fc.anything()), text => {
        const error = errorOf(text)
        expect(error === undefined || error instanceof InvalidInput).toBe(true)
        const [, example] = /\n.*(?:for example:|write) '([^']*)'/.exec(messageOf(text)) ?? []
        expect(example === undefined).toBe(error === undefined || typeof text !== 'string')
        expect(example === undefined ? undefined : errorOf(example)).toBeUndefined()
        if (example !== undefined) refused += 1
      }),
      { numRuns: 3_000 },
    )
    expect(refused).toBeGreaterThan(500)
  })

  it('the caret stands below the character that the message names', () => {
    fc.assert(
      fc.property(fields, text => {
        const [head = '', line = '', marks = ''] = messageOf(text).split('\n')
        const [, position] = /character (\d+):/.exec(head) ?? []
        fc.pre(position !== undefined)
        expect(marks.indexOf('^') - 4).toBe(Number(position) - 1)
        expect(line.length).toBe(text.trimEnd().length + 4)
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('a valid expression', () => {
  it('reads back from its own text, and is refused only because it never comes true', () => {
    fc.assert(
      fc.property(valid, text => {
        const message = messageOf(text)
        expect(message === '' || message.includes('it never comes true')).toBe(true)
        fc.pre(message === '')
        const expression = parseCron('cron', text)
        const canonical = formatCron(expression)
        expect(parseCron('cron', canonical)).toEqual(expression)
        expect(formatCron(parseCron('cron', canonical))).toBe(canonical)
      }),
      { numRuns: 2_000 },
    )
  })

  it('has words, and a next time that is later', () => {
    fc.assert(
      fc.property(valid, fc.integer({ min: 0, max: 4e12 }), (text, after) => {
        fc.pre(errorOf(text) === undefined)
        expect(describeCron(parseCron('cron', text))).toMatch(/^[A-Z][^{}[\]]+$/)
        const next = nextOf({ kind: 'cron', cron: text, timezone: 'UTC', gap: 'next', repeat: 'first' })(after)
        expect(next).toBeGreaterThan(after)
      }),
      { numRuns: 500 },
    )
  })
})
