import { describe, expect, it } from 'vitest'
import { actsPossibleIn, jobActs, versionOf } from '../../../../lib/core/job/acts.ts'
import { type JobState, jobStates } from '../../../../lib/core/job/job.ts'

describe('actsPossibleIn', () => {
  it.each([
    ['RESERVED', 'cancel run reschedule delete'],
    ['IN_PROGRESS', 'cancel'],
    ['FAILED', 'retry delete'],
  ] as const)('%s: %s', (state, acts) => {
    expect(actsPossibleIn(state).join(' ')).toBe(acts)
  })

  it('names every act in some state, and nothing else in any', () => {
    expect(new Set(jobStates.flatMap(actsPossibleIn))).toEqual(new Set(jobActs))
  })

  it('knows none in a state of a later release', () => {
    expect(actsPossibleIn('BLOCKED' as JobState)).toEqual([])
  })
})

describe('versionOf', () => {
  const job = { fence: 3, attempt: 2, state: 'RETRY' } as const

  it('is generation, fence, attempt and state', () => {
    expect(versionOf(job)).toBe('1.3.2.RETRY')
    expect(versionOf({ ...job, generation: 4 })).toBe('4.3.2.RETRY')
  })
})
