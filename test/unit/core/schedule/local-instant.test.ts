import { describe, expect, it } from 'vitest'
import { offsetAt } from '../../../../lib/core/schedule/clock-changes.ts'
import { firstAtOrAfter, localInstantIn } from '../../../../lib/core/schedule/local-instant.ts'

const instant = (value: string, zone: string): string => new Date(localInstantIn('--from', value, zone)).toISOString()

describe('an instant as people type it', () => {
  it.each([
    ['2027-03-28', 'UTC', '2027-03-28T00:00:00.000Z'],
    ['2027-03-28', 'Europe/Berlin', '2027-03-27T23:00:00.000Z'],
    ['2027-03-29', 'Europe/Berlin', '2027-03-28T22:00:00.000Z'],
    ['2027-03-28T12:00', 'Europe/Berlin', '2027-03-28T10:00:00.000Z'],
    ['2027-03-28 12:00:30', '+05:30', '2027-03-28T06:30:30.000Z'],
    ['2027-03-28T12:00:00Z', 'Europe/Berlin', '2027-03-28T12:00:00.000Z'],
    ['2027-03-28T12:00+09:00', 'Europe/Berlin', '2027-03-28T03:00:00.000Z'],
    // Comes twice: the first.
    ['2027-10-31T02:30', 'Europe/Berlin', '2027-10-31T00:30:00.000Z'],
    // Skipped: the change.
    ['2027-03-28T02:30', 'Europe/Berlin', '2027-03-28T01:00:00.000Z'],
    ['2027-04-30', 'Africa/Cairo', '2027-04-29T22:00:00.000Z'],
    ['2011-12-30', 'Pacific/Apia', '2011-12-30T10:00:00.000Z'],
    // Not before the first instant that a schedule may have.
    ['1970-01-01', 'Asia/Tokyo', '1970-01-01T00:00:00.000Z'],
  ])('%s in %s is %s', (value, zone, expected) => {
    expect(instant(value, zone)).toBe(expected)
  })

  it.each(['', 'tomorrow', '2027', '2027-3-1', '2027-02-30', '2027-03-28T24:30', '2027-03-28T12', '28.03.2027', '0'])(
    '%o is refused',
    value => {
      expect(() => localInstantIn('--from', value, 'UTC')).toThrow(`--from is '${value}'; allowed: a day such as`)
    },
  )

  it('before 1970 is refused where it has a zone', () => {
    expect(() => localInstantIn('--from', '1969-12-31T00:00:00Z', 'UTC')).toThrow(/from 1970 to 9999/)
  })

  it('is the first with its wall time or a later one, on every quarter hour around changes', () => {
    const shows = (zone: string, at: number) => at + offsetAt(zone, at)
    for (const [zone, day] of [
      ['Europe/Berlin', '2027-03-28'],
      ['Europe/Berlin', '2027-10-31'],
      ['Australia/Lord_Howe', '2027-04-04'],
      ['Pacific/Apia', '2011-12-30'],
      ['America/Sao_Paulo', '2018-11-04'],
    ] as const) {
      const start = Date.parse(`${day}T00:00Z`)
      for (let wall = start; wall < start + 86_400_000; wall += 900_000) {
        // Every quarter hour from long before; offsets are multiples of it.
        let expected = wall - 2 * 86_400_000
        while (shows(zone, expected) < wall) expected += 900_000
        expect(firstAtOrAfter(zone, wall), `${zone} ${new Date(wall).toISOString()}`).toBe(expected)
      }
    }
  })
})
