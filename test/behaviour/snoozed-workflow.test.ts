/** `maxSnoozes` bounds how often a job is put off in a row: a job that gets on is bounded by its starts. */
import { describe, expect, it, vi } from 'vitest'
import { toItem } from '../../lib/aws/dynamodb/item.ts'
import type { RunContext } from '../../lib/core/definition/run-context.ts'
import { Unavailable } from '../../lib/core/values/errors.ts'
import { runnerWith } from '../support/jobs.ts'

type Flow = (ctx: RunContext) => unknown

async function ended(flow: Flow, options = {}) {
  const kit = runnerWith((_input, ctx) => flow(ctx), { maxSnoozes: 3, ...options })
  const { id } = await kit.test.enqueue(kit.work, { n: 1 })
  await kit.test.drain('2d')
  return { ...kit, id, job: await kit.test.get(id) }
}

describe('a workflow that snoozes', () => {
  it('more often than its contract allows in a row, but gets on in between, goes on', async () => {
    const { job } = await ended(async ctx => {
      for (let part = 0; part < 8; part += 1) {
        const made = await ctx.step(`part ${part}`, () => ctx.attempt)
        if (made === ctx.attempt) ctx.snooze('1m')
      }
      return 'all'
    })
    expect(job).toMatchObject({ state: 'COMPLETED', result: 'all', attempt: 9, snoozes: 8 })
  })

  it('before it asks for any step of that run, as one that has made steps before', async () => {
    const { job } = await ended(async ctx => {
      if (ctx.attempt % 2 === 0) ctx.snooze('1m')
      await ctx.step(`part ${ctx.attempt}`, () => 1)
      if (ctx.attempt < 15) await ctx.sleep(`rest ${ctx.attempt}`, '1m')
    })
    expect(job).toMatchObject({ state: 'COMPLETED', attempt: 15 })
  })

  it('after a thousand rests is not at its end', async () => {
    const { test, work } = runnerWith(async (_input, ctx) => {
      await ctx.step('a', () => 1)
      if (ctx.attempt === 1_002) ctx.snooze('1m')
      await ctx.sleep(`rest ${ctx.attempt}`, ctx.attempt < 1_003 ? '1m' : '0ms')
    })
    const { id } = await test.enqueue(work, { n: 1 }, { delay: '1h' })
    const stored = test.store.read(id)
    if (stored === undefined) throw new Error('it is not there')
    test.store.putItem(toItem({ ...stored, attempt: 1_000, snoozes: 1_000 }))
    await test.drain('2d')
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', attempt: 1_003 })
  })

  it.each<[string, Flow]>([
    ['in front of its steps', ctx => ctx.attempt > 1 && ctx.snooze('1m')],
    ['behind its steps', ctx => ctx.attempt > 1 && ctx.step('first', () => 1).then(() => ctx.snooze('1m'))],
  ])('and never gets on %s fails as soon as it has snoozed too often', async (_, snoozes) => {
    const { job } = await ended(async ctx => {
      await snoozes(ctx)
      await ctx.step('first', () => 1)
      await ctx.sleep('rest', '1m')
    })
    // One start that got on, three that were put off, and the one that was too many.
    expect(job).toMatchObject({ state: 'FAILED', attempt: 5, error: { name: 'TooManySnoozes' } })
  })

  it('is not failed where nobody can look whether it has got on', async () => {
    const { test, work } = runnerWith(
      async (_input, ctx) => {
        if (ctx.attempt === 4) {
          queries.mockRejectedValueOnce(new Unavailable('records', 'throttled'))
          ctx.snooze('1m')
        }
        await ctx.step(`part ${ctx.attempt}`, () => 1)
        if (ctx.attempt < 5) await ctx.sleep(`rest ${ctx.attempt}`, '1m')
      },
      { maxSnoozes: 3 },
    )
    const queries = vi.spyOn(test.records, 'query')
    const { id } = await test.enqueue(work, { n: 1 })
    await test.drain('1d')
    expect(queries.mock.settledResults.filter(({ type }) => type === 'rejected')).toHaveLength(1)
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', attempt: 5 })
  })
})

it('a job without steps is put off as often as its contract says', async () => {
  const { job } = await ended(ctx => ctx.snooze('1m'))
  expect(job).toMatchObject({ state: 'FAILED', attempt: 4, error: { name: 'TooManySnoozes' } })
})
