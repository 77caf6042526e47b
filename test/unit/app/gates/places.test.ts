import { describe, expect, it } from 'vitest'
import {
  freePlace,
  type PlaceRequest,
  prolongPlace,
  read,
  takePlace,
  takeSlot,
} from '../../../../lib/app/gates/places.ts'
import { gateFrom, newGate, promiseTo } from '../../../../lib/core/records/gate.ts'
import { gateKey } from '../../../../lib/core/records/keys.ts'
import type { RecordStore } from '../../../../lib/ports/record-store.ts'
import { MemoryJobStore } from '../../../../lib/testing/memory-job-store.ts'
import { MemoryRecordStore } from '../../../../lib/testing/memory-record-store.ts'
import { recordsOver } from '../../../support/store-over.ts'

const now = 1_798_761_600_000
const clock = { now: () => now, sleep: async () => {}, turn: async () => {} }

/** A gate in which these jobs hold places. */
async function gateOf(held: Readonly<Record<string, { by: string; until: number }>> = {}) {
  const records = new MemoryRecordStore(clock, new MemoryJobStore(clock))
  const first = newGate('sync/a', now)
  if (Object.keys(held).length > 0) await records.putIfAbsent([{ ...first, attributes: { ...first.attributes, held } }])
  return { records, clock, held: () => Object.fromEntries(gateFrom(records.read(gateKey('sync/a'))).held) }
}

const mine = { by: 'me', until: now + 69_000 }
const request: PlaceRequest = { gate: 'sync/a', jobId: 'j', permit: mine, max: 2, fence: 3, isPromised: false }
const other = { by: 'o', until: now + 1_000 }

describe('taking a place', () => {
  it('of a gate that nobody has passed yet makes the gate', async () => {
    const deps = await gateOf()
    expect(await takePlace(deps, request)).toEqual({ kind: 'taken' })
    expect(deps.held()).toEqual({ j: mine })
  })

  it('below the limit', async () => {
    const deps = await gateOf({ x: other })
    expect(await takePlace(deps, request)).toEqual({ kind: 'taken' })
    expect(deps.held()).toEqual({ x: other, j: mine })
  })

  it('of a full gate: none, also where the places of others are over; the sweeper frees those', async () => {
    const deps = await gateOf({ x: other, y: { by: 'p', until: now - 1 } })
    expect(await takePlace(deps, request)).toEqual({ kind: 'full' })
    expect(deps.held()).not.toHaveProperty('j')
  })

  it.each([
    [3, 'taken'],
    [2, 'taken'],
    [4, 'stale'],
  ])('that was promised to a message of fence %i: %s', async (fence, kind) => {
    const deps = await gateOf({ x: other, j: { by: promiseTo(fence), until: now - 1 } })
    expect(await takePlace(deps, { ...request, isPromised: fence === 3 })).toEqual({ kind })
  })

  it('whose promise is gone is asked for like any other', async () => {
    expect(await takePlace(await gateOf({ x: other }), { ...request, isPromised: true })).toEqual({ kind: 'taken' })
    const full = await gateOf({ x: other, y: other })
    expect(await takePlace(full, { ...request, isPromised: true })).toEqual({ kind: 'full' })
  })

  it.each([
    [now - 1, { kind: 'taken' }],
    [now, { kind: 'held', until: now }],
    [now + 5, { kind: 'held', until: now + 5 }],
  ])('from an earlier run of the job whose lease ends at %i', async (until, outcome) => {
    const deps = await gateOf({ j: { by: 'before', until }, x: other })
    expect(await takePlace(deps, request)).toEqual(outcome)
  })

  it('twice, as its answer was lost', async () => {
    const deps = await gateOf({ j: mine, x: other })
    expect(await takePlace(deps, request)).toEqual({ kind: 'taken' })
  })
})

describe('a slot that is asked for by whoever has stood still', () => {
  const rate = { everyUs: 30_000_000, slackUs: 0 }
  /** All slots of the next minute and a half are taken, as they are a minute from now. */
  const booked = (now + 60_000 + 90_000) * 1_000 + rate.everyUs
  /** The first question is on its way for a minute. */
  async function slowGate() {
    const deps = await gateOf({ x: other })
    let at = now
    const update: RecordStore['update'] = async updates => {
      if (at === now) {
        at += 60_000
        await deps.records.update([
          {
            key: gateKey('sync/a'),
            change: { name: 'others', guard: [], actions: [{ op: 'set', attribute: 'tat', value: booked }] },
          },
        ])
      }
      return deps.records.update(updates)
    }
    const records = recordsOver(deps.records, { update })
    const tat = () => deps.records.read(gateKey('sync/a'))?.attributes['tat']
    return { records, clock: { ...clock, now: () => at }, tat }
  }

  it('does not take the slots of others for an error', async () => {
    const deps = await slowGate()
    expect(await takeSlot(deps, 'sync/a', { rate, aheadMs: 60_000, hasNoLine: true })).toEqual({ kind: 'later' })
    expect(deps.tat()).toBe(booked)
  })

  it('nor does it with a place', async () => {
    const deps = await slowGate()
    const booking = { rate, aheadMs: 1_000 }
    expect(await takePlace(deps, { ...request, booking })).toEqual({ kind: 'later' })
    expect(deps.tat()).toBe(booked)
  })
})

describe('a place that is held', () => {
  it('is prolonged by its run', async () => {
    const deps = await gateOf({ j: mine, x: other })
    const longer = { ...mine, until: mine.until + 9 }
    expect(await prolongPlace(deps, { ...request, permit: longer })).toBe(true)
    expect(deps.held()).toMatchObject({ j: longer })
  })

  it.each([
    ['is taken again where one is free', { x: other }, true],
    ['is lost where none is', { x: other, y: other }, false],
    ['is lost to another run of the job', { j: other }, false],
  ])('and was taken away %s', async (_, held, kept) => {
    expect(await prolongPlace(await gateOf(held), request)).toBe(kept)
  })

  it.each([
    [{ j: mine }, 2, false],
    [{ j: mine, x: other }, 2, true],
    [{ j: mine }, 1, true],
    // Not its own any more: whoever has it may have waited.
    [{ j: other }, 2, true],
  ])('%o of %i: who frees it calls the next: %s', async (held, max, calls) => {
    expect(await freePlace(await gateOf(held), 'sync/a', { jobId: 'j', by: 'me', max })).toBe(calls)
  })
})

describe('a store that does not answer', () => {
  const error = new Error('throttled')
  const failing = { update: async () => [{ kind: 'failed', error }] } as unknown as RecordStore

  it('gives no place', async () => {
    expect(await takePlace({ records: failing, clock }, request)).toEqual({ kind: 'failed', error })
  })

  it('stops no run: its lease may last', async () => {
    await expect(prolongPlace({ records: failing, clock }, request)).rejects.toThrow('throttled')
  })

  it('is read three times', async () => {
    let reads = 0
    const ask = async () => {
      reads += 1
      if (reads < 3) throw error
      return 'read'
    }
    expect(await read({ clock }, ask)).toBe('read')
    reads = -9
    await expect(read({ clock }, ask)).rejects.toThrow('throttled')
  })
})
