import { expect } from 'vitest'
import { toItem } from '../../../lib/aws/dynamodb/item.ts'
import { defaultPolicy } from '../../../lib/core/definition/policy.ts'
import { laneOf, placeAfter } from '../../../lib/core/job/lane.ts'
import { cancelIfSeen } from '../../../lib/core/transitions/cancel.ts'
import { deleteIfIdle } from '../../../lib/core/transitions/delete.ts'
import { completeIfOwner, failIfOwner } from '../../../lib/core/transitions/finish.ts'
import { requeueIfEnded } from '../../../lib/core/transitions/requeue.ts'
import type { LaneQuery, TimelineRow } from '../../../lib/ports/job-store.ts'
import type { StoreHarness } from './harness.ts'
import { homeFor, minute, now, sample } from './sample.ts'
import { applyOne, newId, put, read, type StoreCase } from './store-case.ts'
import { owner, rt } from './transition-case.ts'

const policy = defaultPolicy

/** A queue of its own for each case: its lanes hold nothing else. */
const newQueue = (): string => `queue-${newId()}`

async function putAt(harness: StoreHarness, lane: string, lookAt: number, id = newId()): Promise<TimelineRow> {
  await put(harness, { ...sample('RESERVED', { lane, lookAt }), id })
  return { id, lookAt, type: 'sample' }
}

/** All rows, page by page. Two pages more than could be needed end a store that never stops. */
async function allDue(harness: StoreHarness, lane: string, until: number, limit: number) {
  const pages: (readonly TimelineRow[])[] = []
  let from: string | undefined
  do {
    const page = await harness.store.due(lane, until, limit, from)
    expect(page.rows.length).toBeLessThanOrEqual(limit)
    pages.push(page.rows)
    from = page.next
  } while (from !== undefined && pages.length < 30)
  return pages.flat()
}

async function earliestFirst(harness: StoreHarness): Promise<void> {
  const lane = laneOf(newQueue(), 'live', 0)
  const rows = await Promise.all([5, 3, 9, 1, 7].map(n => putAt(harness, lane, now - n)))
  const sorted = [...rows].toSorted((a, b) => a.lookAt - b.lookAt)
  expect(await harness.store.due(lane, now, 100)).toStrictEqual({ rows: sorted, next: undefined })
}

async function untilIsIncluded(harness: StoreHarness): Promise<void> {
  const lane = laneOf(newQueue(), 'live', 0)
  const before = await putAt(harness, lane, now - 1)
  const just = await putAt(harness, lane, now)
  await putAt(harness, lane, now + 1)
  expect(await allDue(harness, lane, now, 10)).toStrictEqual([before, just])
}

async function oneLaneOnly(harness: StoreHarness): Promise<void> {
  const queue = newQueue()
  const row = await putAt(harness, laneOf(queue, 'live', 1), now)
  await putAt(harness, laneOf(queue, 'live', 11), now)
  await putAt(harness, laneOf(queue, 'failed', 1), now)
  await putAt(harness, laneOf(`${queue}x`, 'live', 1), now)
  expect(await allDue(harness, laneOf(queue, 'live', 1), now, 10)).toStrictEqual([row])
}

/** Pages end between rows of one instant, too: no row twice, none left out. */
async function manyPages(harness: StoreHarness): Promise<void> {
  const lane = laneOf(newQueue(), 'live', 0)
  const rows = await Promise.all(Array.from({ length: 23 }, (_, n) => putAt(harness, lane, now - Math.floor(n / 4))))
  const found = await allDue(harness, lane, now, 5)
  expect(found.map(row => row.lookAt)).toEqual(rows.map(row => row.lookAt).toSorted((a, b) => a - b))
  expect(new Set(found.map(row => row.id))).toEqual(new Set(rows.map(row => row.id)))
  expect(found.length).toBe(rows.length)
}

async function changedBetweenPages(harness: StoreHarness): Promise<void> {
  const lane = laneOf(newQueue(), 'live', 0)
  const rows = await Promise.all([4, 3, 2, 1].map(n => putAt(harness, lane, now - n)))
  const first = await harness.store.due(lane, now, 2)
  const [earliest, second, , last] = rows
  // The row at which the page ended goes, as it does when the sweeper has handled it.
  for (const { id } of [earliest, second].flatMap(row => row ?? [])) {
    await applyOne(harness, id, cancelIfSeen(read({ ...sample('RESERVED'), id }), { now, request: rt, policy }))
  }
  await putAt(harness, lane, now + 5, rows[2]?.id)
  const rest = await harness.store.due(lane, now, 2, first.next)
  expect(first.rows).toStrictEqual([earliest, second])
  expect(rest.rows).toStrictEqual([last])
}

async function empty(harness: StoreHarness): Promise<void> {
  expect(await harness.store.due(laneOf(newQueue(), 'live', 0), now, 10)).toStrictEqual({ rows: [], next: undefined })
}

/** Non-terminal ⇔ a live row (I5). */
async function rowsFollowTheState(harness: StoreHarness): Promise<void> {
  const queue = newQueue()
  const lane = (phase: 'live' | 'failed' | 'completed') => laneOf(queue, phase, 4)
  const item = { ...sample('IN_PROGRESS', { queue, owner, lane: lane('live') }), id: newId() }
  const rows = async (phase: 'live' | 'failed' | 'completed') =>
    (await allDue(harness, lane(phase), now + 60 * minute, 10)).map(row => row.id)
  const seen = async () => [await rows('live'), await rows('failed'), await rows('completed')]
  const job = read(item)

  await put(harness, item)
  expect(await seen()).toEqual([[item.id], [], []])
  await applyOne(harness, item.id, completeIfOwner({ job, owner, now, policy }, '1'))
  expect(await seen()).toEqual([[], [], []])
  await put(harness, item)
  await applyOne(harness, item.id, failIfOwner({ job, owner, now, policy }, { name: 'E', message: '' }))
  expect(await seen()).toEqual([[], [item.id], []])
  await applyOne(
    harness,
    item.id,
    requeueIfEnded(
      { ...job, state: 'FAILED' },
      { dueAt: now, now, request: rt, policy, home: homeFor({ ...job, state: 'FAILED' }) },
    ),
  )
  expect(await seen()).toEqual([[item.id], [], []])
  await applyOne(harness, item.id, deleteIfIdle(now))
  expect(await seen()).toEqual([[], [], []])
  await put(harness, item)
  await applyOne(
    harness,
    item.id,
    completeIfOwner({ job, owner, now, policy: { ...policy, listCompleted: true } }, '1'),
  )
  expect(await seen()).toEqual([[], [], [item.id]])
}

/** Lists by type and by error read the index alone. */
async function projected(harness: StoreHarness): Promise<void> {
  const lane = laneOf(newQueue(), 'failed', 0)
  const id = newId()
  const why = 'HttpError 1f2e3d4c'
  await put(harness, { ...sample('FAILED', { lane, lookAt: now, type: 'send-mail', why }), id })
  expect(await allDue(harness, lane, now, 10)).toStrictEqual([{ id, lookAt: now, type: 'send-mail', why }])
}

/** Whoever reads the item will see that it cannot be handled. */
async function unreadableRow(harness: StoreHarness): Promise<void> {
  const lane = laneOf(newQueue(), 'live', 0)
  const id = newId()
  await put(harness, { id, lane, lookAt: now })
  expect(await allDue(harness, lane, now, 10)).toStrictEqual([{ id, lookAt: now }])
}

/** It sorts by its text, and counts as due. */
async function unreadableTime(harness: StoreHarness): Promise<void> {
  const lane = laneOf(newQueue(), 'live', 0)
  const item = toItem({ ...sample('RESERVED', { lane }), id: newId() })
  await harness.put({ ...item, lookAt: { S: '0 before all times' } })
  const { id } = item
  expect(await allDue(harness, lane, now, 10)).toStrictEqual([{ id: id?.S, lookAt: now, type: 'sample' }])
}

/** All rows of a lane, page by page, as a list asks for them; each page is counted, too. @param unreadable rows of which a list knows nothing */
async function allOf(harness: StoreHarness, query: LaneQuery, unreadable = 0): Promise<readonly TimelineRow[]> {
  const pages: (readonly TimelineRow[])[] = []
  let from: string | undefined
  let count = 0
  do {
    const asked = { ...query, ...(from === undefined ? {} : { from }) }
    const page = await harness.store.lane(asked)
    expect(page.rows.length).toBeLessThanOrEqual(query.limit)
    const counted = await harness.store.count(asked)
    expect(counted.next).toBe(page.next)
    count += counted.count
    pages.push(page.rows)
    from = page.next
  } while (from !== undefined && pages.length < 30)
  const rows = pages.flat()
  expect(count).toBe(rows.length + unreadable)
  return rows
}

/** Bounds are included, in both directions. */
async function withinBounds(harness: StoreHarness): Promise<void> {
  const lane = laneOf(newQueue(), 'failed', 0)
  const rows = await Promise.all([0, 1, 2, 3, 4].map(n => putAt(harness, lane, now + n)))
  const query = { lane, since: now + 1, until: now + 3, limit: 2 }
  expect(await allOf(harness, query)).toStrictEqual(rows.slice(1, 4))
  expect(await allOf(harness, { ...query, isDescending: true })).toStrictEqual(rows.slice(1, 4).toReversed())
}

/** The place of a row that has gone, and of one that was never in this lane. */
async function fromAPlace(harness: StoreHarness): Promise<void> {
  const lane = laneOf(newQueue(), 'failed', 0)
  const rows = await Promise.all([1, 3, 5].map(n => putAt(harness, lane, now + n)))
  const query = { lane, since: now, until: now + 9, limit: 10 }
  const at = (lookAt: number, id = 'foreign') => ({ from: placeAfter({ lookAt, id }) })
  expect(await allOf(harness, { ...query, ...at(now + 2) })).toStrictEqual(rows.slice(1))
  expect(await allOf(harness, { ...query, isDescending: true, ...at(now + 4) })).toStrictEqual(
    rows.slice(0, 2).toReversed(),
  )
  expect(await allOf(harness, { ...query, ...at(now + 1, rows[0]?.id) })).toStrictEqual(rows.slice(1))
}

/** Pages end between rows of one instant, too. */
async function oneInstant(harness: StoreHarness): Promise<void> {
  const lane = laneOf(newQueue(), 'failed', 0)
  const rows = await Promise.all(Array.from({ length: 7 }, () => putAt(harness, lane, now)))
  for (const isDescending of [false, true]) {
    const found = await allOf(harness, { lane, since: now, until: now, limit: 2, isDescending })
    expect(found.map(({ id }) => id).toSorted()).toEqual(rows.map(({ id }) => id).toSorted())
  }
}

/** Nobody could go on from it in a list. */
async function unreadableTimeInAList(harness: StoreHarness): Promise<void> {
  const lane = laneOf(newQueue(), 'failed', 0)
  const item = toItem({ ...sample('FAILED', { lane }), id: newId() })
  await harness.put({ ...item, lookAt: { S: '2026 or so' } })
  const row = await putAt(harness, lane, now)
  expect(await allOf(harness, { lane, since: 0, until: now + minute, limit: 1 }, 1)).toStrictEqual([row])
}

export const indexCases: readonly StoreCase[] = [
  { title: 'rows come earliest first', run: earliestFirst },
  { title: 'a row at the very instant is due, a millisecond later is not', run: untilIsIncluded },
  { title: 'rows of other lanes stay out', run: oneLaneOnly },
  { title: 'pages of 5 hold each of 23 rows once', run: manyPages },
  { title: 'rows that go or move between two pages', run: changedBetweenPages },
  { title: 'a lane without rows', run: empty },
  { title: 'rows come and go with the state', run: rowsFollowTheState },
  { title: 'a row carries type and error', run: projected },
  { title: 'the row of an item that cannot be read', run: unreadableRow },
  { title: 'a row whose time cannot be read', run: unreadableTime },
  { title: 'rows within bounds, in both directions', run: withinBounds },
  { title: 'rows after a place', run: fromAPlace },
  { title: 'pages within one instant, in both directions', run: oneInstant },
  { title: 'a list leaves out a row whose time cannot be read', run: unreadableTimeInAList },
]
