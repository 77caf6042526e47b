import { expect } from 'vitest'
import { defaultPolicy } from '../../../lib/core/definition/policy.ts'
import { completeJob, type RawJob } from '../../../lib/core/job/job.ts'
import { cancelIfSeen } from '../../../lib/core/transitions/cancel.ts'
import { deleteIfIdle } from '../../../lib/core/transitions/delete.ts'
import { dispatchIfSeen } from '../../../lib/core/transitions/dispatch.ts'
import { completeIfOwner } from '../../../lib/core/transitions/finish.ts'
import { requeueIfEnded } from '../../../lib/core/transitions/requeue.ts'
import { startIfDispatched } from '../../../lib/core/transitions/start.ts'
import type { StoreHarness } from './harness.ts'
import { homeFor, minute, now, sample, second } from './sample.ts'
import { after, newId, put, read, type StoreCase } from './store-case.ts'
import { owner, rt } from './transition-case.ts'

const policy = defaultPolicy
const start = startIfDispatched(3, { now, owner, policy }, false)

async function putNew(harness: StoreHarness, item: RawJob): Promise<RawJob & { id: string }> {
  const stored = { ...item, id: newId() }
  await put(harness, stored)
  return stored
}

async function twoOfOneItem(harness: StoreHarness): Promise<void> {
  const item = await putNew(harness, sample('RESERVED'))
  const complete = completeIfOwner({ job: read(item), owner, now, policy }, '1')
  const outcomes = await harness.store.apply([
    { id: item.id, transition: start },
    { id: item.id, transition: complete },
  ])
  const started = after(start, item)
  const completed = after(complete, started)
  expect(outcomes).toStrictEqual([
    { kind: 'applied', job: read(started) },
    { kind: 'applied', job: read(completed) },
  ])
  expect(await harness.peek(item.id)).toStrictEqual(completed)
}

/** The second is what the first waits for: only the order given makes the first be refused. */
async function orderIsKept(harness: StoreHarness): Promise<void> {
  const item = await putNew(harness, sample('RESERVED'))
  const complete = completeIfOwner({ job: read(item), owner, now, policy }, '1')
  const outcomes = await harness.store.apply([
    { id: item.id, transition: complete },
    { id: item.id, transition: start },
  ])
  expect(outcomes).toStrictEqual([
    { kind: 'refused', job: read(item) },
    { kind: 'applied', job: read(after(start, item)) },
  ])
}

/** A statement, then what no statement can hold, then a deletion, then nothing more to write to. */
async function everyWayOfWriting(harness: StoreHarness): Promise<void> {
  const item = await putNew(harness, sample('RETRY'))
  const cancel = cancelIfSeen(read(item), { now, request: rt, policy })
  const cancelled = after(cancel, item)
  const requeue = requeueIfEnded(read(cancelled), {
    dueAt: now,
    now,
    request: rt,
    policy,
    home: homeFor(read(cancelled)),
  })
  const requeued = after(requeue, cancelled)
  const outcomes = await harness.store.apply(
    [cancel, requeue, deleteIfIdle(now), start].map(transition => ({ id: item.id, transition })),
  )
  expect(outcomes).toStrictEqual([
    { kind: 'applied', job: read(cancelled) },
    { kind: 'applied', job: read(requeued) },
    { kind: 'applied', job: read(requeued) },
    { kind: 'refused', job: undefined },
  ])
  expect(await harness.peek(item.id)).toBeUndefined()
}

async function twiceTheSameStart(harness: StoreHarness): Promise<void> {
  const item = await putNew(harness, sample('RESERVED'))
  const other = startIfDispatched(3, { now, owner: 'another-owner-16', policy }, false)
  const outcomes = await harness.store.apply([
    { id: item.id, transition: start },
    { id: item.id, transition: other },
  ])
  const started = read(after(start, item))
  expect(outcomes).toStrictEqual([
    { kind: 'applied', job: started },
    { kind: 'refused', job: started },
  ])
}

/** More than two statement batches; some refused, some without an item, some that no statement can hold. */
async function seventy(harness: StoreHarness): Promise<void> {
  const items = await Promise.all(
    Array.from({ length: 70 }, (_, n) =>
      putNew(harness, n % 5 === 0 ? sample('FAILED') : sample('RESERVED', { fence: n % 7 === 0 ? 2 : 3 })),
    ),
  )
  const changes = items.map((item, n) => ({
    id: n % 11 === 0 ? newId() : item.id,
    transition:
      n % 5 === 0
        ? requeueIfEnded(read(item), { dueAt: now + 60 * minute, now, request: rt, policy, home: homeFor(read(item)) })
        : start,
  }))
  const outcomes = await harness.store.apply(changes)
  const expected = items.map((item, n) => {
    if (n % 11 === 0) return { kind: 'refused', job: undefined }
    if (n % 5 !== 0 && n % 7 === 0) return { kind: 'refused', job: read(item) }
    return { kind: 'applied', job: read(after(changes[n]?.transition ?? start, item)) }
  })
  expect(outcomes).toStrictEqual(expected)
}

/** What nobody can read is a failure of its own, even where its guard holds. */
async function unreadableMate(harness: StoreHarness): Promise<void> {
  const { type: _, ...damaged } = sample('RESERVED')
  const fitting = await putNew(harness, damaged)
  const refusing = await putNew(harness, { ...damaged, fence: 9 })
  const good = await putNew(harness, sample('RESERVED'))
  const outcomes = await harness.store.apply([fitting, refusing, good].map(({ id }) => ({ id, transition: start })))
  expect(outcomes).toStrictEqual([
    { kind: 'failed', error: expect.any(Error) },
    { kind: 'refused', job: undefined },
    { kind: 'applied', job: read(after(start, good)) },
  ])
}

/** The edges of what SQS can delay and what an index row may say. */
async function dispatchesOfOneTick(harness: StoreHarness): Promise<void> {
  const dues = [now, now + 1, now + 900 * second]
  const items = await Promise.all(
    dues.map(scheduledAt => putNew(harness, sample('SCHEDULED', { scheduledAt, dispatches: undefined }))),
  )
  const changes = items.map(item => ({
    id: item.id,
    transition: dispatchIfSeen(read(item), { now, request: rt, policy }),
  }))
  const outcomes = await harness.store.apply(changes)
  expect(outcomes.map(outcome => outcome.kind)).toEqual(['applied', 'applied', 'applied'])
  for (const [n, item] of items.entries()) {
    const left = await harness.peek(item.id)
    expect(left).toStrictEqual(after(changes[n]?.transition ?? start, item))
    expect(completeJob(left ?? {}, now)?.lookAt).toBe((dues[n] ?? 0) + 129 * second)
  }
}

/** What was seen is no guard: a refusal brings what is stored, and no neighbour is answered with another's job. */
async function withTheJobAsSeen(harness: StoreHarness): Promise<void> {
  const items = await Promise.all([1, 2, 3].map(fence => putNew(harness, sample('RESERVED', { fence }))))
  const outcomes = await harness.store.apply(
    items.map((item, n) => ({ id: item.id, transition: start, ...(n === 1 ? {} : { seen: read(item) }) })),
  )
  expect(outcomes).toStrictEqual(
    items.map((item, n) =>
      n === 2 ? { kind: 'applied', job: read(after(start, item)) } : { kind: 'refused', job: read(item) },
    ),
  )
}

export const batchCases: readonly StoreCase[] = [
  { title: 'two changes of one item both work, in their order', run: twoOfOneItem },
  { title: 'a change that comes before the one it needs is refused', run: orderIsKept },
  { title: 'four changes of one item, of every way of writing', run: everyWayOfWriting },
  { title: 'of two starts of one item the first wins', run: twiceTheSameStart },
  { title: '70 changes are answered one by one, in their order', run: seventy },
  { title: 'an item that cannot be read spoils no other', run: unreadableMate },
  { title: 'changes of jobs that were seen, next to one that was not', run: withTheJobAsSeen },
  { title: 'three dispatches of one tick', run: dispatchesOfOneTick },
  { title: 'no change at all', run: async ({ store }) => expect(await store.apply([])).toEqual([]) },
]
