import { expect, it } from 'vitest'
import { groupBy } from '../../../../lib/core/values/lists.ts'

it('groups values by their key, both in the order in which they came', () => {
  expect([...groupBy(['bee', 'ant', 'bug', 'asp'], word => word[0])]).toEqual([
    ['b', ['bee', 'bug']],
    ['a', ['ant', 'asp']],
  ])
  expect(groupBy([], String).size).toBe(0)
})
