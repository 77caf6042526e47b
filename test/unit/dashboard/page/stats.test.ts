import { describe, expect, it } from 'vitest'
import { carried, hourly, rangeOf, seriesOf, sparkPoints, statsPath } from '../../../../lib/dashboard/page/stats.ts'
import type { StatsShown } from '../../../../lib/dashboard/page/types.ts'

const at = (text: string): number => Date.parse(text)
const figures = {
  enqueued: 0,
  started: 0,
  completed: 0,
  failed: 0,
  retried: 0,
  crashed: 0,
  cancelled: 0,
  snoozed: 0,
  wait: {},
  run: {},
  runMs: 0,
}

describe('the range in the address', () => {
  it.each([
    [null, 'hour'],
    ['day', 'day'],
    ['week', 'week'],
    ['year', 'hour'],
    ['constructor', 'hour'],
  ] as const)('%s is %s', (given, range) => expect(rangeOf(given)).toBe(range))
})

describe('what the API is asked', () => {
  it.each([
    ['hour', '/v1/stats?step=minute&queue=a%26b'],
    ['day', '/v1/stats?step=hour&queue=a%26b'],
    ['week', '/v1/stats?step=hour&queue=a%26b&from=2026-11-19T12%3A00%3A00.000Z'],
  ] as const)('%s', (range, path) => expect(statsPath(range, at('2026-11-26T12:34:56Z'), 'a&b')).toBe(path))

  it('a week is one path for a whole hour', () => {
    const pathAt = (text: string): string => statsPath('week', at(text))
    expect(pathAt('2026-11-26T12:00:00Z')).toBe(pathAt('2026-11-26T12:59:59Z'))
    expect(pathAt('2026-11-26T13:00:00Z')).not.toBe(pathAt('2026-11-26T12:59:59Z'))
  })
})

describe('a series', () => {
  const stats: StatsShown = {
    spans: [
      { ...figures, startsAt: '2026-11-26T12:01:00Z', completed: 5, wait: { p50: 3 }, waiting: 7, failedJobs: 0 },
      { ...figures, startsAt: '2026-11-26T12:03:00Z', failed: 2, run: { p99: 9 }, waiting: 1, failedJobs: 2 },
    ],
    total: figures,
    from: '2026-11-26T12:00:30.000Z',
    to: '2026-11-26T12:04:10.000Z',
    step: 'minute',
  }

  it('has each minute from the first to the one that is not over', () => {
    const { times } = seriesOf(stats)
    expect(times.map(time => new Date(time).toISOString().slice(11, 16))).toEqual([
      '12:00',
      '12:01',
      '12:02',
      '12:03',
      '12:04',
    ])
  })

  it('nothing happened is 0, nothing measured is absent, and a depth stays until it is told again', () => {
    const { completed, failed, waiting, wait, run } = seriesOf(stats)
    expect(completed).toEqual([0, 5, 0, 0, 0])
    expect(failed).toEqual([0, 0, 0, 2, 0])
    expect(waiting).toEqual([0, 7, 7, 1, 1])
    expect(wait.p50).toEqual([undefined, 3, undefined, undefined, undefined])
    expect(run.p99).toEqual([undefined, undefined, undefined, 9, undefined])
  })

  it('of hours has hours', () => {
    const { times } = seriesOf({ ...stats, from: '2026-11-26T10:30:00Z', step: 'hour' })
    expect(times.map(time => new Date(time).getUTCHours())).toEqual([10, 11, 12])
  })
})

it('values are carried on', () => {
  expect(carried([undefined, 4, undefined, 0, undefined])).toEqual([0, 4, 4, 0, 0])
})

it('24 hours are 25 values, of which the last is this hour', () => {
  const spans = [
    { startsAt: '2026-11-25T11:00:00Z', waiting: 99 },
    { startsAt: '2026-11-25T12:00:00Z', waiting: 2 },
    { startsAt: '2026-11-26T12:00:00Z', waiting: 3 },
  ]
  const values = hourly(spans, at('2026-11-26T12:59:00Z'))
  expect(values).toHaveLength(25)
  expect([values[0], values[23], values[24]]).toEqual([2, 2, 3])
})

describe('a small line', () => {
  it.each([
    [[0, 4, 2], '0,19 50,1 100,10'],
    [[0, 0], '0,19 100,19'],
    [[8], '0,1'],
  ])('%j', (values, points) => expect(sparkPoints(values, 100, 20)).toBe(points))
})
