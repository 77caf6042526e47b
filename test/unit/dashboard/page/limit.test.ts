import { describe, expect, it } from 'vitest'
import { fieldOf, limitOf, limitText, textsOf } from '../../../../lib/dashboard/page/limit.ts'

const now = Date.parse('2027-01-01T00:10:00Z')
const none = { concurrency: '', count: '', per: '', burst: '' }

describe('a limit in words', () => {
  it.each([
    [undefined, 'none'],
    [{ concurrency: 3 }, '3 at a time'],
    [{ concurrency: 3, rate: { count: 10, per: '1s', burst: 20 } }, '3 at a time, 10 starts per 1s, 20 at once'],
    [{ concurrency: 3, by: 'ann' }, '3 at a time, set by ann; the code has none'],
    [
      { rate: { count: 2, per: '1m' }, by: 'ann', at: '2027-01-01T00:06:00Z', code: { concurrency: 9 } },
      '2 starts per 1m, set by ann 4 min ago; the code says 9 at a time',
    ],
  ])('%j', (limit, text) => expect(limitText(limit, now)).toBe(text))
})

describe('what is typed', () => {
  it.each([
    [{ concurrency: ' 1 ' }, { concurrency: 1 }],
    [{ concurrency: '100' }, { concurrency: 100 }],
    [{ count: '10', per: '1 s' }, { rate: { count: 10, per: '1s' } }],
    [
      { concurrency: '2', count: '10', per: '1s', burst: '20' },
      { concurrency: 2, rate: { count: 10, per: '1s', burst: 20 } },
    ],
  ])('%j is a limit', (texts, limit) => {
    expect(limitOf({ ...none, ...texts })).toEqual({ kind: 'limit', limit })
    expect(limitOf(textsOf(limit))).toEqual({ kind: 'limit', limit })
  })

  it.each([
    [{}, 'concurrency', 'or both'],
    [{ concurrency: '0' }, 'concurrency', 'a whole number from 1 to 100'],
    [{ concurrency: '101' }, 'concurrency', 'a whole number from 1 to 100'],
    [{ concurrency: '1.5' }, 'concurrency', 'a whole number'],
    [{ concurrency: 'some' }, 'concurrency', 'a whole number'],
    [{ count: '100001', per: '1d' }, 'count', '1 to 100,000'],
    [{ count: '5' }, 'per', 'in which time'],
    [{ concurrency: '1', per: '1s' }, 'count', 'how many starts'],
    [{ concurrency: '1', burst: '5' }, 'count', 'how many starts'],
    [{ count: '5', per: '1s', burst: '-1' }, 'burst', '1 to 10,000'],
  ])('%j is none, and the field is named', (texts, field, message) => {
    expect(limitOf({ ...none, ...texts })).toEqual({
      kind: 'wrong',
      field,
      message: expect.stringContaining(message) as string,
    })
  })
})

it.each([
  ['limit.concurrency', 'concurrency'],
  ['limit.rate.per', 'per'],
  ['limit.rate', undefined],
  ['limit.toString', undefined],
  ['concurrency', undefined],
  [undefined, undefined],
])('a refusal about %s is shown at %s', (name, field) => expect(fieldOf(name)).toBe(field))
