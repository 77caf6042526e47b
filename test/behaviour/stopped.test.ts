/** After the signal of a run has aborted, nothing that its handler does counts. */
import { describe, expect, it } from 'vitest'
import { FailForGood } from '../../lib/core/definition/handler-errors.ts'
import type { RunContext } from '../../lib/core/definition/run-context.ts'
import type { Job } from '../../lib/core/job/job.ts'
import { runnerWith } from '../support/jobs.ts'

type Ending = readonly [string, (ctx: RunContext) => unknown]

const endings: readonly Ending[] = [
  ['returns nothing', () => undefined],
  ['returns what it has', () => ({ rows: 10, of: 50 })],
  ['throws the reason of the signal', ctx => Promise.reject(ctx.signal.reason)],
  ['throws FailForGood', () => Promise.reject(new FailForGood('gave up'))],
  ['snoozes', ctx => ctx.snooze('1s')],
]

describe('a run whose time is up is timed out and tried again, although its handler', () => {
  it.each(endings)('%s', async (_, end) => {
    const { test, work, starts } = runnerWith(async (_input, ctx) => {
      if (ctx.attempt > 1) return 'second'
      await test.clock.sleep(120_000, ctx.signal)
      return end(ctx)
    })
    const { id } = await test.enqueue(work, { n: 1 })
    await test.advance('62s')
    expect(await test.get(id)).toMatchObject({ state: 'RETRY', attempt: 1, error: { name: 'TimedOut' } })
    await test.drain()
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', attempt: 2, result: 'second' })
    expect(starts).toHaveLength(2)
  })
})

describe('a cancelled run ends CANCELLED, although its handler', () => {
  it.each(endings)('%s', async (_, end) => {
    const { test, work, starts } = runnerWith(async (_input, ctx) => {
      await test.clock.sleep(50_000, ctx.signal)
      return end(ctx)
    })
    const { id } = await test.enqueue(work, { n: 1 })
    await test.settle()
    expect(await test.cancel(id)).toEqual({ kind: 'cancelRequested' })
    await test.drain()
    expect(await test.get(id)).toMatchObject({ state: 'CANCELLED', attempt: 1 })
    expect(await test.get(id)).not.toHaveProperty('result')
    expect(starts).toHaveLength(1)
  })
})

it('a heartbeat does not bring a run back whose time was up', async () => {
  const late: unknown[] = []
  const { test, work } = runnerWith(async (_, ctx) => {
    if (ctx.attempt > 1) return
    await test.clock.sleep(120_000, ctx.signal)
    late.push(await ctx.heartbeat().catch((error: unknown) => error))
  })
  const { id } = await test.enqueue(work, { n: 1 })
  await test.advance('60s')
  const stored: Job | undefined = test.store.read(id)
  expect(late).toMatchObject([{ code: 'run_stopped', stop: 'timedOut' }])
  expect(stored).toMatchObject({ state: 'RETRY' })
})

it('a value that is there when the time is up counts', async () => {
  const { test, work } = runnerWith(() => test.clock.sleep(59_999).then(() => 'in time'))
  const { id } = await test.enqueue(work, { n: 1 })
  await test.drain()
  expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', attempt: 1, result: 'in time' })
})

it('the answer of a slow read does not move a deadline back that a heartbeat has moved on', async () => {
  const { test, work, starts, flaky } = runnerWith(
    async (_, ctx) => {
      // Between the second look, 22 s after the start, and its answer.
      await test.clock.sleep(23_000)
      await ctx.heartbeat()
      await test.clock.sleep(25_000)
      return 'done'
    },
    { timeout: '30s' },
  )
  // The cancel watch: what it read is two seconds old when it arrives.
  const get = flaky.get.bind(flaky)
  flaky.get = async ids => {
    const jobs = await get(ids)
    await test.clock.sleep(2_000)
    return jobs
  }
  const { id } = await test.enqueue(work, { n: 1 })
  await test.advance('50s')
  expect(test.store.read(id)).toMatchObject({ state: 'COMPLETED', attempt: 1 })
  expect(starts).toHaveLength(1)
})
