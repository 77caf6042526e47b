import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { tick } from '../../lib/app/sweeper/tick.ts'
import type { Job } from '../../lib/core/job/job.ts'
import { defineJob } from '../../lib/define/define-job.ts'
import { defineRunner } from '../../lib/define/define-runner.ts'
import { handle } from '../../lib/define/handle.ts'
import { createTestRunner, type TestRunnerOptions } from '../../lib/testing.ts'
import { FlakyStore } from '../support/flaky-store.ts'
import { runnerWith } from '../support/jobs.ts'

const minute = 60_000

type Wrap = NonNullable<TestRunnerOptions['wrapStore']>

/** Notes each lane that is queried. */
const spyLanes =
  (lanes: string[]): Wrap =>
  store =>
    new FlakyStore(store, { onDue: lane => lanes.push(lane) })

/** Eight lanes with more rows than a tick has time for, and one due job in another queue. */
function deepQueue() {
  let elapsedMs = 0
  const lanes: string[] = []
  const deep = defineJob({ type: 'deep', input: v.object({}) })
  const other = defineJob({ type: 'other', input: v.object({}), queue: 'other' })
  const runner = defineRunner({ jobs: [deep, other], queues: { default: { shards: 8 }, other: { shards: 1 } } })
  const test = createTestRunner({
    runner,
    handlers: [handle(deep, () => undefined), handle(other, () => undefined)],
    hasTicks: false,
    wrapStore: store =>
      new FlakyStore(store, {
        onDue: lane => {
          lanes.push(lane)
          elapsedMs += pageMs
        },
      }),
  })
  for (let n = 0; n < 8_000; n += 1) test.store.put(dueJob(`deep-${n}`, { type: 'deep', shard: n % 8 }))
  test.store.put(dueJob('other', { type: 'other', queue: 'other', shard: 0 }))
  const clock = {
    now: () => test.clock.now() + elapsedMs,
    sleep: test.clock.sleep.bind(test.clock),
    turn: test.clock.turn.bind(test.clock),
  }
  return { test, lanes, deps: { ...test.deps, clock } }
}
/** Forty pages of rows, and time for fewer. */
const pageMs = 2_000

/** A job that is due since the beginning of time. */
const dueJob = (id: string, { type = 'work', queue = 'default', shard = 0 }: Partial<Job>): Job => ({
  id,
  type,
  queue,
  state: 'SCHEDULED',
  input: '{"n":1}',
  attempt: 0,
  attemptsLeft: 5,
  scheduledAt: 1,
  insertedAt: 1,
  fence: 0,
  shard,
  lane: `${queue}#live#${shard}`,
  lookAt: 1,
})

/** One lane whose writes fail for all jobs, for some, or for none. */
function throttledLane() {
  let isThrottled: (id: string) => boolean = () => true
  const pages: number[] = []
  const { test } = runnerWith(
    () => undefined,
    {},
    {
      hasTicks: false,
      wrapStore: store =>
        new FlakyStore(store, {
          onDue: (lane, limit) => lane === 'default#live#0' && pages.push(limit),
          isThrottled: change => isThrottled(change.id),
        }),
    },
  )
  return {
    test,
    pages,
    throttle: (which: boolean | ((id: string) => boolean)) => {
      isThrottled = typeof which === 'function' ? which : () => which
    },
    put: (count: number) => {
      for (let n = 0; n < count; n += 1) test.store.put(dueJob(`job-${String(n).padStart(4, '0')}`, {}))
    },
  }
}

describe('the walk over the lanes', () => {
  it('a lane that cannot be read once is read again in the same tick, and the fault is counted', async () => {
    const { test, work, flaky } = runnerWith(() => undefined, {}, { hasTicks: false })
    for (let n = 0; n < 8; n += 1) await test.enqueue(work, { n }, { delay: '20m' })
    await test.advance('21m')
    flaky.breakNext('due', 'failed')
    const ticked = test.tick()
    await test.clock.advance(5_000)
    expect(await ticked).toMatchObject({ dispatched: 8, leftOver: 0, isComplete: true })
    expect(test.events.filter(({ name }) => name === 'store_failed')).toHaveLength(1)
  })

  it('a lane that cannot be read at all is left to the next tick, which fails nobody else', async () => {
    const { test, work, flaky } = runnerWith(() => undefined, {}, { hasTicks: false })
    const { id } = await test.enqueue(work, { n: 1 }, { delay: '20m' })
    await test.enqueue(work, { n: 2 }, { delay: '20m' })
    await test.advance('21m')
    flaky.breakLane(test.store.read(id)?.lane ?? '')
    const ticked = test.tick()
    await test.clock.advance(minute)
    expect(await ticked).toMatchObject({ dispatched: 1, isComplete: false })
    flaky.breakLane(undefined)
    expect(await test.tick()).toMatchObject({ dispatched: 1, isComplete: true })
  })

  it('throws when no lane at all can be read', async () => {
    const { test, flaky } = runnerWith(() => undefined, {}, { hasTicks: false })
    flaky.breakNext('due', ...Array.from({ length: 200 }, () => 'failed' as const))
    const ticked = test.tick().catch((error: unknown) => error)
    await test.clock.advance(minute)
    expect(await ticked).toMatchObject({ code: 'unavailable' })
  })

  it('deep lanes keep nobody from the others: each lane has its page in every tick (I15)', async () => {
    const { test, lanes, deps } = deepQueue()
    const report = await tick(deps, deps.clock.now() + minute)
    expect(report).toMatchObject({ isComplete: false })
    expect(lanes.length).toBeLessThan(40)
    expect(test.store.read('other')?.state).toBe('RESERVED')
    expect(new Set(lanes.slice(0, 9)).size).toBe(9)
    expect(new Set(lanes.slice(9, 17)).size).toBe(8)
  })

  it('begins at a lane chosen by chance, so that two ticks seldom meet', async () => {
    const firsts = new Set<string | undefined>()
    for (let seed = 1; seed <= 20; seed += 1) {
      const lanes: string[] = []
      const { test } = runnerWith(() => undefined, {}, { hasTicks: false, seed, wrapStore: spyLanes(lanes) })
      await test.tick()
      // Sixteen of the queue, and one of the queue of bulk acts.
      expect(new Set(lanes).size).toBe(17)
      firsts.add(lanes[0])
    }
    expect(firsts.size).toBeGreaterThan(5)
  })

  it('a throttled page goes on in the same tick, more slowly, and the tick is complete only then', async () => {
    const { test, throttle, put } = throttledLane()
    put(400)
    const ticked = test.tick()
    await test.clock.advance(20_000)
    throttle(false)
    await test.clock.advance(40_000)
    const report = await ticked
    expect(report).toMatchObject({ looked: 400, dispatched: 400, setAside: 0, leftOver: 0, isComplete: true })
  })

  it('counts apart what was sent, what was left over and what is damaged', async () => {
    const { test, throttle, put } = throttledLane()
    put(30)
    test.store.put({ id: 'damaged', lane: 'default#live#0', lookAt: 0 })
    const ticked = test.tick()
    await test.clock.advance(minute)
    expect(await ticked).toMatchObject({ looked: 31, dispatched: 0, setAside: 1, leftOver: 30, isComplete: false })
    throttle(false)
    expect(await test.tick()).toMatchObject({ dispatched: 30, setAside: 1, leftOver: 0, isComplete: true })
  })

  it('a job whose write always fails keeps the rest of its lane waiting for seconds only (I15)', async () => {
    const { test, throttle, put } = throttledLane()
    put(600)
    throttle(id => id === 'job-0000')
    const ticked = test.tick()
    await test.clock.advance(minute)
    expect(await ticked).toMatchObject({ looked: 600, dispatched: 599, leftOver: 1, isComplete: false })
  })

  it('halves its pages while writes fail, and doubles them again afterwards', async () => {
    const { test, throttle, put, pages } = throttledLane()
    put(1_000)
    throttle(id => id === 'job-0000' && pages.length < 2)
    const ticked = test.tick()
    await test.clock.advance(minute)
    expect(await ticked).toMatchObject({ dispatched: 1_000, isComplete: true })
    expect(pages.slice(0, 3)).toEqual([200, 100, 200])
  })
})
