import { describe, expect, it } from 'vitest'
import { type Fault, planOf, singleFaults } from '../../../lib/testing/fault-plan.ts'

const singles = singleFaults([
  { label: 'a', kinds: ['crash', 'stall'] },
  { label: 'b', kinds: [] },
  { label: 'c', kinds: ['crash', 'lost answer'] },
])

describe('planOf', () => {
  it('meets no fault under seed 0, and each alone under the next ones', () => {
    expect([0, 1, 2, 3, 4].map(seed => [...planOf(seed, singles)])).toEqual([
      [],
      [[0, 'crash']],
      [[0, 'stall']],
      [[2, 'crash']],
      [[2, 'lost answer']],
    ])
  })

  it('meets several at once under all others, the same each time', () => {
    const many: readonly Fault[] = Array.from({ length: 50 }, (_, place) => ({ place, kind: 'crash' }))
    const sizes = new Set<number>()
    for (let seed = 51; seed < 151; seed += 1) {
      const plan = planOf(seed, many)
      expect([...planOf(seed, many)]).toEqual([...plan])
      sizes.add(plan.size)
    }
    expect(sizes.has(2) && sizes.has(3)).toBe(true)
  })

  it('meets none where nobody waits', () => {
    expect(planOf(7, [])).toEqual(new Map())
  })
})
