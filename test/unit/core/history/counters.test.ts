import { expect, it } from 'vitest'
import { countersOf, Tally } from '../../../../lib/core/history/counters.ts'

it('adds up by type and name, and writes no zero', () => {
  const tally = new Tally()
  tally.count('a:b', 'done', 2)
  tally.count('a:b', 'done')
  tally.count('mail', 'gone', 1)
  tally.count('mail', 'gone', -1)
  tally.count('x'.repeat(65), 'done')
  expect(tally.actions()).toEqual([
    { op: 'add', attribute: 'a:b:done', amount: 3 },
    { op: 'add', attribute: '~:done', amount: 1 },
  ])
})

it('reads what was written, and nothing else', () => {
  const attributes = { 'a:b:done': 3, ':done': 1, done: 1, 'a:other': 1, 'mail:done': 'text' }
  expect(countersOf(attributes, name => name === 'done')).toEqual(new Map([['a:b', new Map([['done', 3]])]]))
})
