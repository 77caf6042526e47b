/** `ctx.continueAsNew`: a job that goes on for ever, one generation after the other. */
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { toItem } from '../../lib/aws/dynamodb/item.ts'
import type { RunContext } from '../../lib/core/definition/run-context.ts'
import { defineJob, type JobOptions } from '../../lib/define/define-job.ts'
import { defineRunner } from '../../lib/define/define-runner.ts'
import { handle } from '../../lib/define/handle.ts'
import { createTestRunner, type TestRunner } from '../../lib/testing.ts'
import { runnerWith, startAt } from '../support/jobs.ts'

type Flow = (n: number, ctx: RunContext) => unknown

async function ended(flow: Flow, options = {}) {
  const { test, work, starts } = runnerWith(({ n }, ctx) => flow(n, ctx), options)
  const { id } = await test.enqueue(work, { n: 1 }, { tags: ['loop'], priority: 7 })
  await test.drain()
  return { test, id, starts, job: await test.get(id), stored: test.store.read(id) }
}

const told = (test: TestRunner, name: string) => test.events.filter(event => event.name === name)

describe('ctx.continueAsNew', () => {
  it('begins the job anew under its id, with another input, all attempts and no steps', async () => {
    const calls: string[] = []
    const { test, job, stored } = await ended(async (n, ctx) => {
      await ctx.step('page', () => void calls.push(`page ${n}`))
      if (n < 3 && ctx.attempt === 1) throw new Error('once more')
      if (n < 3) ctx.continueAsNew({ n: n + 1 })
      return `all ${n}`
    })
    expect(calls).toEqual(['page 1', 'page 2', 'page 3'])
    expect(job).toMatchObject({
      state: 'COMPLETED',
      generation: 3,
      attempt: 1,
      result: 'all 3',
      input: { n: 3 },
      tags: ['loop'],
      insertedAt: expect.any(String),
    })
    expect(stored).toMatchObject({ priority: 7, insertedAt: startAt, attemptsLeft: 4 })
    expect(stored?.next).toBeUndefined()
    expect(told(test, 'job_completed')).toHaveLength(3)
  })

  it('follows at once; a generation that rests in between is no endless loop', async () => {
    const { starts, job } = await ended(async (n, ctx) => {
      await ctx.sleep('a minute', '1m')
      if (n < 5) ctx.continueAsNew({ n: n + 1 })
    })
    expect(job).toMatchObject({ state: 'COMPLETED', generation: 5 })
    expect((starts.at(-1) ?? 0) - startAt).toBeLessThan(5 * 62_000)
  })

  it.each([
    ['does not fit the schema', { n: 'x' }, 'InputRefused'],
    ['is no JSON', { n: 1n }, 'InvalidInput'],
    ['is too large', { n: 1, pad: 'x'.repeat(310_000) }, 'JobTooLarge'],
  ])('with an input that %s fails the job for good, and nothing begins', async (_, input, name) => {
    const { job } = await ended((_n, ctx) => ctx.continueAsNew(input))
    expect(job).toMatchObject({ state: 'FAILED', attempt: 1, error: { name } })
    expect(job?.generation ?? 1).toBe(1)
  })

  it('keeps an input of 5 KB outside of the item, for each generation its own', async () => {
    const loop = defineJob({ type: 'loop', input: v.object({ n: v.number(), pad: v.string() }) })
    const seen: number[] = []
    const handler = handle(loop, ({ n, pad }, ctx) => {
      seen.push(pad.length)
      if (n < 3) ctx.continueAsNew({ n: n + 1, pad: 'x'.repeat(5_000 + n) })
    })
    const test = createTestRunner({ runner: defineRunner({ jobs: [loop] }), handlers: [handler], startAt })
    const { id } = await test.enqueue(loop, { n: 1, pad: '' })
    await test.drain()
    expect(seen).toEqual([0, 5_001, 5_002])
    expect(test.store.read(id)).toMatchObject({
      state: 'COMPLETED',
      input: 'null',
      ref: expect.stringMatching(/^record:/),
    })
  })

  it('a loop that never rests is stopped', async () => {
    const { test, work, starts } = runnerWith(({ n }, ctx) => ctx.continueAsNew({ n: n + 1 }))
    const { id } = await test.enqueue(work, { n: 1 }, { delay: '1h' })
    const stored = test.store.read(id)
    if (stored === undefined) throw new Error('it is not there')
    test.store.putItem(toItem({ ...stored, depth: 995 }))
    await test.drain()
    expect(await test.get(id)).toMatchObject({ state: 'FAILED', generation: 6, error: { name: 'InvalidInput' } })
    expect(starts).toHaveLength(6)
  })

  it('of a job that was cancelled does not begin', async () => {
    const kit = runnerWith(async (_input, ctx) => {
      await kit.test.cancel(ctx.job.id)
      ctx.continueAsNew({ n: 2 })
    })
    const { id } = await kit.test.enqueue(kit.work, { n: 1 })
    await kit.test.drain()
    expect(await kit.test.get(id)).toMatchObject({ state: 'CANCELLED', input: { n: 1 } })
    expect(kit.starts).toHaveLength(1)
  })
})

describe('a crash', () => {
  it.each(['executedThenFailed', 'executedThenRefused', 'failed'] as const)('%s: it begins anew once', async fault => {
    const { test, work, flaky, starts } = runnerWith(({ n }, ctx) => (n < 2 ? ctx.continueAsNew({ n: 2 }) : 'all'))
    flaky.breakNext('continueIfOwner', fault)
    const { id } = await test.enqueue(work, { n: 1 })
    await test.drain()
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', generation: 2, result: 'all' })
    expect(starts).toHaveLength(2)
  })

  it('between the end and the new generation is made good by the sweeper', async () => {
    const { test, work, flaky } = runnerWith(({ n }, ctx) => (n < 2 ? ctx.continueAsNew({ n: 2 }) : 'all'))
    flaky.breakNext('beginNextIfEnded', 'failed', 'failed')
    const { id } = await test.enqueue(work, { n: 1 })
    await test.settle()
    expect(test.store.read(id)).toMatchObject({ state: 'COMPLETED', next: expect.any(String) })
    await test.advance('3m')
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', generation: 2, result: 'all' })
  })
})

describe('a unique job that begins anew', () => {
  const options = {
    unique: { key: () => 'one', onConflict: 'again', until: 'done' },
  } satisfies Partial<JobOptions<'work', { n: number }, { n: number }>>

  it('goes on first; what was to follow it comes after its next generation', async () => {
    const seen: number[] = []
    const kit = runnerWith(async ({ n }, ctx) => {
      seen.push(n)
      if (n === 1) {
        await kit.test.enqueue(kit.work, { n: 10 })
        ctx.continueAsNew({ n: 2 })
      }
    }, options)
    const { id } = await kit.test.enqueue(kit.work, { n: 1 })
    await kit.test.drain()
    expect(seen).toEqual([1, 2, 10])
    expect(kit.test.store.read(id)).toMatchObject({ state: 'COMPLETED', generation: 3 })
    expect(kit.test.store.read(id)?.next).toBeUndefined()
  })
})
