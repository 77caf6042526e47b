import { describe, expect, it } from 'vitest'
import { type LaneRow, type LaneWalk, walkLanes } from '../../../../lib/app/lookup/walk-lanes.ts'
import { lastInstant } from '../../../../lib/core/values/instant.ts'
import type { LaneQuery } from '../../../../lib/ports/job-store.ts'
import { MemoryJobStore } from '../../../../lib/testing/memory-job-store.ts'

const now = 1_798_761_600_000
const lanes = ['q#live#0', 'q#live#1', 'q#live#10', 'q#live#2']
const all = { since: 0, until: lastInstant, isDescending: false }

/** Rows in four lanes: some instants hold many, so that pages end within one. */
function storeWith(count: number) {
  const store = new MemoryJobStore({ now: () => now })
  const ids = Array.from({ length: count }, (_, n) => `job-${n}`)
  for (const [n, id] of ids.entries()) {
    const lookAt = now + (n % 7 === 0 ? 0 : Math.floor(n / 5))
    store.put({ id, type: 'work', state: 'SCHEDULED', input: '{}', lane: lanes[n % 4] ?? '', lookAt })
  }
  const asked: LaneQuery[] = []
  const counting = {
    lane(query: LaneQuery) {
      asked.push(query)
      return store.lane(query)
    },
  }
  return { store: counting as unknown as MemoryJobStore, ids, asked }
}

async function rowsOf(store: MemoryJobStore, walk: Partial<LaneWalk>, most = Number.POSITIVE_INFINITY) {
  const rows: LaneRow[] = []
  for await (const row of walkLanes({ store }, { lanes, filter: all, isSparse: false, ...walk })) {
    rows.push(row)
    if (rows.length === most) break
  }
  return rows
}

describe('walkLanes', () => {
  it.each([false, true])('gives each row once, in the order of time; newest first: %s', async isDescending => {
    const { store, ids } = storeWith(300)
    const rows = await rowsOf(store, { filter: { ...all, isDescending } })
    expect(rows.map(({ id }) => id).toSorted()).toEqual(ids.toSorted())
    const times = rows.map(({ lookAt }) => lookAt)
    expect(times).toEqual(times.toSorted((a, b) => (isDescending ? b - a : a - b)))
  })

  it.each([false, true])('goes on after any row, as if it had not stopped; newest first: %s', async isDescending => {
    const { store } = storeWith(60)
    const filter = { ...all, isDescending }
    const rows = await rowsOf(store, { filter })
    for (const [index, after] of rows.entries()) {
      expect((await rowsOf(store, { filter, after })).map(({ id }) => id)).toEqual(
        rows.slice(index + 1).map(({ id }) => id),
      )
    }
  })

  it('reads no further than it is asked', async () => {
    const { store, asked } = storeWith(3_000)
    await rowsOf(store, {}, 8)
    expect(asked.length).toBeLessThanOrEqual(2 * lanes.length)
    expect(Math.max(...asked.map(({ limit }) => limit))).toBeLessThanOrEqual(16)
  })

  it('reads large pages where most rows are passed over', async () => {
    const { store, asked } = storeWith(3_000)
    await rowsOf(store, { isSparse: true }, 2_000)
    expect(asked.length).toBeLessThanOrEqual(5 * lanes.length)
  })

  it('keeps within the bounds, and reads nothing where none are left', async () => {
    const { store, asked } = storeWith(300)
    const filter = { since: now + 10, until: now + 12, isDescending: false }
    const rows = await rowsOf(store, { filter })
    expect(new Set(rows.map(({ lookAt }) => lookAt))).toEqual(new Set([now + 10, now + 11, now + 12]))
    asked.length = 0
    await rowsOf(store, { filter, after: { lookAt: now + 12, lane: 'q#live#9', id: 'x' } })
    expect(asked).toEqual([])
  })

  it('never reads a lane that the place names and the filter does not', async () => {
    const { store, asked } = storeWith(30)
    await rowsOf(store, { after: { lookAt: now, lane: 'other#live#0', id: 'x' } })
    expect(new Set(asked.map(({ lane }) => lane))).toEqual(new Set(lanes))
  })
})
