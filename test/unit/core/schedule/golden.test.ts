/**
 * What schedules do at clock changes, written by hand from the zones' rules (tz 2026c). The changes are history or
 * fixed by law; a row that a later tz data base changes is a row to write anew, not a fault.
 */
import { describe, expect, it } from 'vitest'
import { type Gap, nextOf, type Repeat } from '../../../../lib/core/schedule/next.ts'
import { localText } from '../../../../lib/core/schedule/time-zone.ts'

/** The local times that follow an instant, one for each that is expected. */
function following(given: {
  zone: string
  cron: string
  from: string
  gap: Gap
  repeat: Repeat
  count: number
}): readonly string[] {
  const { zone, cron, gap, repeat, count } = given
  const next = nextOf({ kind: 'cron', cron, timezone: zone, gap, repeat })
  const found: string[] = []
  for (let at = next(Date.parse(given.from)); at !== undefined && found.length < count; at = next(at)) {
    found.push(
      localText(zone, at)
        .replace(':00+', '+')
        .replace(/:00(?=-\d\d:\d\d$)/, ''),
    )
  }
  return found
}

describe('a fixed time that the clock skips', () => {
  it.each([
    // US law: the second Sunday of March, 02:00.
    ['America/New_York', '30 2 * * *', '2027-03-13T12:00Z', '2027-03-14T03:00-04:00', '2027-03-15T02:30-04:00'],
    // EU law: the last Sunday of March, 01:00 UTC.
    ['Europe/Berlin', '30 2 * * *', '2027-03-27T12:00Z', '2027-03-28T03:00+02:00', '2027-03-29T02:30+02:00'],
    // Half an hour, on the first Sunday of October.
    ['Australia/Lord_Howe', '15 2 * * *', '2027-10-02T12:00Z', '2027-10-03T02:30+11:00', '2027-10-04T02:15+11:00'],
    // Samoa left out 30 December 2011.
    ['Pacific/Apia', '0 12 * * *', '2011-12-30T00:00Z', '2011-12-31T00:00+14:00', '2011-12-31T12:00+14:00'],
    // After Ramadan.
    ['Africa/Casablanca', '30 2 * * *', '2026-03-21T12:00Z', '2026-03-22T03:00+01:00', '2026-03-23T02:30+01:00'],
    // At 02:45 local time.
    ['Pacific/Chatham', '0 3 * * *', '2027-09-25T00:00Z', '2027-09-26T03:45+13:45', '2027-09-27T03:00+13:45'],
    // Two hours at once.
    ['Antarctica/Troll', '30 1 * * *', '2027-03-27T12:00Z', '2027-03-28T03:00+02:00', '2027-03-29T01:30+02:00'],
    // At midnight, on the last Friday of April.
    ['Africa/Cairo', '0 0 * * *', '2027-04-29T12:00Z', '2027-04-30T01:00+03:00', '2027-05-01T00:00+03:00'],
  ])('%s, %s: next runs at the change, skip on the day after', (zone, cron, from, atChange, later) => {
    const given = { zone, cron, from, repeat: 'first' } as const
    expect(following({ ...given, gap: 'next', count: 2 })).toEqual([atChange, later])
    expect(following({ ...given, gap: 'skip', count: 1 })).toEqual([later])
  })

  it('runs once for many skipped times, and for one at the change itself', () => {
    const given = {
      zone: 'Europe/Berlin',
      cron: '0,15,30 2,3 * * *',
      from: '2027-03-28T00:00Z',
      repeat: 'first',
    } as const
    const after = [
      '2027-03-28T03:00+02:00',
      '2027-03-28T03:15+02:00',
      '2027-03-28T03:30+02:00',
      '2027-03-29T02:00+02:00',
    ]
    expect(following({ ...given, gap: 'next', count: 4 })).toEqual(after)
    expect(following({ ...given, gap: 'skip', count: 4 })).toEqual(after)
  })

  it('does not run at a change that skips another time', () => {
    const given = { zone: 'Europe/Berlin', cron: '30 4 * * *', from: '2027-03-28T00:00Z', repeat: 'first' } as const
    expect(following({ ...given, gap: 'next', count: 1 })).toEqual(['2027-03-28T04:30+02:00'])
  })
})

describe('a fixed time that comes twice', () => {
  it.each([
    [
      'America/New_York',
      '30 1 * * *',
      '2027-11-07T04:00Z',
      '2027-11-07T01:30-04:00',
      '2027-11-07T01:30-05:00',
      '2027-11-08T01:30-05:00',
    ],
    [
      'Europe/Berlin',
      '30 2 * * *',
      '2027-10-30T12:00Z',
      '2027-10-31T02:30+02:00',
      '2027-10-31T02:30+01:00',
      '2027-11-01T02:30+01:00',
    ],
    [
      'Australia/Lord_Howe',
      '45 1 * * *',
      '2027-04-03T12:00Z',
      '2027-04-04T01:45+11:00',
      '2027-04-04T01:45+10:30',
      '2027-04-05T01:45+10:30',
    ],
    [
      'Pacific/Chatham',
      '0 3 * * *',
      '2027-04-03T10:00Z',
      '2027-04-04T03:00+13:45',
      '2027-04-04T03:00+12:45',
      '2027-04-05T03:00+12:45',
    ],
    [
      'Antarctica/Troll',
      '30 2 * * *',
      '2027-10-30T12:00Z',
      '2027-10-31T02:30+02:00',
      '2027-10-31T02:30+00:00',
      '2027-11-01T02:30+00:00',
    ],
    // Before Ramadan; and Morocco's last change, new in tz 2026c.
    [
      'Africa/Casablanca',
      '30 2 * * *',
      '2026-02-14T12:00Z',
      '2026-02-15T02:30+01:00',
      '2026-02-15T02:30+00:00',
      '2026-02-16T02:30+00:00',
    ],
    [
      'Africa/Casablanca',
      '30 1 * * *',
      '2026-09-19T12:00Z',
      '2026-09-20T01:30+01:00',
      '2026-09-20T01:30+00:00',
      '2026-09-21T01:30+00:00',
    ],
  ])('%s, %s: the first, the second or both', (zone, cron, from, first, second, later) => {
    const given = { zone, cron, from, gap: 'next' } as const
    expect(following({ ...given, repeat: 'first', count: 2 })).toEqual([first, later])
    expect(following({ ...given, repeat: 'second', count: 2 })).toEqual([second, later])
    expect(following({ ...given, repeat: 'both', count: 3 })).toEqual([first, second, later])
  })
})

describe('a frequency keeps its rhythm', () => {
  const halfHours = { zone: 'Europe/Berlin', cron: '*/30 * * * *', gap: 'skip', repeat: 'both' } as const

  it('through a gap', () => {
    expect(following({ ...halfHours, from: '2027-03-28T00:20Z', count: 4 })).toEqual([
      '2027-03-28T01:30+01:00',
      '2027-03-28T03:00+02:00',
      '2027-03-28T03:30+02:00',
      '2027-03-28T04:00+02:00',
    ])
  })

  it('through a repeated hour, unless its rule says once', () => {
    const given = { ...halfHours, from: '2027-10-30T23:50Z' }
    expect(following({ ...given, count: 5 })).toEqual([
      '2027-10-31T02:00+02:00',
      '2027-10-31T02:30+02:00',
      '2027-10-31T02:00+01:00',
      '2027-10-31T02:30+01:00',
      '2027-10-31T03:00+01:00',
    ])
    const once = ['2027-10-31T02:00+02:00', '2027-10-31T02:30+02:00', '2027-10-31T03:00+01:00']
    expect(following({ ...given, repeat: 'first', count: 3 })).toEqual(once)
  })
})
