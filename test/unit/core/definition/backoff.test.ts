import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Backoff, backoffMs } from '../../../../lib/core/definition/backoff.ts'

const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const anyN = fc.oneof(fc.nat(), fc.integer(), fc.constantFrom(1, 310, 1e6, Number.MAX_SAFE_INTEGER))

describe('the wait before the next attempt (I7)', () => {
  it('exponential with full jitter lies within [0, min(cap, base × factor^(n−1))], for every n', () => {
    const backoff: Backoff = { kind: 'exponential', baseMs: 15_000, factor: 2, capMs: 3_600_000 }
    fc.assert(
      fc.property(anyN, fraction, (n, part) => {
        const limitMs = Math.min(3_600_000, 15_000 * 2 ** (Math.max(1, n) - 1))
        const delayMs = backoffMs(backoff, n, part)
        return Number.isSafeInteger(delayMs) && delayMs >= 0 && delayMs <= limitMs
      }),
    )
  })

  it('grows with n at a given fraction, until the cap', () => {
    const kinds: readonly Backoff[] = [
      { kind: 'exponential', baseMs: 1_000, factor: 3, capMs: 86_400_000 },
      { kind: 'linear', stepMs: 30_000, capMs: 86_400_000 },
      { kind: 'polynomial', capMs: 30 * 86_400_000 },
    ]
    for (const backoff of kinds) {
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 400 }), fraction, (n, part) => {
          return backoffMs(backoff, n + 1, part) >= backoffMs(backoff, n, part)
        }),
      )
    }
  })

  it.each([
    [{ kind: 'linear', stepMs: 30_000, capMs: 86_400_000 }, [30_000, 60_000, 90_000]],
    [{ kind: 'polynomial', capMs: 86_400_000 }, [16_000, 31_000, 96_000]],
    [{ kind: 'fixed', delayMs: 5_000 }, [5_000, 5_000, 5_000]],
  ] as const)('%o without jitter: %o', (backoff, expected) => {
    expect([1, 2, 3].map(n => backoffMs(backoff, n, 0))).toEqual(expected)
  })

  it('a function may answer in milliseconds or as a duration, and is kept within range', () => {
    expect(backoffMs({ kind: 'custom', delay: n => `${n}m` }, 2, 0)).toBe(120_000)
    expect(backoffMs({ kind: 'custom', delay: (_, part) => part * 1_000 }, 2, 0.5)).toBe(500)
    expect(backoffMs({ kind: 'custom', delay: () => -5 }, 1, 0)).toBe(0)
    expect(backoffMs({ kind: 'custom', delay: () => 1e300 }, 1, 0)).toBeLessThanOrEqual(3_650 * 86_400_000)
  })

  it('a function that throws or answers nonsense does not lose the retry', () => {
    const broken = (delay: () => unknown) => backoffMs({ kind: 'custom', delay: delay as () => number }, 1, 0)
    for (const nonsense of [
      () => Number.NaN,
      () => 'soon',
      () => undefined,
      () => {
        throw new Error('no')
      },
    ]) {
      expect(broken(nonsense)).toBe(60_000)
    }
  })
})

const lengthMs = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 10 * 365 * 86_400_000 }))
const anyBackoff: fc.Arbitrary<Backoff> = fc.oneof(
  fc.record({
    kind: fc.constant('exponential' as const),
    baseMs: lengthMs,
    factor: fc.double({ min: 1, max: 100, noNaN: true }),
    capMs: lengthMs,
  }),
  fc.record({ kind: fc.constant('linear' as const), stepMs: lengthMs, capMs: lengthMs }),
  fc.record({ kind: fc.constant('polynomial' as const), capMs: lengthMs }),
  fc.record({ kind: fc.constant('fixed' as const), delayMs: lengthMs }),
  fc.double().map((value): Backoff => ({ kind: 'custom', delay: () => value })),
)

it('every kind of backoff answers with whole milliseconds from 0 to its cap, for every n', () => {
  const extremeN = fc.oneof(anyN, fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 156, 997, 1_024))
  fc.assert(
    fc.property(anyBackoff, extremeN, fraction, (backoff, n, part) => {
      const capMs = 'capMs' in backoff ? backoff.capMs : 10 * 365 * 86_400_000
      const delayMs = backoffMs(backoff, n, part)
      return Number.isSafeInteger(delayMs) && delayMs >= 0 && delayMs <= capMs
    }),
    { numRuns: 5_000 },
  )
})

describe('the wait to the millisecond', () => {
  const exponential: Backoff = { kind: 'exponential', baseMs: 1_000, factor: 3, capMs: 10_000 }

  it.each<[Backoff, number, number, number]>([
    [exponential, 1, 0.5, 500],
    [exponential, 2, 0.5, 1_500],
    [exponential, 3, 0.5, 4_500],
    // The cap is put on before the jitter.
    [exponential, 4, 0.5, 5_000],
    [exponential, 1, 0.0016, 2],
    [{ kind: 'linear', stepMs: 30_000, capMs: 70_000 }, 3, 0.5, 70_000],
    [{ kind: 'polynomial', capMs: 86_400_000 }, 1, 0.5, 16_000 + 30_000],
    [{ kind: 'polynomial', capMs: 86_400_000 }, 2, 0.5, 31_000 + 45_000],
    [{ kind: 'polynomial', capMs: 20_000 }, 2, 0.5, 20_000],
    [{ kind: 'custom', delay: (n, part) => n * 1_000 + part }, 2, 0.7, 2_001],
  ])('%o, failure %i, fraction %f: %i ms', (backoff, n, fraction_, expected) => {
    expect(backoffMs(backoff, n, fraction_)).toBe(expected)
  })

  it('counts whole failures, and at least one', () => {
    const linear: Backoff = { kind: 'linear', stepMs: 1_000, capMs: 86_400_000 }
    expect([-3, 0, 1, 1.9, 2].map(n => backoffMs(linear, n, 0))).toEqual([1_000, 1_000, 1_000, 1_000, 2_000])
    expect(backoffMs({ kind: 'custom', delay: n => n }, 0.5, 0)).toBe(1)
  })

  it('of a function is ten years at most, and a longer duration counts as nonsense', () => {
    expect(backoffMs({ kind: 'custom', delay: () => 1e300 }, 1, 0)).toBe(3_650 * 86_400_000)
    expect(backoffMs({ kind: 'custom', delay: () => '3650d' }, 1, 0)).toBe(3_650 * 86_400_000)
    expect(backoffMs({ kind: 'custom', delay: () => '3651d' }, 1, 0)).toBe(60_000)
    expect(backoffMs({ kind: 'custom', delay: () => '0ms' }, 1, 0)).toBe(0)
    expect(backoffMs({ kind: 'custom', delay: () => Number.POSITIVE_INFINITY }, 1, 0)).toBe(60_000)
  })
})
