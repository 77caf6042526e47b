import { describe, expect, it } from 'vitest'
import { type Day, dateIn, dayAfter, daysOf, mondayOf, offsetAt, weekOf } from '../../../../lib/dashboard/page/week.ts'

const at = (text: string): number => Date.parse(text)
const berlin = 'Europe/Berlin'

describe('time in a zone', () => {
  it.each([
    ['2026-11-26T12:00:00Z', 'UTC', 0],
    ['2026-11-26T12:00:00Z', berlin, 60],
    ['2026-07-26T12:00:00Z', berlin, 120],
    ['2026-11-26T12:00:00Z', 'America/New_York', -300],
    ['2026-11-26T12:00:00Z', 'Asia/Kathmandu', 345],
    ['2026-11-26T12:00:00Z', '+05:30', 330],
  ])('%s in %s is %i minutes ahead', (instant, zone, offset) => expect(offsetAt(at(instant), zone)).toBe(offset))

  it('a date is that of the zone', () => {
    expect(dateIn(at('2026-11-26T23:30:00Z'), berlin)).toBe('2026-11-27')
    expect(dateIn(at('2026-11-26T23:30:00Z'), 'America/New_York')).toBe('2026-11-26')
  })

  it.each([
    ['2026-11-23', '2026-11-23'],
    ['2026-11-26', '2026-11-23'],
    ['2026-11-29', '2026-11-23'],
    ['2027-01-01', '2026-12-28'],
  ])('the Monday of %s is %s', (date, monday) => expect(mondayOf(date)).toBe(monday))

  it('a day after a clock change is the next date', () => expect(dayAfter('2026-10-25', 1)).toBe('2026-10-26'))

  it.each([
    ['2026-10-22', '2026-10-19'],
    [null, '2026-11-23'],
    ['yesterday', '2026-11-23'],
    ['2026-99-99', '2026-11-23'],
  ])('the address %s means the week of %s', (given, monday) =>
    expect(weekOf(given, at('2026-11-26T12:00:00Z'), berlin)).toBe(monday),
  )
})

describe('a week', () => {
  const now = at('2026-11-26T12:00:00Z')
  const week = { monday: '2026-11-23', zone: berlin, now }
  const said = ({ dots }: Day): readonly string[] => dots.map(({ time, mark, count }) => `${time} ${mark} ${count}`)

  it('has what became of each occurrence, and what comes, on its day', () => {
    const past = [
      { at: '2026-11-26T01:30:00.000Z', id: 'd', state: 'IN_PROGRESS' as const },
      { at: '2026-11-25T01:30:00.000Z', id: 'c' },
      { at: '2026-11-24T01:30:00.000Z', id: 'b', state: 'FAILED' as const },
      { at: '2026-11-22T23:30:00.000Z', id: 'a', state: 'COMPLETED' as const },
      // Sunday, by the clock of the zone.
      { at: '2026-11-22T22:30:00.000Z', id: 'z', state: 'COMPLETED' as const },
    ]
    const next = [{ at: '2026-11-27T01:30:00.000Z', local: '02:30' }]
    const days = daysOf({ past, next }, week)
    expect(days.map(said)).toEqual([['00:30 ✓ 1'], ['02:30 ✕ 1'], ['02:30 ◌ 1'], ['02:30 ▶ 1'], ['02:30 ○ 1'], [], []])
    expect(days.flatMap(({ dots }) => dots.map(({ job }) => job))).toEqual(['a', 'b', undefined, 'd', undefined])
    expect(days.filter(({ isToday }) => isToday).map(({ name }) => name)).toEqual(['Thu, Nov 26'])
  })

  it('counts by the hour what would not fit', () => {
    const past = Array.from({ length: 90 }, (_, index) => ({
      at: new Date(at('2026-11-26T10:00:00Z') + index * 60_000).toISOString(),
      id: String(index),
      state: index === 70 ? ('FAILED' as const) : ('COMPLETED' as const),
    }))
    const next = [{ at: '2026-11-26T12:01:00Z', local: '', note: 'clocks' }]
    expect(said(daysOf({ past, next }, week)[3] as Day)).toEqual(['11:00 ✓ 60', '12:00 ✓ 29', '12:00 ✕ 1', '13:00 ○ 1'])
  })

  it.each([
    ['2026-03-23', berlin, 'Sun, Mar 29', 'clocks go forward by 1 h'],
    ['2026-10-19', berlin, 'Sun, Oct 25', 'clocks go back by 1 h'],
    ['2026-10-26', 'America/New_York', 'Sun, Nov 1', 'clocks go back by 1 h'],
    ['2026-09-28', 'Australia/Lord_Howe', 'Sun, Oct 4', 'clocks go forward by 30 min'],
  ])('of %s in %s marks the day on which clocks change', (monday, zone, day, change) => {
    const days = daysOf({ past: [], next: [] }, { monday, zone, now })
    expect(days.filter(one => one.change !== undefined).map(one => [one.name, one.change])).toEqual([[day, change]])
  })

  it('keeps what a clock change does to an occurrence', () => {
    const next = [{ at: '2026-11-27T01:30:00Z', local: '', note: '02:30 does not exist' }]
    expect(daysOf({ past: [], next }, week)[4]?.dots[0]?.note).toBe('02:30 does not exist')
  })
})
