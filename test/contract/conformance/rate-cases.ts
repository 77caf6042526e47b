/** Slots of a gate with a rate: two writes take one, and whole microseconds add up alike on each engine. */
import { expect } from 'vitest'
import { takeIfFree } from '../../../lib/core/records/gate.ts'
import {
  type Booking,
  bookAlone,
  bookAnewIfSeen,
  bookIfIdle,
  bookIfWithin,
  bookRowIfSeen,
  bookWith,
  isSpoilt,
  slotTaken,
} from '../../../lib/core/records/rate.ts'
import { nextSlots } from '../../../lib/core/values/rate.ts'
import { given, newRecordId, type RecordCase, stored, updateOne } from './record-case.ts'
import type { RecordHarness } from './record-harness.ts'
import { now } from './sample.ts'

/** Three a second, each a third of a second and a bit, two of them at once. */
const rate = { everyUs: 333_334, slackUs: 333_334 }
const minute = 60_000
const nowUs = now * 1_000

const aloneAt = (harness: RecordHarness, key: { id: string; part: string }, booking: Booking, hasNoLine = true) =>
  updateOne(harness, key, bookAlone(booking, { now, hasNoLine }))

/** One slot, by whichever form takes it. */
async function slotOf(harness: RecordHarness, key: { id: string; part: string }): Promise<number> {
  for (const booking of [bookIfIdle(rate, now), bookIfWithin(rate, now, minute)]) {
    const outcome = await aloneAt(harness, key, booking)
    if (outcome.kind === 'applied') return slotTaken(outcome.record, rate, now) - now
  }
  throw new Error('no slot')
}

async function inTurn(harness: RecordHarness): Promise<void> {
  const key = { id: newRecordId(), part: 'gate' }
  const slots: number[] = []
  for (let n = 0; n < 5; n += 1) slots.push(await slotOf(harness, key))
  expect(slots).toEqual([0, 0, 334, 667, 1_001])
  expect((await stored(harness, key))?.['tat']).toBe(nowUs + 5 * 333_334)
}

async function atOnce(harness: RecordHarness): Promise<void> {
  const key = { id: newRecordId(), part: 'gate' }
  const slots = await Promise.all(Array.from({ length: 12 }, () => slotOf(harness, key)))
  const sorted = slots.toSorted((a, b) => a - b)
  expect(sorted).toEqual([0, 0, ...Array.from({ length: 10 }, (_, n) => Math.ceil(((n + 1) * 333_334) / 1_000))])
}

async function bounds(harness: RecordHarness): Promise<void> {
  const idle = await given(harness, { tat: nowUs })
  expect((await aloneAt(harness, idle, bookIfIdle(rate, now))).kind).toBe('applied')
  const busy = await given(harness, { tat: nowUs + 1 })
  expect((await aloneAt(harness, busy, bookIfIdle(rate, now))).kind).toBe('refused')
  const last = await given(harness, { tat: nowUs + minute * 1_000 + rate.slackUs })
  expect((await aloneAt(harness, last, bookIfWithin(rate, now, minute))).kind).toBe('applied')
  expect((await aloneAt(harness, last, bookIfWithin(rate, now, minute))).kind).toBe('refused')
  const inLine = await given(harness, { lane: 'default#gate#1', lookAt: now })
  expect((await aloneAt(harness, inLine, bookIfIdle(rate, now))).kind).toBe('refused')
  expect((await aloneAt(harness, inLine, bookIfIdle(rate, now), false)).kind).toBe('applied')
}

async function withPlace(harness: RecordHarness): Promise<void> {
  const gate = await given(harness, { held: {} })
  const place = (jobId: string) => takeIfFree({ jobId, permit: { by: jobId, until: now }, max: 2, now })
  const take = (jobId: string, booking: Booking) => updateOne(harness, gate, bookWith(place(jobId), booking))
  expect((await take('a', bookIfIdle(rate, now))).kind).toBe('applied')
  expect((await take('b', bookIfIdle(rate, now))).kind).toBe('refused')
  expect((await take('b', bookIfWithin(rate, now, 1_000))).kind).toBe('applied')
  // Full: the slot stays where it was.
  expect((await take('c', bookIfWithin(rate, now, 1_000))).kind).toBe('refused')
  expect(await stored(harness, gate)).toMatchObject({ tat: nowUs + 2 * 333_334, held: { a: {}, b: {} } })
}

async function inARow(harness: RecordHarness): Promise<void> {
  const key = { id: newRecordId(), part: 'gate' }
  const { slots, tatUs } = nextSlots(0, rate, now, 4)
  expect(slots.map(slot => slot - now)).toEqual([0, 0, 334, 667])
  expect((await updateOne(harness, key, bookRowIfSeen(undefined, tatUs, now))).kind).toBe('applied')
  expect((await updateOne(harness, key, bookRowIfSeen(undefined, tatUs, now))).kind).toBe('refused')
  const [seen] = await harness.records.get([key])
  expect(seen?.attributes['tat']).toBe(nowUs + 4 * 333_334)
  expect((await updateOne(harness, key, bookRowIfSeen(seen, tatUs + 1, now))).kind).toBe('applied')
  expect((await updateOne(harness, key, bookRowIfSeen(seen, tatUs + 2, now))).kind).toBe('refused')
}

async function spoilt(harness: RecordHarness): Promise<void> {
  for (const tat of ['soon', { a: 1 }, nowUs * 2]) {
    const record = await given(harness, { tat })
    expect(isSpoilt(record, rate, now)).toBe(true)
    expect((await aloneAt(harness, record, bookIfIdle(rate, now))).kind).toBe('refused')
    expect((await aloneAt(harness, record, bookIfWithin(rate, now, minute))).kind).toBe('refused')
    expect((await aloneAt(harness, record, bookAnewIfSeen(record, rate, now))).kind).toBe('applied')
    expect((await stored(harness, record))?.['tat']).toBe(nowUs + 333_334)
  }
}

export const rateCases: readonly RecordCase[] = [
  { title: 'slots one after the other, of a gate that nobody has made', run: inTurn },
  { title: 'slots asked for at once: each is another', run: atOnce },
  { title: 'where a slot is free, and where it comes too late', run: bounds },
  { title: 'a slot together with a place, or neither', run: withPlace },
  { title: 'slots in a row, unless somebody was faster', run: inARow },
  { title: 'a gate that an edit has spoilt begins anew', run: spoilt },
]
