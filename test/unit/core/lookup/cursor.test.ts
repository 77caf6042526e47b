import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cursorText, filterHash, placeFrom } from '../../../../lib/core/lookup/cursor.ts'
import { checkFilter, type ListOptions } from '../../../../lib/core/lookup/job-filter.ts'
import { InvalidInput } from '../../../../lib/core/values/errors.ts'

const filterOf = (options: ListOptions) => checkFilter(options).filter
const filter = filterOf({ queue: 'mails', phase: 'failed' })
const place = { lookAt: 1_798_761_600_000, lane: 'mails#failed#7', id: 'a' }
const textOf = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

describe('a cursor', () => {
  it('leads back to its place, whatever the id', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), fc.nat(), (id, lookAt) => {
        const one = { ...place, id, lookAt }
        expect(placeFrom(filter, cursorText(filter, one))).toEqual(one)
      }),
    )
  })

  it('is short', () => {
    const id = '0198c0de-0000-7000-8000-00000000000a'
    expect(cursorText(filter, { ...place, id }).length).toBeLessThan(130)
  })

  it.each([{ queue: 'other' }, { type: 'x' }, { order: 'oldest' }, { from: '2027-01-01T00:00:00Z' }] as const)(
    'of a list with %j is refused in another',
    change => {
      const other = filterOf({ queue: 'mails', phase: 'failed', ...change })
      expect(filterHash(other)).not.toBe(filterHash(filter))
      expect(() => placeFrom(other, cursorText(filter, place))).toThrow(
        'cursor belongs to a list with other options; allowed: what a page with the same options gave as `next`',
      )
    },
  )

  it.each([
    ['no text', 7],
    ['an empty text', ''],
    ['characters of no cursor', 'a b'],
    ['no JSON', Buffer.from('{').toString('base64url')],
    ['no list', textOf({ lane: 'x' })],
    ['another version', textOf([2, filterHash(filter), place.lookAt, place.lane, place.id])],
    ['too much', textOf([1, filterHash(filter), place.lookAt, place.lane, place.id, 1])],
    ['too little', textOf([1, filterHash(filter), place.lookAt, place.lane])],
    ['a time that is none', textOf([1, filterHash(filter), -1, place.lane, place.id])],
    ['a time as text', textOf([1, filterHash(filter), '2027', place.lane, place.id])],
    ['a time beyond all', textOf([1, filterHash(filter), 8e15, place.lane, place.id])],
    ['no id', textOf([1, filterHash(filter), place.lookAt, place.lane, ''])],
    ['a lane that is no text', textOf([1, filterHash(filter), place.lookAt, 7, place.id])],
    ['far too long', 'A'.repeat(12_001)],
  ])('%s is refused', (_, cursor) => {
    expect(() => placeFrom(filter, cursor)).toThrow(InvalidInput)
    expect(() => placeFrom(filter, cursor)).toThrow(expect.objectContaining({ field: 'cursor' }))
  })
})
