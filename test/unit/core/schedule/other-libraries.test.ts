/** Answers that other cron libraries give wrong; each row is a fault that was seen in one of them. */
import { describe, expect, it } from 'vitest'
import { nextOf } from '../../../../lib/core/schedule/next.ts'
import { localText } from '../../../../lib/core/schedule/time-zone.ts'

function following(zone: string, cron: string, from: string, count: number): readonly string[] {
  const isFrequency = cron.startsWith('*') || cron.split(' ')[1]?.startsWith('*') === true
  const rules = isFrequency ? ({ gap: 'skip', repeat: 'both' } as const) : ({ gap: 'next', repeat: 'first' } as const)
  const next = nextOf({ kind: 'cron', cron, timezone: zone, ...rules })
  const found: string[] = []
  for (let at = next(Date.parse(from)); at !== undefined && found.length < count; at = next(at)) {
    found.push(
      localText(zone, at)
        .replace('T', ' ')
        .replace(/:00(?=[+-]\d\d:\d\d$)/, ''),
    )
  }
  return found
}

describe('Lord Howe, half an hour', () => {
  it.each([
    ['0 * * * *', ['2027-10-03 01:00+10:30', '2027-10-03 03:00+11:00', '2027-10-03 04:00+11:00']],
    ['15 2 * * *', ['2027-10-03 02:30+11:00', '2027-10-04 02:15+11:00', '2027-10-05 02:15+11:00']],
    ['0 3 * * *', ['2027-10-03 03:00+11:00', '2027-10-04 03:00+11:00', '2027-10-05 03:00+11:00']],
    ['0 */2 * * *', ['2027-10-03 04:00+11:00', '2027-10-03 06:00+11:00', '2027-10-03 08:00+11:00']],
  ])('cron-parser throws "loop limit exceeded" for %s', (cron, expected) => {
    expect(following('Australia/Lord_Howe', cron, '2027-10-02T14:00Z', 3)).toEqual(expected)
  })

  it('cron adds a run at 01:30 to 0 * * * * when the clock goes back', () => {
    expect(following('Australia/Lord_Howe', '0 * * * *', '2027-04-03T13:30Z', 3)).toEqual([
      '2027-04-04 01:00+11:00',
      '2027-04-04 02:00+10:30',
      '2027-04-04 03:00+10:30',
    ])
  })
})

describe('Chatham, at a quarter to', () => {
  it('cron-parser and cronosjs answer an instant that is not later, and lose quarter hours', () => {
    expect(following('Pacific/Chatham', '*/15 * * * *', '2027-04-03T13:44Z', 6)).toEqual([
      '2027-04-04 03:30+13:45',
      '2027-04-04 02:45+12:45',
      '2027-04-04 03:00+12:45',
      '2027-04-04 03:15+12:45',
      '2027-04-04 03:30+12:45',
      '2027-04-04 03:45+12:45',
    ])
  })
})

describe('the repeated hour', () => {
  it('cronosjs and cronjs-matcher lose it', () => {
    expect(following('Europe/Berlin', '*/30 * * * *', '2027-10-31T00:10Z', 4)).toEqual([
      '2027-10-31 02:30+02:00',
      '2027-10-31 02:00+01:00',
      '2027-10-31 02:30+01:00',
      '2027-10-31 03:00+01:00',
    ])
  })

  it('cron runs 30 2 in New York at 01:30 as well', () => {
    expect(following('America/New_York', '30 2 * * *', '2027-11-07T04:00Z', 2)).toEqual([
      '2027-11-07 02:30-05:00',
      '2027-11-08 02:30-05:00',
    ])
  })

  it('cronjs-matcher answers by the path: each start before the run leads to the same run', () => {
    const next = nextOf({
      kind: 'cron',
      cron: '30 1 * * *',
      timezone: 'America/New_York',
      gap: 'next',
      repeat: 'first',
    })
    const run = Date.parse('2027-11-07T01:30-04:00')
    const later = Date.parse('2027-11-08T01:30-05:00')
    for (let minutes = 1; minutes <= 1440; minutes += 7) expect(next(run - minutes * 60_000)).toBe(run)
    for (let minutes = 0; minutes < 1440; minutes += 7) expect(next(run + minutes * 60_000)).toBe(later)
  })
})

describe('a gap', () => {
  it('cron-parser runs 0 */2 at 03:00, which is no even hour', () => {
    expect(following('Europe/Berlin', '0 */2 * * *', '2027-03-27T22:30Z', 3)).toEqual([
      '2027-03-28 00:00+01:00',
      '2027-03-28 04:00+02:00',
      '2027-03-28 06:00+02:00',
    ])
  })

  it.each(['Antarctica/Troll', 'America/Santiago', 'America/Havana'])('in %s, cronosjs answers by the path', zone => {
    const next = nextOf({ kind: 'cron', cron: '30 0 * * *', timezone: zone, gap: 'next', repeat: 'first' })
    const start = Date.parse('2027-03-01T00:00Z')
    const year: number[] = []
    for (let at = next(start); at !== undefined && year.length < 366; at = next(at)) year.push(at)
    for (const [index, at] of year.entries()) {
      const before = year[index - 1] ?? start
      expect([next(before), next(Math.floor((before + at) / 2)), next(at - 1)]).toEqual([at, at, at])
    }
  })
})

describe('signs that a library reads as something else', () => {
  it.each([
    // cron-schedule reads the 15th, every Friday and every Monday.
    ['0 0 15W * *', '2027-05-14 00:00+00:00'],
    ['0 0 * * 5L', '2027-05-28 00:00+00:00'],
    ['0 0 * * 1#5', '2027-05-31 00:00+00:00'],
    // Nobody but cronosjs reads ranges that wrap.
    ['0 22-2 * * *', '2027-05-02 00:00+00:00'],
  ])('%s', (cron, expected) => {
    expect(following('UTC', cron, '2027-05-01T23:30Z', 1)).toEqual([expected])
  })

  it('far years: cron finds nothing beyond 8 years, cron-schedule no 29 February from 2096 to 2104', () => {
    expect(following('UTC', '0 0 29 2 *', '2096-03-01T00:00Z', 1)).toEqual(['2104-02-29 00:00+00:00'])
    expect(following('Europe/Berlin', '30 2 * * *', '2099-01-01T12:00Z', 1)).toEqual(['2099-01-02 02:30+01:00'])
  })
})
