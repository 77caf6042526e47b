/** What the writes do on each engine is in test/contract/conformance/rate-cases.ts. */
import { expect, it } from 'vitest'
import { gateKey } from '../../../../lib/core/records/keys.ts'
import {
  bookAlone,
  bookAnewIfSeen,
  bookIfIdle,
  bookIfWithin,
  bookRowIfSeen,
  bookWith,
  isSpoilt,
  slotTaken,
  tatOf,
} from '../../../../lib/core/records/rate.ts'
import type { RecordValue } from '../../../../lib/core/records/record.ts'

const now = 1_798_761_600_000
const us = now * 1_000
const rate = { everyUs: 100_000, slackUs: 200_000 }
const gate = (tat?: RecordValue) => ({ ...gateKey('sync/a'), attributes: tat === undefined ? {} : { tat } })

it('reads a gate that is new, or spoilt, as one that nobody has asked', () => {
  expect([undefined, gate(), gate('soon'), gate(5)].map(tatOf)).toEqual([0, 0, 0, 5])
  expect([gate(), gate(us), gate('soon'), gate(us * 2)].map(one => isSpoilt(one, rate, now))).toEqual([
    false,
    false,
    true,
    true,
  ])
})

it('the slot is what the answer says', () => {
  expect(slotTaken(gate(us + 100_000), rate, now)).toBe(now)
  expect(slotTaken(gate(us + 400_000), rate, now)).toBe(now + 100)
})

it('a line goes first, where the caller wants it so', () => {
  const idle = bookIfIdle(rate, now)
  expect(bookAlone(idle, { now, hasNoLine: true }).guard).toContainEqual({ attribute: 'lane', op: 'absent' })
  expect(bookAlone(idle, { now, hasNoLine: false }).guard).toEqual(idle.guard)
})

it('only the write that needs no record makes one', () => {
  expect(bookAlone(bookIfIdle(rate, now), { now, hasNoLine: true })).toHaveProperty('makes')
  expect(bookAlone(bookIfWithin(rate, now, 1_000), { now, hasNoLine: true })).not.toHaveProperty('makes')
})

it('takes a place and a slot in one write', () => {
  const place = { name: 'take', guard: [], actions: [{ op: 'set', attribute: 'x', value: 1 }] } as const
  const both = bookWith(place, bookIfIdle(rate, now))
  expect(both.name).toBe('take')
  expect(both.actions.map(action => action.attribute)).toEqual(['x', 'tat'])
})

it('goes on from what was read, or not at all', () => {
  expect(bookRowIfSeen(undefined, us, now).guard).toEqual([{ attribute: 'tat', op: 'absent' }])
  expect(bookRowIfSeen(gate(us), us + 1, now).guard).toEqual([{ attribute: 'tat', op: '=', value: us }])
  expect(bookAnewIfSeen(gate({ a: 1 }), rate, now).guard).toEqual([{ attribute: 'tat', op: 'present' }])
})
