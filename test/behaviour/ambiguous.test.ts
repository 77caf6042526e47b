import { describe, expect, it } from 'vitest'
import { enqueueMany } from '../../lib/app/enqueue/enqueue.ts'
import { SeededRandom } from '../../lib/testing/seeded-random.ts'
import type { Fault } from '../support/flaky-store.ts'
import { runnerWith } from '../support/jobs.ts'

const carriedOut: readonly Fault[] = ['executedThenRefused', 'executedThenFailed']

describe('a write that was carried out although its answer was lost ends where it would have ended (I8)', () => {
  it.each(carriedOut)('insert, %s: one job, reported as created', async fault => {
    const { test, work, starts, flaky } = runnerWith(() => undefined)
    flaky.breakNext('insert', fault)
    const adding = test.enqueue(work, { n: 1 })
    await test.advance('1s')
    expect(await adding).toMatchObject({ created: true })
    await test.drain()
    expect(test.store.all()).toHaveLength(1)
    expect(starts).toHaveLength(1)
  })

  it.each(carriedOut)('insert under an idempotency key, %s: created, and sent once', async fault => {
    const { test, work, starts, flaky } = runnerWith(() => undefined)
    flaky.breakNext('insert', fault)
    const adding = test.enqueue(work, { n: 1 }, { idempotencyKey: 'k' })
    await test.advance('1s')
    expect(await adding).toMatchObject({ created: true })
    await test.drain()
    expect(starts).toHaveLength(1)
  })

  it.each([
    ['startIfDispatched', 'COMPLETED', 1],
    ['completeIfOwner', 'COMPLETED', 1],
  ] as const)('%s: the job completes with one start', async (name, state, count) => {
    for (const fault of carriedOut) {
      const { test, work, starts, flaky } = runnerWith(() => 'ok')
      flaky.breakNext(name, fault)
      const { id } = await test.enqueue(work, { n: 1 })
      await test.drain()
      // The item has ended, but its worker may still wait to ask again.
      await test.advance('1s')
      expect(await test.get(id)).toMatchObject({ state, attempt: count, result: 'ok' })
      expect(starts).toHaveLength(count)
      expect(test.events.filter(({ name: event }) => event === 'job_completed')).toHaveLength(1)
      expect(test.events.filter(({ name: event }) => event === 'late_write')).toHaveLength(0)
    }
  })

  it.each(carriedOut)('retryIfOwner, %s: one retry, one event', async fault => {
    const { test, work, starts, flaky } = runnerWith((_, { attempt }) => {
      if (attempt === 1) throw new Error('first')
    })
    flaky.breakNext('retryIfOwner', fault)
    const { id } = await test.enqueue(work, { n: 1 })
    await test.drain()
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', attempt: 2 })
    expect(starts).toHaveLength(2)
    expect(test.events.filter(({ name }) => name === 'job_retry')).toHaveLength(1)
  })

  it.each(carriedOut)('dispatchIfSeen, %s: the message goes out at this tick, not a hold later', async fault => {
    const { test, work, starts, flaky } = runnerWith(() => undefined)
    const dueAt = test.clock.now() + 1_800_000
    await test.enqueue(work, { n: 1 }, { delay: '30m' })
    flaky.breakNext('dispatchIfSeen', fault)
    await test.drain()
    expect(starts).toHaveLength(1)
    expect((starts[0] ?? 0) - dueAt).toBeLessThanOrEqual(1_100)
  })
})

it('insert of a random id that an operator took up before its repeat: created all the same', async () => {
  const { test, work, flaky } = runnerWith(() => undefined)
  flaky.breakNext('insert', 'executedThenFailed')
  const adding = test.enqueue(work, { n: 1 }, { delay: '1h' })
  await test.advance('50ms')
  const [stored] = test.store.all()
  // Writes a request token of its own over that of the put.
  expect(await test.reschedule(stored?.id ?? '', { delay: '2h' })).toMatchObject({ kind: 'placed' })
  await test.advance('1s')
  expect(await adding).toMatchObject({ id: stored?.id, created: true })
})

it('a client that stood still between its put and the repeat does not bring a deleted job back (I13)', async () => {
  const { test, flaky } = runnerWith(() => undefined)
  // Frozen for ten minutes where it would wait a tenth of a second.
  const sleep = () => test.clock.sleep(600_000)
  const clock = { now: () => test.clock.now(), sleep, turn: () => test.clock.turn() }
  flaky.breakNext('insert', 'executedThenFailed')
  const adding = enqueueMany({ ...test.deps, clock }, [{ type: 'work', input: { n: 1 }, delay: '1h' }])
  await test.advance('6m')
  const [stored] = test.store.all()
  expect(await test.delete(stored?.id ?? '')).toEqual({ kind: 'deleted' })
  await test.advance('1h')
  expect(await adding).toMatchObject([{ kind: 'refused', error: { code: 'unavailable' } }])
  expect(test.store.all()).toHaveLength(0)
})

describe('a write that was not carried out', () => {
  it('start: the message comes back within 30 s, and no attempt was charged', async () => {
    const { test, work, flaky } = runnerWith(() => undefined)
    flaky.breakNext('startIfDispatched', 'failed')
    const { id } = await test.enqueue(work, { n: 1 })
    await test.advance('31s')
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', attempt: 1 })
  })

  it('start, and the item cannot be read either: the message comes back', async () => {
    const { test, work, flaky } = runnerWith(() => undefined)
    flaky.breakNext('startIfDispatched', 'failed')
    flaky.breakNext('get', 'failed')
    const { id } = await test.enqueue(work, { n: 1 })
    await test.advance('31s')
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', attempt: 1 })
  })

  it('outcome: written a moment later, under the same lease', async () => {
    const { test, work, starts, flaky } = runnerWith(() => undefined)
    flaky.breakNext('completeIfOwner', 'failed', 'failed')
    const { id } = await test.enqueue(work, { n: 1 })
    await test.advance('2s')
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED' })
    expect(starts).toHaveLength(1)
  })

  it('outcome, for good: the job runs again when its lease is over, and the crash is counted', async () => {
    const { test, work, starts, flaky } = runnerWith(() => undefined)
    flaky.breakNext('completeIfOwner', 'failed', 'failed', 'failed', 'failed')
    const { id } = await test.enqueue(work, { n: 1 })
    await test.advance('75s')
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', attempt: 2, crashes: 1 })
    expect(starts).toHaveLength(2)
    // Each failure is told, the last one too: without it an outcome could be lost without a word.
    expect(test.events.filter(({ name }) => name === 'store_failed')).toHaveLength(4)
  })

  it('insert, three times: refused as unavailable, and retryable', async () => {
    const { test, work, flaky } = runnerWith(() => undefined)
    flaky.breakNext('insert', 'failed', 'failed', 'failed')
    const adding = test.enqueue(work, { n: 1 }).catch((error: unknown) => error)
    await test.advance('1s')
    expect(await adding).toMatchObject({ code: 'unavailable' })
    expect(test.store.all()).toHaveLength(0)
  })
})

it('seeds repeat: the same seed gives the same bytes and fractions', () => {
  const draw = (seed: number) => {
    const random = new SeededRandom(seed)
    return [random.bytes(8), random.fraction()]
  }
  expect(draw(7)).toEqual(draw(7))
  expect(draw(7)).not.toEqual(draw(8))
})
