import { expect, it } from 'vitest'
import { refusedBy } from '../../../lib/core/transitions/clause.ts'
import { brokenItems } from './guard-cases.ts'
import { read } from './store-case.ts'
import { transitionCases } from './transition-cases.ts'
import { transitionNames } from './transition-names.ts'

it('has a case for every transition in lib/core/transitions, and for nothing else', () => {
  expect(transitionNames.length).toBeGreaterThan(0)
  expect([...new Set(transitionCases.map(({ name }) => name))].toSorted()).toEqual([...transitionNames].toSorted())
})

it.each(transitionCases)('starts $name from an item that fits: $from', ({ name, item, transition }) => {
  const job = read({ ...item, id: 'any' })
  expect(transition(job).name.startsWith(name)).toBe(true)
  expect(refusedBy(transition(job).guard, item)).toEqual([])
})

it.each(transitionCases)('breaks every clause of $name alone: $from', ({ item, transition }) => {
  const { guard } = transition(read({ ...item, id: 'any' }))
  const titles = guard.filter(clause => brokenItems([clause], item).length === 0)
  expect(titles).toEqual([])
})
