import { expect, it } from 'vitest'
import { inStates, stockDerivations, stockFrom } from '../../../../lib/core/history/stock.ts'
import { changesOf, countingRecords, jobWith, sunday } from '../../../support/job-changes.ts'

it('follows a job from its first state to its deletion', async () => {
  const { count } = countingRecords()
  const life = [undefined, jobWith(), jobWith({ state: 'IN_PROGRESS', owner: 'A' }), jobWith({ state: 'COMPLETED' })]
  const [derivation] = stockDerivations(changesOf(...life))
  const stock = stockFrom(await count(derivation))
  expect(stock.types.get('send-mail')).toEqual(new Map([['COMPLETED', 1]]))
  expect(stock.asOf).toBe(sunday + 2_000)
  expect(inStates(stock, 'COMPLETED', 'RESERVED')).toBe(1)
})

it('moves a job from queue to queue', async () => {
  const { count } = countingRecords()
  const derivations = stockDerivations(changesOf(undefined, jobWith(), jobWith({ queue: 'slow' })))
  expect(derivations.map(({ key }) => key.id)).toEqual(['#counts/mails', '#counts/slow'])
  const [mails, slow] = await Promise.all(derivations.map(count))
  expect(inStates(stockFrom(mails), 'RESERVED')).toBe(0)
  expect(inStates(stockFrom(slow), 'RESERVED')).toBe(1)
})

it('passes over changes that move no job', () => {
  expect(stockDerivations(changesOf(jobWith(), jobWith({ progress: 3 })))).toEqual([])
})

it('reads a type that is called as an instant is, and no counter of another form', () => {
  const attributes = { 'lookAt:FAILED': 2, 'a:b:FAILED': 1, 'send-mail:nonsense': 9, FAILED: 7, 'x:FAILED': 'text' }
  const { types } = stockFrom({ id: '#counts/mails', part: 'now', attributes })
  expect([...types.keys()]).toEqual(['lookAt', 'a:b'])
  expect(stockFrom(undefined)).toEqual({ types: new Map(), asOf: undefined })
})
