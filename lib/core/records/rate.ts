/**
 * Takes slots of a gate with a rate. Its record holds `tat`, and two writes take a slot, neither of which reads first: one
 * where `tat` lies in the past, one where it does not.
 */
import { isAstray, nextSlot, type Rate, usOf } from '../values/rate.ts'
import type { RecordChange, RecordClause } from './change.ts'
import { ttlAt } from './gate.ts'
import type { StoredRecord } from './record.ts'

type SetChange = Extract<RecordChange, { readonly actions: unknown }>

/** What takes a slot, carried out alone or together with whatever takes a place. */
export interface Booking {
  readonly guard: readonly RecordClause[]
  readonly action: SetChange['actions'][number]
}

/** A new gate counts as one whose `tat` lies in the past; so does one in which somebody left no number. */
export const tatOf = (record: StoredRecord | undefined): number => {
  const tat = record?.attributes['tat']
  return typeof tat === 'number' ? tat : 0
}

/** The slot that was taken by the write which left this record. */
export const slotTaken = (record: StoredRecord, rate: Rate, now: number): number =>
  nextSlot(tatOf(record) - rate.everyUs, rate, now)

/** Nobody has asked for a while: the slot is now. */
export const bookIfIdle = ({ everyUs }: Rate, now: number): Booking => ({
  guard: [{ attribute: 'tat', op: '<=', value: usOf(now), orAbsent: true }],
  action: { op: 'set', attribute: 'tat', value: usOf(now) + everyUs },
})

/** The next slot, if it comes within `aheadMs`. Carried out twice it takes two, and one is wasted. */
export const bookIfWithin = ({ everyUs, slackUs }: Rate, now: number, aheadMs: number): Booking => ({
  guard: [
    { attribute: 'tat', op: '>', value: usOf(now) },
    { attribute: 'tat', op: '<=', value: usOf(now + aheadMs) + slackUs },
  ],
  action: { op: 'add', attribute: 'tat', amount: everyUs },
})

const asSeen = (record: StoredRecord | undefined): RecordClause => {
  const tat = record?.attributes['tat']
  if (tat === undefined) return { attribute: 'tat', op: 'absent' }
  return typeof tat === 'number' || typeof tat === 'string'
    ? { attribute: 'tat', op: '=', value: tat }
    : { attribute: 'tat', op: 'present' }
}

/** Whether the gate must begin anew: its `tat` is no number, or lies where nobody can have booked. */
export const isSpoilt = (record: StoredRecord, rate: Rate, now: number): boolean =>
  record.attributes['tat'] !== undefined &&
  (typeof record.attributes['tat'] !== 'number' || isAstray(tatOf(record), rate, now))

/** The next slot that nobody has: now, where the gate must begin anew. */
export const freeSlot = (record: StoredRecord | undefined, rate: Rate, now: number): number =>
  nextSlot(record === undefined || isSpoilt(record, rate, now) ? 0 : tatOf(record), rate, now)

/** In the place of whatever was read. The slot is now. */
export const bookAnewIfSeen = (record: StoredRecord, { everyUs }: Rate, now: number): Booking => ({
  guard: [asSeen(record)],
  action: { op: 'set', attribute: 'tat', value: usOf(now) + everyUs },
})

/** A booking alone: a gate without places. */
export const bookAlone = (
  { guard, action }: Booking,
  { now, hasNoLine }: { readonly now: number; readonly hasNoLine: boolean },
): SetChange => ({
  name: 'bookAlone',
  guard: hasNoLine ? [...guard, { attribute: 'lane', op: 'absent' }] : guard,
  actions: [action, { op: 'set', attribute: 'ttl', value: ttlAt(now) }],
  ...(action.op === 'add' ? {} : { makes: true as const }),
})

/** A booking together with what takes a place. */
export const bookWith = (change: SetChange, { guard, action }: Booking): SetChange => ({
  ...change,
  guard: [...change.guard, ...guard],
  actions: [...change.actions, action],
})

/** Takes slots in a row for the jobs in line, unless somebody has taken one since the record was read. */
export const bookRowIfSeen = (record: StoredRecord | undefined, tatUs: number, now: number): SetChange => ({
  name: 'bookRowIfSeen',
  guard: [asSeen(record)],
  actions: [
    { op: 'set', attribute: 'tat', value: tatUs },
    { op: 'set', attribute: 'ttl', value: ttlAt(now) },
  ],
  makes: true,
})
