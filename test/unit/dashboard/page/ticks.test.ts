import { describe, expect, it } from 'vitest'
import { niceStep, tens, timeTicks } from '../../../../lib/dashboard/page/ticks.ts'

describe('an axis from zero', () => {
  it.each([
    [0, 1, 0],
    [1, 1, 1],
    [4, 1, 4],
    [5, 2, 6],
    [60, 20, 60],
    [64, 20, 80],
    [1_234_567, 500_000, 1_500_000],
  ])('up to %i has steps of %i, up to %i', (most, step, end) => expect(niceStep(most)).toEqual([step, end]))

  it('has at most five steps, and holds the greatest value', () => {
    for (let most = 1; most < 5_000; most += 7) {
      const [step, end] = niceStep(most)
      expect(end).toBeGreaterThanOrEqual(most)
      expect(end / step).toBeLessThanOrEqual(5)
    }
  })
})

describe('an axis of tens', () => {
  it.each([
    [[], [1, 10]],
    [[0], [1, 10]],
    [[10], [10, 100]],
    [
      [3, 950],
      [1, 10, 100, 1_000],
    ],
    [
      [24, 1_800],
      [10, 100, 1_000, 10_000],
    ],
  ])('of %j', (values, ticks) => expect(tens(values)).toEqual(ticks))
})

describe('an axis of time', () => {
  const timesOf = (count: number, ms: number): readonly number[] => {
    // Of the reader's clock, whatever its zone is.
    const first = new Date(2026, 10, 26, 11, 42).getTime()
    return Array.from({ length: count }, (_, index) => Math.floor(first / ms) * ms + index * ms)
  }

  it('of an hour has quarters', () => {
    const ticks = timeTicks(timesOf(61, 60_000), 5)
    expect(ticks.map(({ text }) => text)).toEqual(['11:45', '12:00', '12:15', '12:30'])
    expect(ticks[0]?.index).toBe(3)
  })

  it('of a day has its midnight as a day', () => {
    const ticks = timeTicks(timesOf(25, 3_600_000), 5)
    expect(ticks.map(({ text }) => text)).toContain('Nov 27')
    expect(ticks.length).toBeLessThanOrEqual(6)
  })

  it('of a week has days, as many as there is room for', () => {
    expect(timeTicks(timesOf(169, 3_600_000), 8)).toHaveLength(7)
    expect(timeTicks(timesOf(169, 3_600_000), 4).length).toBeLessThanOrEqual(4)
  })
})
