import { describe, expect, it } from 'vitest'
import { afterSlot, isAstray, nextSlot, nextSlots, type Rate } from '../../../../lib/core/values/rate.ts'

const now = 1_798_761_600_000
const every = (everyMs: number, burst = 1): Rate => ({
  everyUs: everyMs * 1_000,
  slackUs: (burst - 1) * everyMs * 1_000,
})
const slots = (tatMs: number, rate: Rate, most: number) =>
  nextSlots(tatMs * 1_000, rate, now, most).slots.map(slot => slot - now)

describe('the next slots', () => {
  it('of a rate that nobody asks: the burst at once, then one after the other', () => {
    expect(slots(0, every(100), 3)).toEqual([0, 100, 200])
    expect(slots(0, every(100, 3), 5)).toEqual([0, 0, 0, 100, 200])
  })

  it('come after those that are taken', () => {
    expect(slots(now + 250, every(100), 3)).toEqual([250, 350, 450])
    expect(slots(now + 250, every(100, 3), 3)).toEqual([50, 150, 250])
  })

  it('come within a minute and a half, or not at all', () => {
    expect(slots(now + 90_000, every(100), 3)).toEqual([90_000])
    expect(slots(now + 90_001, every(100), 3)).toEqual([])
    expect(slots(0, every(40_000), 9)).toEqual([0, 40_000, 80_000])
  })

  it('are rounded up to whole milliseconds: none is early', () => {
    expect(nextSlot(now * 1_000 + 1, every(100), now)).toBe(now + 1)
  })

  it('begin anew where nobody can have booked: an edit, or a slower rate of former code', () => {
    expect(slots(now + 86_400_000, every(100), 2)).toEqual([0, 100])
    expect(isAstray((now + 100_000 + 86_400_000) * 1_000, every(86_400_000), now)).toBe(false)
    expect(isAstray((now + 100_001 + 86_400_000) * 1_000, every(86_400_000), now)).toBe(true)
  })
})

it.each([
  [1, 1],
  [1, 5],
  [7, 1],
  [333, 4],
])(
  'whatever is asked when: in any window at most the burst and what the rate allows (every %i ms, burst %i)',
  (ms, burst) => {
    const rate = every(ms, burst)
    let [tat, clock, seed] = [0, now, 7]
    const taken: number[] = []
    for (let n = 0; n < 400; n += 1) {
      seed = (seed * 48_271) % 2_147_483_647
      // Clocks of several machines: up to two seconds apart.
      clock += seed % (ms * 2)
      const own = clock + ((seed >> 8) % 4_000) - 2_000
      taken.push(nextSlot(tat, rate, own))
      tat = afterSlot(tat, rate, own)
    }
    const sorted = taken.toSorted((a, b) => a - b)
    for (const [first, from] of sorted.entries()) {
      for (let last = first; last < sorted.length; last += 1) {
        const windowMs = (sorted[last] ?? 0) - from
        expect(last - first + 1).toBeLessThanOrEqual(burst + (windowMs + 1) / ms)
      }
    }
  },
)
