/** One job must never decide about the others of its batch. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runBatch } from '../../lib/app/worker/run-batch.ts'
import { defaultPolicy, leaseMs } from '../../lib/core/definition/policy.ts'
import type { RunContext } from '../../lib/core/definition/run-context.ts'
import { handle } from '../../lib/define/handle.ts'
import type { TestRunner } from '../../lib/testing.ts'
import { runnerWith } from '../support/jobs.ts'

const lease = leaseMs(defaultPolicy)

describe('a promise that no handler awaits', () => {
  const unhandled: unknown[] = []
  const note = (reason: unknown) => unhandled.push(reason)
  // Vitest has a listener of its own, which would fail the run before this test can look.
  let others: NodeJS.UnhandledRejectionListener[] = []
  beforeEach(() => {
    unhandled.length = 0
    others = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    process.on('unhandledRejection', note)
  })
  afterEach(() => {
    process.removeAllListeners('unhandledRejection')
    for (const listener of others) process.on('unhandledRejection', listener)
  })

  it.each<[string, (ctx: RunContext) => void]>([
    ['a heartbeat', ctx => void ctx.heartbeat()],
    ['a progress report', ctx => void ctx.progress(10)],
  ])('%s, while the store does not answer: the run goes on', async (_, act) => {
    const { test, work, flaky } = runnerWith(async (_input, ctx) => {
      act(ctx)
      await test.clock.sleep(3_000)
      return 'done'
    })
    flaky.breakNext('heartbeatIfOwner', 'failed')
    const { id } = await test.enqueue(work, { n: 1 })
    await test.drain()
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', attempt: 1, result: 'done' })
    expect(unhandled).toEqual([])
  })

  it.each<[string, (ctx: RunContext) => void]>([
    ['a heartbeat', ctx => void ctx.heartbeat()],
    ['a progress report', ctx => void ctx.progress(10)],
  ])('%s after the end of its run: nothing happens', async (_, act) => {
    const { test, work } = runnerWith((_input, ctx) => {
      void test.clock.sleep(2_000).then(() => act(ctx))
      return 'done'
    })
    const { id } = await test.enqueue(work, { n: 1 })
    await test.advance('10s')
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', attempt: 1 })
    expect(unhandled).toEqual([])
  })
})

it('an awaited progress report never rejects, whatever the store does', async () => {
  const { test, work, flaky } = runnerWith(
    async (_, ctx) => {
      await ctx.progress(50)
      return 'done'
    },
    { maxAttempts: 1 },
  )
  flaky.breakNext('heartbeatIfOwner', 'failed')
  const { id } = await test.enqueue(work, { n: 1 })
  await test.drain()
  expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', attempt: 1, progress: 100 })
  expect(test.events).toContainEqual(expect.objectContaining({ name: 'store_failed', transition: 'heartbeatIfOwner' }))
})

/**
 * Hands batches to workers as an event source mapping does, and takes a worker's process away as soon as a job of it says
 * so: whatever the worker does from then on is lost, its messages come back when they become visible.
 */
async function workUntilEnd(test: TestRunner, isFatal: (n: number) => boolean): Promise<number> {
  const work = test.deps.runner.jobs['work']
  if (work === undefined) throw new Error('no such job')
  let deaths = 0
  for (let round = 0; round < 400; round += 1) {
    const live = test.store.all().filter(({ finishedAt }) => finishedAt === undefined)
    if (live.length === 0) break
    const received = test.queue.receive('default', 10, 900_000)
    if (received.length === 0) {
      await test.clock.advance(1_000)
      if (round % 60 === 0) await test.tick()
      continue
    }
    let die: (value: 'dead') => void = () => {}
    const dead = new Promise<'dead'>(resolve => {
      die = resolve
    })
    const gone = new Promise<never>(() => {})
    let isDead = false
    // What a process that has ended asks for never arrives.
    const alive =
      <In extends readonly unknown[], Out>(ask: (...of: In) => Promise<Out>) =>
      (...of: In): Promise<Out> =>
        isDead ? gone : ask(...of)
    const { store, queue, clock } = test.deps
    const deps = {
      ...test.deps,
      clock: { now: () => clock.now(), turn: () => clock.turn(), sleep: alive(clock.sleep.bind(clock)) },
      store: {
        insert: alive(store.insert.bind(store)),
        apply: alive(store.apply.bind(store)),
        get: alive(store.get.bind(store)),
        due: alive(store.due.bind(store)),
        lane: alive(store.lane.bind(store)),
        count: alive(store.count.bind(store)),
      },
      queue: {
        send: alive(queue.send.bind(queue)),
        setVisibility: alive(queue.setVisibility.bind(queue)),
        depth: alive(queue.depth.bind(queue)),
      },
    }
    const handler = handle(work, async input => {
      const { n } = input as { n: number }
      await clock.sleep(100)
      if (isFatal(n)) {
        isDead = true
        deaths += 1
        die('dead')
        await gone
      }
      await clock.sleep(1_000)
      return n
    })
    const batch = { queue: 'default', deliveries: received, endAt: clock.now() + lease + 6_000 }
    const ending = Promise.race([runBatch(deps, [handler], batch), dead])
    let ended: 'dead' | readonly string[] | undefined
    void ending.then(outcome => {
      ended = outcome
    })
    // oxlint-disable-next-line no-unmodified-loop-condition -- the promise above sets it while the clock goes on
    while (ended === undefined) await test.clock.advance(100)
    if (ended === 'dead') continue
    const kept = new Set(ended)
    for (const { messageId, receipt } of received) if (!kept.has(messageId)) test.queue.delete('default', receipt)
  }
  return deaths
}

describe('a job that takes its process down', () => {
  it('ends FAILED alone; the nine that were in its batch complete', async () => {
    const { test, work } = runnerWith(() => undefined)
    const ids = new Map<string, number>()
    for (let n = 0; n < 10; n += 1) ids.set((await test.enqueue(work, { n })).id, n)
    const deaths = await workUntilEnd(test, n => n === 3)
    const jobs = await Promise.all([...ids.keys()].map(id => test.get(id)))
    for (const job of jobs) {
      const isPoison = ids.get(job?.id ?? '') === 3
      expect(job).toMatchObject(isPoison ? { state: 'FAILED', error: { name: 'Crashed' } } : { state: 'COMPLETED' })
    }
    expect(deaths).toBe(5)
  })
})
