import { describe, expect, it } from 'vitest'
import { reconcile } from '../../lib/app/sweeper/reconcile.ts'
import type { Job, RawJob } from '../../lib/core/job/job.ts'
import type { TestRunner } from '../../lib/testing.ts'
import { crashAfterStart } from '../support/crashed.ts'
import { runnerWith } from '../support/jobs.ts'

const hour = 3_600_000
const scan = (test: TestRunner, endAt = test.clock.now() + hour) =>
  reconcile({ ...test.deps, scanner: test.store }, endAt)
const foreign = (id: string, state: Job['state']): RawJob => ({ id, type: 'work', state, input: '{"n":1}' })

describe('the reconciler', () => {
  it.each(['AVAILABLE', 'SCHEDULED', 'RESERVED', 'RETRY', 'IN_PROGRESS'] as const)(
    'adopts an item put as %s that no stream told of; the next tick starts it',
    async state => {
      const { test, starts } = runnerWith(() => undefined)
      test.store.put(foreign('stray', state))
      expect(await scan(test)).toEqual({ looked: 1, adopted: 1, forgotten: 0, setAside: 0, isComplete: true })
      await test.drain()
      expect(starts).toHaveLength(1)
      expect(await test.get('stray')).toMatchObject({ state: 'COMPLETED', attempt: 1 })
    },
  )

  it('takes a FAILED job that an operator edited to RETRY for a requeue', async () => {
    const { test, work } = runnerWith(
      (_, ctx) => {
        if (ctx.job.generation === 1) throw new Error('broken')
      },
      { maxAttempts: 1 },
    )
    const { id } = await test.enqueue(work, { n: 1 })
    await test.drain()
    test.store.put({ ...(test.store.read(id) as Job), state: 'RETRY' })
    await scan(test)
    await test.drain()
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', generation: 2, attempt: 1 })
  })

  it('leaves every job alone that the sweeper looks at, and every job that has ended', async () => {
    const { test, work } = runnerWith(() => undefined, {}, { hasTicks: false })
    await test.enqueue(work, { n: 1 })
    await test.drain()
    await test.enqueue(work, { n: 2 })
    await crashAfterStart(test)
    await test.enqueue(work, { n: 3 })
    await test.enqueue(work, { n: 4 }, { delay: '1d' })
    const before = test.store.all()
    expect(await scan(test)).toMatchObject({ looked: 4, adopted: 0 })
    expect(test.store.all()).toEqual(before)
  })

  it('keeps the single owner: a lease that still runs delays the stray (I2)', async () => {
    const { test, work, starts } = runnerWith(() => undefined)
    const { id } = await test.enqueue(work, { n: 1 })
    await crashAfterStart(test)
    const { lane: _, ...held } = test.store.read(id) as Job
    test.store.put(held)
    await scan(test)
    await test.drain()
    expect(starts[0]).toBeGreaterThanOrEqual(held.leaseUntil ?? Number.POSITIVE_INFINITY)
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED' })
  })

  it('an item that moved on after the scan is refused, not overwritten', async () => {
    const { test } = runnerWith(() => undefined)
    test.store.put(foreign('stray', 'AVAILABLE'))
    const stale = await test.store.scan(0, 1)
    await scan(test)
    const adopted = test.store.read('stray')
    const scanner = { scan: () => Promise.resolve(stale) }
    const again = await reconcile({ ...test.deps, scanner }, test.clock.now() + hour)
    expect(again).toMatchObject({ looked: 256, adopted: 0, setAside: 0 })
    expect(test.store.read('stray')).toEqual(adopted)
  })

  it('a stray whose write fails is set aside, and the next scan adopts it', async () => {
    const { test, flaky } = runnerWith(() => undefined)
    for (const id of ['a', 'b', 'c']) test.store.put(foreign(id, 'AVAILABLE'))
    flaky.breakNext('adoptIfStray', 'failed')
    expect(await scan(test)).toMatchObject({ adopted: 2, setAside: 1 })
    expect(await scan(test)).toMatchObject({ adopted: 1, setAside: 0 })
  })

  it('finds the shards that no tick ever recorded, and the sweeper walks them from then on', async () => {
    const { test, starts } = runnerWith(() => undefined)
    const forgotten: RawJob = {
      ...foreign('far-shard', 'SCHEDULED'),
      queue: 'default',
      shard: 40,
      lane: 'default#live#40',
      lookAt: test.clock.now(),
      attempt: 0,
      attemptsLeft: 5,
      fence: 0,
      scheduledAt: test.clock.now(),
      insertedAt: test.clock.now(),
    }
    test.store.put(forgotten)
    await test.advance('5m')
    expect(starts).toHaveLength(0)
    await scan(test)
    await test.advance('5m')
    expect(starts).toHaveLength(1)
  })

  it('stops when its time is up, and says so', async () => {
    const { test } = runnerWith(() => undefined)
    test.store.put(foreign('stray', 'AVAILABLE'))
    const report = await scan(test, test.clock.now())
    expect(report).toEqual({ looked: 0, adopted: 0, forgotten: 0, setAside: 0, isComplete: false })
    expect(test.events.at(-1)).toEqual({ name: 'reconciled', ...report })
  })

  it('reads no more than 500 units a second', async () => {
    const { test } = runnerWith(() => undefined)
    const startAt = test.clock.now()
    const scanned: number[] = []
    const page = (segment: number) => {
      scanned.push(test.clock.now() - startAt)
      return Promise.resolve({ jobs: [], looked: 1_000, readUnits: segment < 4 ? 125 : 0, next: undefined })
    }
    const working = reconcile({ ...test.deps, scanner: { scan: page } }, startAt + hour)
    await test.clock.advance(2_000)
    await working
    expect(scanned).toHaveLength(256)
    expect(scanned.at(-1)).toBe(1_000)
  })

  it('every part gets its turn: a run begins anywhere', async () => {
    const { test } = runnerWith(() => undefined)
    const firsts = new Set<number>()
    const page = (segment: number) => {
      firsts.add(segment)
      return Promise.reject(new Error('not today'))
    }
    for (let run = 0; run < 50; run += 1) {
      await expect(reconcile({ ...test.deps, scanner: { scan: page } }, test.clock.now() + hour)).rejects.toThrow(
        'not today',
      )
    }
    expect(firsts.size).toBeGreaterThan(30)
  })
})
