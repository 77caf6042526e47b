import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { enqueue } from '../../lib/app/enqueue/enqueue.ts'
import { tick } from '../../lib/app/sweeper/tick.ts'
import { runBatch } from '../../lib/app/worker/run-batch.ts'
import type { RunContext } from '../../lib/core/definition/run-context.ts'
import { defineJob } from '../../lib/define/define-job.ts'
import { defineRunner } from '../../lib/define/define-runner.ts'
import { handle } from '../../lib/define/handle.ts'
import type { Clock } from '../../lib/ports/clock.ts'
import { createTestRunner } from '../../lib/testing.ts'
import { runnerWith } from '../support/jobs.ts'

const second = 1_000

/** A machine whose clock goes ahead of (or behind) the true time. */
const skewed = (clock: Clock, byMs: number): Clock => ({
  now: () => clock.now() + byMs,
  sleep: (milliseconds, signal) => clock.sleep(milliseconds, signal),
  turn: () => clock.turn(),
})

describe('clocks that are two seconds apart', () => {
  const cases = [5, 70, 1_200].flatMap(delay =>
    [-2, 0, 2].flatMap(client => [-2, 0, 2].map(worker => [delay, client, worker] as const)),
  )
  it.each(cases)(
    'due in %i s, the client %i s off, the worker %i s off: not early by the worker, at most 1.1 s after the last clock',
    async (delay, client, worker) => {
      const job = defineJob({ type: 'timed', input: v.object({}) })
      const startedAt: number[] = []
      const handlers = [handle(job, () => void startedAt.push(test.clock.now() + worker * second))]
      const test = createTestRunner({ runner: defineRunner({ jobs: [job] }), handlers, hasTicks: false })
      const clientDeps = { ...test.deps, clock: skewed(test.clock, client * second) }
      const workerDeps = { ...test.deps, clock: skewed(test.clock, worker * second) }
      const dueAt = test.clock.now() + (client + delay) * second
      await enqueue(clientDeps, { type: 'timed', input: {}, delay: `${delay}s` })
      const running: Promise<unknown>[] = []
      // True time moves on by a tenth of a second; the sweeper ticks each minute on the true clock.
      for (let step = 0; startedAt.length === 0 && step < 13_000; step += 1) {
        if (step % 600 === 0) await tick(test.deps, Number.POSITIVE_INFINITY)
        const received = test.queue.receive('default', 10, 900_000)
        if (received.length > 0) {
          const endAt = workerDeps.clock.now() + 900_000
          running.push(runBatch(workerDeps, handlers, { queue: 'default', deliveries: received, endAt }))
        }
        await test.clock.advance(100)
      }
      expect(startedAt).toHaveLength(1)
      // When the clock of each that is involved strikes the due time, in true time: whoever counts the delay, the worker.
      const strikes = [delay > 900 ? 0 : client, worker].map(offset => dueAt - offset * second)
      const startedTrulyAt = (startedAt[0] ?? 0) - worker * second
      expect(startedTrulyAt).toBeGreaterThanOrEqual(dueAt - worker * second)
      expect(startedTrulyAt).toBeLessThanOrEqual(Math.max(...strikes) + 1_100)
      await Promise.all(running)
    },
  )
})

describe('a run and its time', () => {
  it("a heartbeat moves the deadline on, within the function's own time", async () => {
    const deadlines: number[] = []
    const { test, work } = runnerWith(async (_, ctx: RunContext) => {
      deadlines.push(ctx.deadline)
      await test.clock.sleep(50_000)
      await ctx.heartbeat()
      deadlines.push(ctx.deadline)
      await test.clock.sleep(50_000)
      return 'after 100 s'
    })
    const { id } = await test.enqueue(work, { n: 1 })
    await test.drain()
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', attempt: 1, result: 'after 100 s' })
    expect((deadlines[1] ?? 0) - (deadlines[0] ?? 0)).toBe(50_000)
  })

  it('progress is written at most once a second; what is out of range is ignored', async () => {
    const { test, work } = runnerWith(async (_, ctx: RunContext) => {
      await ctx.progress(10)
      await ctx.progress(20)
      await test.clock.sleep(1_000)
      await ctx.progress(30.4)
      for (const wrong of [101, -1, Number.NaN, '50' as unknown as number]) await ctx.progress(wrong)
      await test.clock.sleep(1_000)
    })
    const { id } = await test.enqueue(work, { n: 1 })
    await test.settle()
    expect(await test.get(id)).toMatchObject({ progress: 10 })
    await test.advance('1s')
    expect(await test.get(id)).toMatchObject({ progress: 30 })
    await test.drain()
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', progress: 100 })
  })

  it('looks for a cancel without reading the input, and still knows how large the item is', async () => {
    const { test, work, flaky } = runnerWith(async () => {
      await test.clock.sleep(15_000)
      // With the input it is too large for an item; without it, it would fit.
      return 'x'.repeat(300_000)
    })
    const parts: unknown[] = []
    const get = flaky.get.bind(flaky)
    flaky.get = (ids, part) => {
      parts.push(part)
      return get(ids, part)
    }
    const { id } = await test.enqueue(work, { n: 1 })
    const stored = test.store.read(id)
    if (stored === undefined) throw new Error('no job')
    test.store.put({ ...stored, input: JSON.stringify({ n: 1, more: 'y'.repeat(200_000) }) })
    await test.drain()
    expect(parts[0]).toBe('control')
    expect(await test.get(id)).toMatchObject({ state: 'FAILED', error: { name: 'JobTooLarge' } })
  })

  it('a run whose job was taken away is told by its signal, and writes nothing', async () => {
    const reasons: unknown[] = []
    const { test, work } = runnerWith(async (_, ctx: RunContext) => {
      const stored = test.store.read(ctx.job.id)
      if (stored !== undefined) test.store.put({ ...stored, owner: 'somebody-else' })
      await test.clock.sleep(30_000, ctx.signal)
      reasons.push(ctx.signal.reason)
    })
    const { id } = await test.enqueue(work, { n: 1 })
    await test.advance('15s')
    expect(reasons).toMatchObject([{ code: 'run_stopped', stop: 'lost' }])
    expect(test.store.read(id)).toMatchObject({ state: 'IN_PROGRESS', owner: 'somebody-else' })
    expect(test.events.filter(({ name }) => name === 'late_write')).toHaveLength(1)
  })

  it('a handler that runs on after its end cannot write any more', async () => {
    let late: Promise<unknown> = Promise.resolve()
    const { test, work } = runnerWith((_, ctx: RunContext) => {
      late = test.clock
        .sleep(5_000)
        .then(() => ctx.heartbeat())
        .catch((error: unknown) => error)
      return 'done'
    })
    const { id } = await test.enqueue(work, { n: 1 })
    await test.advance('10s')
    expect(await late).toMatchObject({ code: 'run_stopped' })
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', result: 'done' })
  })

  it('a function without time left starts nothing and charges no attempt', async () => {
    const { test, work, starts } = runnerWith(() => undefined)
    const { id } = await test.enqueue(work, { n: 1 })
    const received = test.queue.receive('default', 10, 900_000)
    const kept = await runBatch(test.deps, [], { queue: 'default', deliveries: [], endAt: test.clock.now() })
    expect(kept).toEqual([])
    const handler = handle(work, () => undefined)
    expect(
      await runBatch(test.deps, [handler], { queue: 'default', deliveries: received, endAt: test.clock.now() }),
    ).toEqual([received[0]?.messageId])
    expect(test.store.read(id)).toMatchObject({ state: 'RESERVED', attempt: 0 })
    await test.drain()
    expect(starts).toHaveLength(1)
  })

  it('middleware wraps the run, the first outermost, and its error fails the run', async () => {
    const order: string[] = []
    const job = defineJob({ type: 'wrapped', input: v.object({}), maxAttempts: 1 })
    const wrap = (name: string) => async (_: unknown, next: () => Promise<unknown>) => {
      order.push(`${name} in`)
      const result = await next()
      order.push(`${name} out`)
      return `${name}(${String(result)})`
    }
    const runner = defineRunner({ jobs: [job], middleware: [wrap('a'), wrap('b')] })
    const test = createTestRunner({ runner, handlers: [handle(job, () => 'x')] })
    const { id } = await test.enqueue(job, {})
    await test.drain()
    expect(order).toEqual(['a in', 'b in', 'b out', 'a out'])
    expect(await test.get(id)).toMatchObject({ result: 'a(b(x))' })
    const failing = defineRunner({ jobs: [job], middleware: [() => Promise.reject(new Error('no entry'))] })
    const other = createTestRunner({ runner: failing, handlers: [handle(job, () => 'x')] })
    const { id: failed } = await other.enqueue(job, {})
    await other.drain()
    expect(await other.get(failed)).toMatchObject({ state: 'FAILED', error: { message: 'no entry' } })
  })
})
