import { describe, expect, it } from 'vitest'
import { type Bounded, beganAt, decideBounds, latestRest, maxStarts } from '../../../../lib/core/decide/step-time.ts'
import { defaultPolicy as policy } from '../../../../lib/core/definition/policy.ts'

const dayMs = 86_400_000
const now = 100 * dayMs
const stepAt = (madeAt: number) => ({ kind: 'step', madeAt })
const bounded = (more: Partial<Bounded> = {}): Bounded => ({
  job: { type: 'order', attempt: 2 },
  policy,
  cells: [],
  now,
  ...more,
})

describe('the age of a job with steps', () => {
  it('counts from the first thing that its handler did', () => {
    expect(beganAt([stepAt(7), stepAt(5), stepAt(6)])).toBe(5)
    expect(beganAt([])).toBeUndefined()
  })

  it('does not count from what others sent before it began', () => {
    const late = { kind: 'signal', isLate: true, madeAt: 3 }
    expect(beganAt([{ kind: 'signal', madeAt: 1 }, stepAt(5), late])).toBe(3)
  })

  it.each([
    ['30 days by default', policy, 30],
    ['what the contract says', { ...policy, maxDurationMs: 2 * dayMs }, 2],
  ])('is at most %s', (_, own, days) => {
    const old = (ageMs: number) => decideBounds(bounded({ policy: own, cells: [stepAt(now - ageMs)] }))
    expect(old(days * dayMs)).toBeUndefined()
    expect(old(days * dayMs + 1)).toMatchObject({
      name: 'TooOld',
      message: expect.stringContaining(`maxDuration of job type 'order': ${days}d`),
    })
    expect(latestRest(bounded({ policy: own, cells: [stepAt(now - dayMs)] }))).toBe(now + (days - 1) * dayMs)
    expect(latestRest(bounded({ policy: own }))).toBe(now + days * dayMs)
  })
})

describe('starts of a job with steps', () => {
  it('are bounded', () => {
    const started = (attempt: number) => decideBounds(bounded({ job: { type: 'order', attempt } }))
    expect(started(maxStarts)).toBeUndefined()
    expect(started(maxStarts + 1)).toMatchObject({
      name: 'TooManyStarts',
      message: expect.stringMatching(/10001 times.*10000.*continueAsNew/),
    })
  })
})
