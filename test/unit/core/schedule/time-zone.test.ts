import { describe, expect, it } from 'vitest'
import { changesWithin, offsetAt } from '../../../../lib/core/schedule/clock-changes.ts'
import { localDate, localText, zoneIn } from '../../../../lib/core/schedule/time-zone.ts'

describe('the name of a zone', () => {
  it.each([
    'UTC',
    'Europe/Berlin',
    'europe/berlin',
    'US/Eastern',
    'Asia/Kolkata',
    'Europe/Kyiv',
    'CET',
    'GMT',
    '+05:30',
    '-03:00',
  ])('%s is kept as given', zone => {
    expect(zoneIn('timezone', zone)).toBe(zone)
  })

  it.each([
    ['Europe/Berln', "timezone is 'Europe/Berln'; allowed: an IANA zone; did you mean Europe/Berlin?"],
    ['Berlin', "timezone is 'Berlin'; allowed: an IANA zone; did you mean Europe/Berlin?"],
    ['new york', "timezone is 'new york'; allowed: an IANA zone; did you mean America/New_York?"],
    ['America/New York', "timezone is 'America/New York'; allowed: an IANA zone; did you mean America/New_York?"],
    ['Kyiv', "timezone is 'Kyiv'; allowed: an IANA zone; did you mean Europe/Kyiv?"],
    ['UTC+2', "timezone is 'UTC+2'; allowed: an IANA zone; did you mean +02:00?"],
    ['GMT-3:30', "timezone is 'GMT-3:30'; allowed: an IANA zone; did you mean -03:30?"],
    ['UTC+99', "timezone is 'UTC+99'; allowed: an IANA zone such as 'Europe/Berlin'"],
    // The runtime takes BST for Dhaka and IST for Kolkata.
    ['BST', "timezone is 'BST'; allowed: an IANA zone such as 'Europe/Berlin'"],
    ['ist', "timezone is 'ist'; allowed: an IANA zone such as 'Europe/Berlin'"],
    ['CEST', "timezone is 'CEST'; allowed: an IANA zone such as 'Europe/Berlin'"],
    ['', "timezone is ''; allowed: an IANA zone such as 'Europe/Berlin'"],
    ['nowhere at all', "timezone is 'nowhere at all'; allowed: an IANA zone such as 'Europe/Berlin'"],
    ['x'.repeat(65), `timezone is '${'x'.repeat(65)}'; allowed: an IANA zone such as 'Europe/Berlin'`],
    [undefined, "timezone is undefined; allowed: an IANA zone such as 'Europe/Berlin'"],
    [2, "timezone is 2; allowed: an IANA zone such as 'Europe/Berlin'"],
  ])('%o is refused', (zone, message) => {
    expect(() => zoneIn('timezone', zone)).toThrow(expect.objectContaining({ message }))
  })
})

describe('clock changes', () => {
  const hour = 3_600_000
  const spring = Date.parse('2027-03-28T01:00Z')

  it('are found to the second, with both offsets', () => {
    const year = [Date.parse('2027-01-01T00:00Z'), Date.parse('2028-01-01T00:00Z')] as const
    expect(changesWithin('Europe/Berlin', ...year)).toEqual([
      { at: spring, before: hour, after: 2 * hour },
      { at: Date.parse('2027-10-31T01:00Z'), before: 2 * hour, after: hour },
    ])
    expect([changesWithin('UTC', ...year), changesWithin('+05:30', ...year)]).toEqual([[], []])
    // Before standard time, offsets had seconds: Monrovia's until 1972.
    expect(offsetAt('Africa/Monrovia', 0)).toBe(-44.5 * 60_000)
  })

  it('lie later than the first bound, and up to the second', () => {
    const found = (from: number, until: number) => changesWithin('Europe/Berlin', from, until).length
    expect([found(spring - 1, spring), found(spring, spring + 1), found(spring - 2, spring - 1)]).toEqual([1, 0, 0])
    expect([offsetAt('Europe/Berlin', spring - 1), offsetAt('Europe/Berlin', spring)]).toEqual([hour, 2 * hour])
  })

  it('are the same in the second year and when asked again, also where a stretch of the search begins', () => {
    const stretch = 32 * 86_400_000
    for (let start = Math.floor(spring / stretch) * stretch; start < spring + 20 * stretch; start += stretch) {
      for (const at of [start - 1, start, start + 1])
        expect(offsetAt('Australia/Lord_Howe', at) / 60_000).toBeOneOf([630, 660])
      expect(changesWithin('Australia/Lord_Howe', start - stretch, start + stretch)).toEqual([
        ...changesWithin('Australia/Lord_Howe', start - stretch, start),
        ...changesWithin('Australia/Lord_Howe', start, start + stretch),
      ])
    }
  })
})

it('local time is shown with its offset, and seconds only where an offset had them', () => {
  const at = Date.parse('2027-03-28T00:30:05Z')
  expect(localText('Europe/Berlin', at)).toBe('2027-03-28T01:30:05+01:00')
  expect(localText('America/St_Johns', at)).toBe('2027-03-27T22:00:05-02:30')
  expect(localText('UTC', at)).toBe('2027-03-28T00:30:05+00:00')
  expect(localText('Africa/Monrovia', 0)).toBe('1969-12-31T23:15:30-00:44:30')
  expect([localDate('America/St_Johns', at), localDate('Pacific/Apia', at)]).toEqual(['2027-03-27', '2027-03-28'])
})
