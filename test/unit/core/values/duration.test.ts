import { describe, expect, it } from 'vitest'
import { durationMs, formatMs, millisecondsIn, spokenMs } from '../../../../lib/core/values/duration.ts'

describe('the text of a duration', () => {
  it.each([
    ['0ms', 0],
    ['10ms', 10],
    ['1.25s', 1_250],
    ['0.4ms', 0],
    ['12.34m', 740_400],
  ])('%s is %i ms', (text, expected) => {
    expect(durationMs('d', text, 0, 1e12)).toBe(expected)
  })

  it.each(['x5s', '5sx', '5.s', '.5s', '1.s', '1.x5s', 's', ' 5s'])('%o is refused', text => {
    expect(() => durationMs('d', text, 0, 1e12)).toThrow("allowed: a duration such as '30s', '5m' or '2h'")
  })

  it('is text: a list that reads like one is refused', () => {
    expect(() => durationMs('d', ['5s'], 0, 1e12)).toThrow('d is ["5s"]; allowed: a duration')
  })

  it('may lie at both ends of its range, and not beyond', () => {
    expect([durationMs('d', '1s', 1_000, 2_000), durationMs('d', '2s', 1_000, 2_000)]).toEqual([1_000, 2_000])
    for (const text of ['999ms', '2001ms']) {
      expect(() => durationMs('d', text, 1_000, 2_000)).toThrow(`d is '${text}'; allowed: 1s to 2s`)
    }
  })
})

describe('a number of milliseconds', () => {
  it('is rounded to a whole one', () => {
    expect([millisecondsIn('d', 5.4, 0, 10), millisecondsIn('d', 5.5, 0, 10)]).toEqual([5, 6])
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, '5', null, -1, 11])('%o is none from 0 to 10', value => {
    expect(() => millisecondsIn('d', value, 0, Number.isFinite(value) ? 10 : Number.POSITIVE_INFINITY)).toThrow('d is ')
  })

  it.each([
    [0, '0ms'],
    [999, '999ms'],
    [1_000, '1s'],
    [1_001, '1001ms'],
    [59_000, '59s'],
    [60_000, '1m'],
    [61_000, '61s'],
    [3_600_000, '1h'],
    [3_660_000, '61m'],
    [86_400_000, '1d'],
    [90_000_000, '25h'],
    [172_800_000, '2d'],
  ])('%i is shown as %s', (milliseconds, expected) => {
    expect(formatMs(milliseconds)).toBe(expected)
  })
})

describe('a length of time as people say it', () => {
  it.each([
    [-1, '0 ms'],
    [4, '4 ms'],
    [999.5, '1 s'],
    [1_240, '1.2 s'],
    [12_000, '12 s'],
    [99_500, '2 min'],
    [300_000, '5 min'],
    [99.5 * 60_000, '2 h'],
    [48 * 3_600_000, '48 h'],
  ])('%i ms is %s', (milliseconds, text) => {
    expect(spokenMs(milliseconds)).toBe(text)
  })
})
