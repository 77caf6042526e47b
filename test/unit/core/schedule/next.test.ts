import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { nextOf, type When } from '../../../../lib/core/schedule/next.ts'
import { day, dayMatches } from './oracle.ts'

const utc = (cron: string): When => ({ kind: 'cron', cron, timezone: 'UTC', gap: 'next', repeat: 'first' })

/** So many answers after an instant, as dates and times. */
function answers(when: When, from: string, count: number): readonly string[] {
  const next = nextOf(when)
  const found: string[] = []
  for (let at = next(Date.parse(from)); at !== undefined && found.length < count; at = next(at)) {
    found.push(new Date(at).toISOString().slice(0, 19))
  }
  return found
}

/** Days only, for expressions at midnight. */
const days = (cron: string, from: string, count: number) =>
  answers(utc(cron), from, count).map(text => text.slice(0, 10))

describe('the calendar', () => {
  it.each([
    ['0 0 L * *', '2027-01-31', '2027-02-28', '2027-03-31'],
    ['0 0 L 2 *', '2027-02-28', '2028-02-29', '2029-02-28'],
    ['0 0 15,L * *', '2027-01-15', '2027-01-31', '2027-02-15'],
    // 15 May 2027 is a Saturday, 15 August a Sunday.
    ['0 0 15W 5,8 *', '2027-05-14', '2027-08-16', '2028-05-15'],
    // 1 May 2027 is a Saturday: the nearest within the month is Monday.
    ['0 0 1W 5 *', '2027-05-03', '2028-05-01', '2029-05-01'],
    // 31 January 2027 is a Sunday; April has no 31st to be near to.
    ['0 0 31W 1,4 *', '2027-01-29', '2028-01-31', '2029-01-31'],
    ['0 0 LW * *', '2027-01-29', '2027-02-26', '2027-03-31'],
    ['0 0 * * 5L', '2027-01-29', '2027-02-26', '2027-03-26'],
    ['0 0 * * FRI#2', '2027-01-08', '2027-02-12', '2027-03-12'],
    ['0 0 * * MON#5', '2027-03-29', '2027-05-31', '2027-08-30'],
    ['0 0 * * MON#1,WED', '2027-01-04', '2027-01-06', '2027-01-13'],
    ['0 0 * * 7', '2027-01-03', '2027-01-10', '2027-01-17'],
    ['0 0 13 * FRI', '2027-01-08', '2027-01-13', '2027-01-15'],
    ['0 0 */10 2 *', '2027-02-01', '2027-02-11', '2027-02-21'],
    ['0 0 29 2 *', '2028-02-29', '2032-02-29', '2036-02-29'],
  ])('%s', (cron, ...expected) => {
    expect(days(cron, '2027-01-01T00:00Z', 3)).toEqual(expected)
  })

  it('crosses a century without a leap day, and waits decades for a fifth Monday in February', () => {
    expect(days('0 0 29 2 *', '2096-02-29T00:00Z', 1)).toEqual(['2104-02-29'])
    expect(days('0 0 * 2 MON#5', '2027-01-01T00:00Z', 2)).toEqual(['2044-02-29', '2072-02-29'])
  })

  it('counts on through ranges that wrap', () => {
    const hours = answers(utc('0 18-6/6 * * *'), '2027-01-01T00:30Z', 4).map(text => text.slice(8, 13))
    expect(hours).toEqual(['01T06', '01T18', '02T00', '02T06'])
    expect(days('0 0 * * FRI-MON', '2027-01-01T00:00Z', 4)).toEqual([
      '2027-01-02',
      '2027-01-03',
      '2027-01-04',
      '2027-01-08',
    ])
    expect(days('0 0 1 NOV-FEB *', '2027-01-01T00:00Z', 3)).toEqual(['2027-02-01', '2027-11-01', '2027-12-01'])
  })

  it('has seconds, and is later than a fraction of one', () => {
    expect(answers(utc('*/20 * * * * *'), '2027-01-01T00:00:00.001Z', 3).map(text => text.slice(14))).toEqual([
      '00:20',
      '00:40',
      '01:00',
    ])
    expect(answers(utc('* * * * * *'), '2027-01-01T00:00:00.999Z', 1)).toEqual(['2027-01-01T00:00:01'])
  })

  it('agrees with the definition of each sign, day by day', () => {
    const number = (min: number, max: number) => fc.integer({ min, max })
    const dayPart = fc.oneof(
      number(1, 31).map(String),
      number(1, 31).map(value => `${value}W`),
      fc.constant('L'),
      fc.tuple(number(1, 31), number(1, 31), number(1, 9)).map(([from, to, step]) => `${from}-${to}/${step}`),
      number(2, 30).map(step => `*/${step}`),
    )
    const weekdayPart = fc.oneof(
      fc.constantFrom('SUN', 'MON', '2', 'FRI', '7'),
      fc.constantFrom('5L', 'SUNL', '3L'),
      fc.tuple(fc.constantFrom('MON', '4', 'SUN'), number(1, 5)).map(([name, nth]) => `${name}#${nth}`),
      fc.constantFrom('MON-FRI', 'FRI-MON', 'SAT-SUN', '1-5/2', '5-2/2'),
    )
    const list = (part: fc.Arbitrary<string>) =>
      fc.array(part, { minLength: 1, maxLength: 3 }).map(parts => parts.join())
    const dayField = fc.oneof(fc.constant('*'), fc.constant('LW'), list(dayPart))
    const weekdayField = fc.oneof(fc.constant('*'), list(weekdayPart))
    const start = fc.integer({ min: 0, max: 12_000 }).map(count => Date.UTC(2000, 0, 1) + count * day)
    fc.assert(
      fc.property(dayField, weekdayField, start, (dayText, weekdayText, from) => {
        const next = nextOf(utc(`0 0 ${dayText} * ${weekdayText}`))
        // A year holds each kind of month, and all weekdays at its ends.
        const expected = Array.from({ length: 366 }, (_, index) => from + (index + 1) * day).filter(at =>
          dayMatches(dayText, weekdayText, new Date(at)),
        )
        for (let at = next(from), index = 0; index < expected.length; index += 1, at = next(at ?? 0)) {
          expect(at).toBe(expected[index])
        }
      }),
      { numRuns: 150 },
    )
  })
})

describe('whose machine it runs on', () => {
  const zone = process.env['TZ']
  afterEach(() => {
    vi.useRealTimers()
    if (zone === undefined) delete process.env['TZ']
    else process.env['TZ'] = zone
  })

  it.each(['America/New_York', 'Australia/Lord_Howe', 'UTC'])('makes no difference, with TZ=%s', tz => {
    process.env['TZ'] = tz
    const berlin = { ...utc('30 2 * * *'), timezone: 'Europe/Berlin' } as When
    expect(answers(berlin, '2027-03-13T12:00Z', 1)).toEqual(['2027-03-14T01:30:00'])
    expect(answers(utc('30 2 14 3 *'), '2027-03-13T12:00Z', 1)).toEqual(['2027-03-14T02:30:00'])
  })

  it.each([0, Date.UTC(2027, 2, 28, 1), Date.UTC(2100, 0, 1)])('makes no difference, with its clock at %i', now => {
    vi.useFakeTimers({ now })
    expect(answers(utc('30 2 14 3 *'), '2027-03-13T12:00Z', 1)).toEqual(['2027-03-14T02:30:00'])
  })
})

describe('an interval', () => {
  const quarter: When = { kind: 'every', everyMs: 900_000, anchorAt: Date.parse('2027-01-01T00:05Z') }

  it('counts from its anchor, in both directions', () => {
    expect(answers(quarter, '2027-01-01T00:05Z', 2)).toEqual(['2027-01-01T00:20:00', '2027-01-01T00:35:00'])
    expect(answers(quarter, '2026-12-31T23:49Z', 2)).toEqual(['2026-12-31T23:50:00', '2027-01-01T00:05:00'])
  })

  it('answers the first multiple later than any instant', () => {
    const instant = fc.integer({ min: -1e13, max: 1e13 })
    fc.assert(
      fc.property(instant, instant, fc.integer({ min: 1_000, max: 1e10 }), (after, anchorAt, everyMs) => {
        const found = nextOf({ kind: 'every', everyMs, anchorAt })(after) ?? 0
        expect(found > after && found - after <= everyMs && (found - anchorAt) % everyMs === 0).toBe(true)
      }),
    )
  })
})

it('one time comes once', () => {
  const at = Date.parse('2027-01-01T00:00Z')
  const next = nextOf({ kind: 'at', at })
  expect([next(at - 1), next(at), next(at + 1)]).toEqual([at, undefined, undefined])
})
