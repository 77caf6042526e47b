/** Jobs that go on in a later run where the time of a function is not enough. */
import { describe, expect, it } from 'vitest'
import { toItem } from '../../lib/aws/dynamodb/item.ts'
import type { RunContext } from '../../lib/core/definition/run-context.ts'
import type { TestRunner } from '../../lib/testing.ts'
import { runnerWith, startAt } from '../support/jobs.ts'

const minuteMs = 60_000

interface Tools {
  readonly ctx: RunContext
  /** Work that takes so long. */
  readonly work: (ms: number) => Promise<void>
}

async function ended(flow: (tools: Tools) => unknown, options = {}) {
  const kit: { test?: TestRunner } = {}
  const work = (ms: number) => kit.test?.clock.sleep(ms) ?? Promise.resolve()
  const made = runnerWith((_input, ctx) => flow({ ctx, work }), options)
  kit.test = made.test
  const { id } = await made.test.enqueue(made.work, { n: 1 })
  await made.test.drain('2d')
  return { ...made, id, job: await made.test.get(id), stored: made.test.store.read(id) }
}

const sumOf = ({ attempt = 0, attemptsLeft = 0, snoozes = 0 } = {}) => attempt + attemptsLeft - snoozes

describe('a job that takes longer than a function', () => {
  it('forty minutes in steps of one: each is made once, no attempt is used up, and hardly any time is lost', async () => {
    const calls: number[] = []
    const { test, starts, job, stored } = await ended(
      async ({ ctx, work }) => {
        for (let part = 0; part < 40; part += 1) {
          await ctx.step(`part ${part}`, async () => {
            await work(minuteMs)
            calls.push(part)
          })
        }
        return 'all'
      },
      { timeout: '885s', maxAttempts: 1 },
    )
    expect(job).toMatchObject({ state: 'COMPLETED', result: 'all' })
    expect(calls).toEqual(Array.from({ length: 40 }, (_, part) => part))
    // 14 steps and the margin fit into 14 min 45 s.
    expect(starts).toHaveLength(3)
    expect(sumOf(stored)).toBe(1)
    expect(test.clock.now() - (starts[0] ?? 0)).toBeLessThan(40 * minuteMs + 10_000)
  })

  it('one whose step says how long it may take does not begin what it could not end', async () => {
    const began: number[] = []
    const { job, starts } = await ended(
      async ({ ctx, work }) => {
        for (const part of [1, 2, 3]) {
          await ctx.step(
            `part ${part}`,
            async () => {
              began.push(part)
              await work(10_000)
            },
            { timeout: '40s' },
          )
        }
      },
      { timeout: '60s' },
    )
    expect(job).toMatchObject({ state: 'COMPLETED', attempt: 2 })
    expect([began, starts.length]).toEqual([[1, 2, 3], 2])
  })

  it('lets its other steps end first', async () => {
    const done: string[] = []
    const { job } = await ended(
      async ({ ctx, work }) => {
        const slow = ctx.step('slow', async () => {
          await work(45_000)
          done.push('slow')
        })
        const quick = ctx
          .step('quick', () => work(20_000))
          .then(() => ctx.step('long', () => 'long', { timeout: '42s' }))
        await Promise.all([slow, quick])
      },
      { timeout: '60s' },
    )
    expect(done).toEqual(['slow'])
    expect(job).toMatchObject({ state: 'COMPLETED', attempt: 2 })
  })

  it('goes on at once, although another branch waits for a signal', async () => {
    const { test, starts } = await ended(
      async ({ ctx, work }) => {
        await ctx.step('first', () => work(50_000))
        await Promise.all([
          ctx.waitFor('approved', { timeout: '1h' }),
          ctx.step('second', () => work(10_000), { timeout: '20s' }),
        ])
      },
      { timeout: '60s' },
    )
    expect((starts[1] ?? 0) - (starts[0] ?? 0)).toBeLessThan(52_000)
    expect(test.events.filter(({ name }) => name === 'job_suspended')).toHaveLength(2)
  })
})

describe('a job that would never get further', () => {
  it('uses up its attempts, and says why', async () => {
    const { job, starts } = await ended(
      async ({ ctx, work }) => {
        await work(40_000)
        await ctx.step('part', () => 1, { timeout: '30s' })
      },
      { timeout: '60s', maxAttempts: 2 },
    )
    expect(starts).toHaveLength(2)
    expect(job).toMatchObject({
      state: 'FAILED',
      error: { name: 'NoProgress', message: expect.stringMatching(/'part' needs 31 s and has 20 s/) },
    })
  })
})

describe('a job that has gone on for too long', () => {
  it('ends FAILED with TooOld, without another step', async () => {
    const calls: string[] = []
    const { test, work } = runnerWith(
      async (_input, ctx) => {
        await Promise.all([ctx.step('a', () => calls.push('a')), ctx.step('b', () => calls.push('b'))])
        if (ctx.attempt === 1) ctx.snooze('50m')
        await Promise.all([ctx.step('c', () => calls.push('c')), ctx.step('d', () => calls.push('d'))])
      },
      { maxDuration: '30m' },
    )
    const { id } = await test.enqueue(work, { n: 1 })
    await test.drain()
    expect(calls).toEqual(['a', 'b'])
    expect(await test.get(id)).toMatchObject({ state: 'FAILED', attempt: 2, error: { name: 'TooOld' } })
    // It had two steps at work: neither may hold up its end.
    expect(test.clock.now() - startAt).toBeLessThan(51 * minuteMs)
    await test.requeue(id)
    await test.settle()
    expect(await test.get(id)).toMatchObject({ state: 'RETRY', generation: 2 })
  })

  it.each([
    ['sleep', (ctx: RunContext) => ctx.sleep('rest', '31m')],
    ['wait', (ctx: RunContext) => ctx.waitFor('rest', { timeout: '31m' })],
  ])('may not %s beyond that: it would never do what comes after', async (_, rest) => {
    const { job } = await ended(({ ctx }) => rest(ctx), { maxDuration: '30m' })
    expect(job).toMatchObject({
      state: 'FAILED',
      attempt: 1,
      error: { name: 'StepMisused', message: expect.stringMatching(/'rest'.*00:31:00.*00:30:00.*maxDuration/) },
    })
  })

  it('may start ten thousand times', async () => {
    const { test, work } = runnerWith((_input, ctx) => ctx.step('a', () => 'a'))
    const { id } = await test.enqueue(work, { n: 1 }, { delay: '1h' })
    const stored = test.store.read(id)
    if (stored === undefined) throw new Error('it is not there')
    test.store.putItem(toItem({ ...stored, attempt: 10_000, snoozes: 10_000 }))
    await test.drain()
    expect(await test.get(id)).toMatchObject({ state: 'FAILED', attempt: 10_001, error: { name: 'TooManyStarts' } })
  })
})
