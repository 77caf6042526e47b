import { describe, expect, it } from 'vitest'
import { decideStepTime, type StepTime } from '../../../../lib/core/decide/step-time.ts'

/** A run of a minute, in a function of ten, that has done nothing and has all its time. */
const fresh: StepTime = {
  now: 0,
  startedAt: 0,
  deadline: 60_000,
  functionDeadline: 600_000,
  runTimeoutMs: 60_000,
  stepTimeoutMs: undefined,
  longestMs: 0,
  hasProgressed: false,
}
const kindOf = (more: Partial<StepTime>) => decideStepTime({ ...fresh, ...more }).kind

describe('a step without a time of its own', () => {
  it('is tried by a run that has nothing to lose, however late', () => {
    expect(kindOf({ now: 59_999, longestMs: 30_000 })).toBe('fits')
  })

  it.each([
    [40_000, 10_000, 'fits'],
    [49_000, 10_000, 'fits'],
    [49_001, 10_000, 'later'],
    [59_000, 0, 'fits'],
    [59_001, 0, 'later'],
    // The longest took nearly all of a run: three quarters are enough.
    [15_000, 58_000, 'fits'],
    [15_001, 58_000, 'later'],
  ] as const)('after %i ms, of which one step took %i: %s', (now, longestMs, kind) => {
    expect(kindOf({ now, longestMs, hasProgressed: true })).toBe(kind)
  })

  it('of a job with little time leaves a tenth for the write, not a second', () => {
    const second = { deadline: 1_000, runTimeoutMs: 1_000, hasProgressed: true }
    expect([kindOf({ ...second, now: 900 }), kindOf({ ...second, now: 901 })]).toEqual(['fits', 'later'])
  })
})

describe('a step with a time of its own', () => {
  it.each([
    ['fits into what is left', { now: 29_000, stepTimeoutMs: 30_000 }, 'fits'],
    ['does not, after progress', { now: 29_001, stepTimeoutMs: 30_000, hasProgressed: true }, 'later'],
    ['does not, and nothing is gained by another run', { now: 29_001, stepTimeoutMs: 30_000 }, 'noProgress'],
    ['asks for all of the run', { now: 15_000, stepTimeoutMs: 60_000 }, 'fits'],
    ['asks for all of the run, late', { now: 15_001, stepTimeoutMs: 60_000 }, 'noProgress'],
    ['began in a function with little time', { deadline: 20_000, stepTimeoutMs: 30_000 }, 'elsewhere'],
    ['relies on heartbeats: the function has time', { stepTimeoutMs: 600_000 }, 'fits'],
    ['relies on heartbeats: the function has none', { stepTimeoutMs: 600_001 }, 'elsewhere'],
    ['relies on heartbeats, later', { now: 1, stepTimeoutMs: 600_000, hasProgressed: true }, 'later'],
  ] as const)('%s', (_, more, kind) => {
    expect(kindOf(more)).toBe(kind)
  })

  it('says what it needs, what is left, and where the time went', () => {
    expect(decideStepTime({ ...fresh, now: 40_000, stepTimeoutMs: 30_000 })).toEqual({
      kind: 'noProgress',
      message: 'needs 31 s and has 20 s: the run took 40 s before its first step, as each later one would',
    })
  })
})
