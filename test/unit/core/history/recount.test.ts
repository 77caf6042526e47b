import { expect, it } from 'vitest'
import {
  differencesIn,
  differencesOf,
  inBoth,
  isUnsure,
  mendIfAsSeen,
  noteDifferences,
  Recount,
  sizeOf,
} from '../../../../lib/core/history/recount.ts'
import { jobWith, sunday } from '../../../support/job-changes.ts'

const stock = {
  types: new Map([['send-mail', new Map([['RESERVED', 5] as const, ['FAILED', 2] as const])]]),
  asOf: sunday,
}
const stockRecord = (attributes = {}) => ({ id: '#counts/mails', part: 'now', attributes })

it('counts what a scan brings, by queue, type and state', () => {
  const recount = new Recount()
  for (const id of ['a', 'b']) recount.see(jobWith({ id, startedAt: sunday + 7 }))
  recount.see(jobWith({ id: 'c', queue: 'slow', state: 'FAILED' }))
  expect([...recount.of('mails')]).toEqual([['send-mail:RESERVED', 2]])
  expect([...recount.of('slow')]).toEqual([['send-mail:FAILED', 1]])
  expect([...recount.of('none')]).toEqual([])
  expect([recount.newestIn('mails'), recount.newestIn('none')]).toEqual([sunday + 7, 0])
})

it('finds what differs by more than moved meanwhile', () => {
  const found = new Map([
    ['send-mail:RESERVED', 8],
    ['send-mail:RETRY', 1],
  ])
  expect([...differencesOf(found, stock, 0)]).toEqual([
    ['send-mail:RESERVED', 3],
    ['send-mail:RETRY', 1],
    ['send-mail:FAILED', -2],
  ])
  expect([...differencesOf(found, stock, 2)]).toEqual([['send-mail:RESERVED', 3]])
})

it('takes the smaller of two differences of one sign', () => {
  const now = new Map([
    ['a', 3],
    ['b', -2],
    ['c', 1],
  ])
  const before = new Map([
    ['a', 2],
    ['b', 2],
  ])
  expect([...inBoth(now, before)]).toEqual([['a', 2]])
  expect(sizeOf(now)).toBe(6)
})

it('a note is read as it was left', () => {
  const { change } = noteDifferences('mails', new Map([['a:FAILED', -1]]), sunday)
  const value = change.actions[0].op === 'set' ? change.actions[0].value : undefined
  expect(differencesIn({ id: '#counts/mails', part: 'recount', attributes: { differences: value ?? '' } })).toEqual(
    new Map([['a:FAILED', -1]]),
  )
  expect(differencesIn(undefined).size).toBe(0)
})

it('a stock is unsure until something was counted, and after a gap', () => {
  expect(isUnsure(undefined)).toBe(true)
  expect(isUnsure(stockRecord({ asOfAt: sunday }))).toBe(false)
  expect(isUnsure(stockRecord({ asOfAt: sunday, gapAt: sunday }))).toBe(true)
})

it('mends once', () => {
  const differences = new Map([['a:FAILED', -1]])
  expect(mendIfAsSeen(stockRecord({ mendedAt: 4, gapAt: 3 }), differences, sunday)).toMatchObject({
    guard: [{ attribute: 'mendedAt', op: '=', value: 4 }],
    actions: [
      { op: 'set', attribute: 'mendedAt', value: sunday },
      { op: 'add', attribute: 'a:FAILED', amount: -1 },
      { op: 'remove', attribute: 'gapAt' },
    ],
  })
  expect(mendIfAsSeen(undefined, differences, sunday).guard).toEqual([{ attribute: 'mendedAt', op: 'absent' }])
})
