import { expect, it } from 'vitest'
import { SortedParts } from '../../../lib/testing/sorted-parts.ts'

it('keeps the parts of an id in their order, each once', () => {
  const parts = new SortedParts()
  for (const part of ['b2', 'a', 'b1', 'c', 'b1', 'b3']) parts.add('x', part)
  parts.add('y', 'b0')
  parts.remove('x', 'b3')
  parts.remove('x', 'b9')
  expect([...parts.withPrefix('x', 'b', false)]).toEqual(['b1', 'b2'])
  expect([...parts.withPrefix('x', '', true)]).toEqual(['c', 'b2', 'b1', 'a'])
  expect([...parts.withPrefix('z', '', false)]).toEqual([])
})
