import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { resendAll } from '../../lib/app/sweeper/resend-all.ts'
import { startAvailable } from '../../lib/app/sweeper/start-available.ts'
import { tick } from '../../lib/app/sweeper/tick.ts'
import type { Job } from '../../lib/core/job/job.ts'
import { Unwritable } from '../../lib/core/values/errors.ts'
import { defineJob } from '../../lib/define/define-job.ts'
import { defineRunner } from '../../lib/define/define-runner.ts'
import { handle } from '../../lib/define/handle.ts'
import { createTestRunner } from '../../lib/testing.ts'
import { crashAfterStart } from '../support/crashed.ts'
import { runnerWith } from '../support/jobs.ts'

const minute = 60_000

describe('the tick', () => {
  it('two at once dispatch a job once (F22)', async () => {
    const { test, work, starts } = runnerWith(() => undefined, {}, { hasTicks: false })
    await test.enqueue(work, { n: 1 }, { delay: '16m' })
    await test.advance('870s')
    const [one, other] = await Promise.all([test.tick(), test.tick()])
    expect(one.dispatched + other.dispatched).toBe(1)
    await test.drain()
    expect(starts).toHaveLength(1)
  })

  it('a damaged item at the head is set aside and hides nobody (F24, F25)', async () => {
    const { test, work, starts } = runnerWith(() => undefined)
    const { id } = await test.enqueue(work, { n: 1 }, { delay: '20m' })
    const lane = test.store.read(id)?.lane ?? ''
    for (let index = 0; index < 250; index += 1) test.store.put({ id: `damaged-${index}`, lane, lookAt: 0 })
    await test.advance('21m')
    expect(starts).toHaveLength(1)
    expect(test.events.filter(({ name }) => name === 'job_set_aside').length).toBeGreaterThanOrEqual(250)
  })

  it('messages that could not be sent are not counted as dispatched', async () => {
    const { test, work } = runnerWith(() => undefined, {}, { hasTicks: false })
    await test.enqueue(work, { n: 1 }, { delay: '20m' })
    await test.advance('21m')
    const send = async (_: string, messages: readonly unknown[]) =>
      messages.map(() => ({ kind: 'failed', error: new Error('no') }) as const)
    const queue = { send, setVisibility: async () => [], depth: async () => ({ visible: 0, inFlight: 0, delayed: 0 }) }
    expect(await tick({ ...test.deps, queue }, test.clock.now() + minute)).toMatchObject({ dispatched: 0 })
  })

  it('says how late the oldest due row is', async () => {
    const { test, work } = runnerWith(() => undefined, {}, { hasTicks: false })
    await test.enqueue(work, { n: 1 }, { delay: '20m' })
    await test.advance('25m')
    const report = await test.tick()
    expect(report.oldestDueMs).toBe(6.5 * minute)
    expect(report.isComplete).toBe(true)
  })

  it('stops when its time is up, and says so', async () => {
    const { test, work } = runnerWith(() => undefined, {}, { hasTicks: false })
    await test.enqueue(work, { n: 1 }, { delay: '20m' })
    await test.advance('25m')
    expect(await tick(test.deps, test.clock.now())).toMatchObject({ dispatched: 0, isComplete: false })
  })

  it('walks every shard ever used: a number that was lowered hides no job', async () => {
    const job = defineJob({ type: 'work', input: v.object({}) })
    const starts: string[] = []
    const handlers = [handle(job, (_, ctx) => void starts.push(ctx.job.id))]
    const many = createTestRunner({
      runner: defineRunner({ jobs: [job], queues: { default: { shards: 32 } } }),
      handlers,
    })
    for (let n = 0; n < 40; n += 1) await many.enqueue(job, {}, { delay: '1h' })
    await many.tick()
    const few = createTestRunner({
      runner: defineRunner({ jobs: [job], queues: { default: { shards: 1 } } }),
      handlers,
      wrapStore: () => many.store,
    })
    await few.records.putIfAbsent(many.records.all())
    await few.advance('62m')
    expect(starts).toHaveLength(40)
  })

  it('hands out the jobs of one page by priority', async () => {
    const order: number[] = []
    const { test, work } = runnerWith(({ n }) => void order.push(n), { maxAttempts: 1 }, { hasTicks: false })
    const lanes = new Set<string>()
    for (const n of [3, 1, 2]) {
      const { id } = await test.enqueue(work, { n }, { delay: '20m', priority: n })
      const job = test.store.read(id) as Job
      test.store.put({ ...job, lane: 'default#live#0', shard: 0 })
      lanes.add(job.lane ?? '')
    }
    await test.advance('25m')
    await test.tick()
    await test.settle()
    expect(order).toEqual([1, 2, 3])
  })
})

describe('the dispatcher', () => {
  const foreign = { id: 'foreign-1', type: 'work', state: 'AVAILABLE', input: '{"n":1}' } as const

  it('adopts an item that holds no more than id, type, state and input, and starts it at once', async () => {
    const { test, starts } = runnerWith(() => undefined)
    test.store.put(foreign)
    expect(await startAvailable(test.deps, [test.store.read('foreign-1') as Job])).toEqual([])
    await test.settle()
    expect(starts).toHaveLength(1)
    expect(await test.get('foreign-1')).toMatchObject({ state: 'COMPLETED', attempt: 1, queue: 'default' })
  })

  it('takes a FAILED job that an operator edited to AVAILABLE for a requeue', async () => {
    let isBroken = true
    const { test, work } = runnerWith(
      () => {
        if (isBroken) throw new Error('broken')
      },
      { maxAttempts: 1 },
    )
    const { id } = await test.enqueue(work, { n: 1 })
    await test.drain()
    isBroken = false
    test.store.put({ ...(test.store.read(id) as Job), state: 'AVAILABLE' })
    await startAvailable(test.deps, [test.store.read(id) as Job])
    const adopted = test.store.read(id)
    for (const name of ['ttl', 'finishedAt', 'owner']) expect(adopted).not.toHaveProperty(name)
    await test.drain()
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', generation: 2, attempt: 1 })
  })

  it('delays a job that was edited while it ran until its lease is over: one owner at a time (I2)', async () => {
    const { test, work, starts } = runnerWith(() => undefined)
    const { id } = await test.enqueue(work, { n: 1 })
    await crashAfterStart(test)
    const { leaseUntil } = test.store.read(id) as Job
    test.store.put({ ...(test.store.read(id) as Job), state: 'AVAILABLE' })
    await startAvailable(test.deps, [test.store.read(id) as Job])
    await test.drain()
    expect(starts[0]).toBeGreaterThanOrEqual(leaseUntil ?? Number.POSITIVE_INFINITY)
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED' })
  })

  it('an old image of a job that has moved on does nothing', async () => {
    const { test } = runnerWith(() => undefined)
    test.store.put(foreign)
    const image = test.store.read('foreign-1') as Job
    await startAvailable(test.deps, [image])
    await test.drain()
    const ended = test.store.read('foreign-1')
    expect(await startAvailable(test.deps, [image])).toEqual([])
    expect(test.store.read('foreign-1')).toEqual(ended)
  })

  it('names the items whose write failed, so that the stream brings them again', async () => {
    const { test, flaky, starts } = runnerWith(() => undefined)
    test.store.put(foreign)
    flaky.breakNext('adoptIfAvailable', 'failed', 'failed')
    const working = startAvailable(test.deps, [test.store.read('foreign-1') as Job])
    await test.advance('1s')
    expect(await working).toEqual(['foreign-1'])
    await startAvailable(test.deps, [test.store.read('foreign-1') as Job])
    await test.settle()
    expect(starts).toHaveLength(1)
  })

  it('sets an item aside whose write can never succeed: the stream must not wait for it (I15)', async () => {
    const { test, starts } = runnerWith(() => undefined)
    for (const id of ['outgrown', 'foreign-1']) test.store.put({ ...foreign, id })
    const store: typeof test.deps.store = Object.assign(Object.create(test.deps.store) as typeof test.deps.store, {
      apply: async (changes: Parameters<typeof test.deps.store.apply>[0]) =>
        (await test.deps.store.apply(changes)).map((outcome, index) =>
          changes[index]?.id === 'outgrown' ? { kind: 'failed', error: new Unwritable('Item size') } : outcome,
        ),
    })
    const images = ['outgrown', 'foreign-1'].map(id => test.store.read(id) as Job)
    const working = startAvailable({ ...test.deps, store }, images)
    await test.advance('1s')
    expect(await working).toEqual([])
    expect(test.events.filter(({ name }) => name === 'job_set_aside')).toEqual([
      { name: 'job_set_aside', id: 'outgrown', error: 'Item size' },
    ])
    await test.settle()
    expect(starts).toHaveLength(1)
  })

  it('a foreign job that is due far ahead waits for the sweeper', async () => {
    const { test, starts } = runnerWith(() => undefined)
    const dueAt = test.clock.now() + 3_600_000
    test.store.put({ ...foreign, scheduledAt: dueAt })
    await startAvailable(test.deps, [test.store.read('foreign-1') as Job])
    expect(test.store.read('foreign-1')).toMatchObject({ state: 'SCHEDULED' })
    await test.drain()
    expect(starts).toHaveLength(1)
    expect(starts[0]).toBeGreaterThanOrEqual(dueAt)
    expect(starts[0]).toBeLessThanOrEqual(dueAt + 1_100)
  })
})

describe('recall, when a queue has lost its messages', () => {
  it('sends again for waiting jobs at the next tick, and leaves those alone that had no message', async () => {
    const { test, work, starts } = runnerWith(() => undefined)
    const now = test.clock.now()
    await test.enqueue(work, { n: 1 })
    await test.enqueue(work, { n: 2 }, { delay: '200s' })
    await test.enqueue(work, { n: 3 }, { delay: '2h' })
    test.queue.purge()
    expect(await resendAll(test.deps)).toBe(2)
    await test.drain()
    const lateMs = starts.map((at, index) => at - now - ([0, 200_000, 7_200_000][index] ?? Number.NaN))
    expect(lateMs).toHaveLength(3)
    for (const late of lateMs) {
      expect(late).toBeGreaterThanOrEqual(0)
      expect(late).toBeLessThanOrEqual(minute + 1_100)
    }
  })

  it('looks at a running job again when its lease ends', async () => {
    const { test, work } = runnerWith(() => undefined)
    const { id } = await test.enqueue(work, { n: 1 })
    await crashAfterStart(test, 'dead-worker', true)
    const { leaseUntil } = test.store.read(id) as Job
    await resendAll(test.deps)
    expect(test.store.read(id)?.lookAt).toBe(leaseUntil)
    await test.drain()
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', crashes: 1 })
  })
})
