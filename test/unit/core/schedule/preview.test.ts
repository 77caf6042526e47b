import { describe, expect, it } from 'vitest'
import type { Gap, Repeat } from '../../../../lib/core/schedule/next.ts'
import { preview } from '../../../../lib/core/schedule/preview.ts'

function rows(cron: string, timezone: string, rules: { gap: Gap; repeat: Repeat }, from: string, count: number) {
  return preview({ when: { kind: 'cron', cron, timezone, ...rules }, timezone }, Date.parse(from), count)
}

const fixed = { gap: 'next', repeat: 'first' } as const
const frequent = { gap: 'skip', repeat: 'both' } as const

describe('a preview', () => {
  it('shows instants, local times and what a gap did', () => {
    expect(rows('30 2 * * *', 'Europe/Berlin', fixed, '2027-03-27T00:00Z', 3)).toEqual([
      { at: '2027-03-27T01:30:00.000Z', local: '2027-03-27T02:30:00+01:00' },
      { at: '2027-03-28T01:00:00.000Z', local: '2027-03-28T03:00:00+02:00', note: '02:30 is missing (clock +1 h)' },
      { at: '2027-03-29T00:30:00.000Z', local: '2027-03-29T02:30:00+02:00' },
    ])
  })

  const noteOf = (given: ReturnType<typeof rows>) => given.map(row => row.note)

  it('names the day of a time that does not run', () => {
    const skipped = rows('30 2 * * *', 'Europe/Berlin', { gap: 'skip', repeat: 'first' }, '2027-03-27T00:00Z', 3)
    expect(noteOf(skipped)).toEqual([undefined, '2027-03-28 02:30 is missing (clock +1 h)', undefined])
    const samoa = rows('0 12 * * *', 'Pacific/Apia', fixed, '2011-12-29T00:00Z', 3)
    expect(noteOf(samoa)).toEqual([undefined, '2011-12-30 12:00 is missing (clock +1 d)', undefined])
  })

  it('names the first and the last of many', () => {
    expect(noteOf(rows('*/15 * * * *', 'Europe/Berlin', frequent, '2027-03-28T00:45Z', 2))).toEqual([
      undefined,
      '02:00 to 02:45 are missing (clock +1 h)',
    ])
    expect(noteOf(rows('0 */30 * * * *', 'Europe/Berlin', frequent, '2027-03-28T01:00Z', 1))).toEqual([
      '02:00 and 02:30 are missing (clock +1 h)',
    ])
    expect(noteOf(rows('* * * * * *', 'Pacific/Apia', frequent, '2011-12-30T10:00Z', 1))).toEqual([
      '2011-12-30 00:00 to 23:59:59 are missing (clock +1 d)',
    ])
  })

  it('says of a repeated time which one it is, and which one counts', () => {
    const both = rows('30 2 * * *', 'Europe/Berlin', { gap: 'next', repeat: 'both' }, '2027-10-31T00:00Z', 3)
    expect(noteOf(both)).toEqual([
      '02:30 comes twice (clock -1 h): this is the first',
      '02:30 comes twice (clock -1 h): this is the second',
      undefined,
    ])
    const lordHowe = (repeat: Repeat) =>
      rows('45 1 * * *', 'Australia/Lord_Howe', { gap: 'next', repeat }, '2027-04-03T12:00Z', 1)
    expect(noteOf(lordHowe('first'))).toEqual(['01:45 comes twice (clock -30 min): only the first counts'])
    expect(noteOf(lordHowe('second'))).toEqual(['01:45 comes twice (clock -30 min): only the second counts'])
  })

  it('says nothing of a time right after a gap, which nothing skips', () => {
    expect(noteOf(rows('0 3 * * *', 'Europe/Berlin', fixed, '2027-03-28T00:00Z', 1))).toEqual([undefined])
  })

  it('finds no change in a quiet year, nor for a schedule of each year that meets none', () => {
    expect(noteOf(rows('0 0 1 1 *', 'Europe/Berlin', fixed, '2027-01-01T00:00Z', 3))).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })

  it('begins at its instant, keeps to startAt and endAt, and ends', () => {
    const when = { kind: 'every', everyMs: 3_600_000, anchorAt: 0 } as const
    const at = (text: string) => Date.parse(text)
    const of = (given: { startAt?: number; endAt?: number }, from: string) =>
      preview({ when, timezone: 'Asia/Kathmandu', ...given }, at(from), 3).map(row => row.local)
    expect(of({}, '2027-01-01T00:00Z')).toEqual([
      '2027-01-01T05:45:00+05:45',
      '2027-01-01T06:45:00+05:45',
      '2027-01-01T07:45:00+05:45',
    ])
    expect(of({ startAt: at('2027-01-01T12:00Z'), endAt: at('2027-01-01T14:00Z') }, '2027-01-01T00:00Z')).toEqual([
      '2027-01-01T17:45:00+05:45',
      '2027-01-01T18:45:00+05:45',
    ])
    expect(preview({ when: { kind: 'at', at: 5 }, timezone: 'UTC' }, 6, 3)).toEqual([])
  })
})
