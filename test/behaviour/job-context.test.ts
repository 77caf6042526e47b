/** What jobs carry from their enqueue to their runs, and on to the jobs that these enqueue. */
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { jobRequest } from '../../lib/core/definition/job-request.ts'
import type { RunContext } from '../../lib/core/definition/run-context.ts'
import type { JobContext } from '../../lib/core/job/job-context.ts'
import { defineJob } from '../../lib/define/define-job.ts'
import { defineRunner, type RunnerOptions } from '../../lib/define/define-runner.ts'
import { schedule } from '../../lib/define/define-schedule.ts'
import { handle } from '../../lib/define/handle.ts'
import { createTestRunner, type TestRunner } from '../../lib/testing.ts'
import { startAt } from '../support/jobs.ts'

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
const context = { traceparent, baggage: { tenant: 'a42' } }

const first = defineJob({ type: 'first', input: v.object({}), enqueues: ['next'], maxAttempts: 2 })
const next = defineJob({ type: 'next', input: v.object({}) })

function kitOf(run: (ctx: RunContext, kit: TestRunner) => unknown, options: Omit<RunnerOptions, 'jobs'> = {}) {
  const seen: [string, JobContext][] = []
  const handlers = [
    handle(first, async (_, ctx) => {
      seen.push(['first', ctx.context])
      await run(ctx, kit)
    }),
    handle(next, (_, ctx) => void seen.push(['next', ctx.context])),
  ]
  const kit: TestRunner = createTestRunner({
    runner: defineRunner({ jobs: [first, next], ...options }),
    handlers,
    startAt,
  })
  return { kit, seen }
}

describe('a context', () => {
  it('reaches each attempt of its job', async () => {
    const { kit, seen } = kitOf(() => Promise.reject(new Error('again')))
    await kit.enqueue(first, {}, { context })
    await kit.drain()
    expect(seen).toEqual([
      ['first', context],
      ['first', context],
    ])
  })

  it('is an attribute of the item, and none where nobody gave one (I32)', async () => {
    const { kit } = kitOf(() => {})
    const { id } = await kit.enqueue(first, {}, { context })
    const { id: plain } = await kit.enqueue(first, {})
    expect(kit.store.raw(id)?.context).toBe(JSON.stringify(context))
    expect(kit.store.raw(plain)).not.toHaveProperty('context')
  })

  it.each<[string, (ctx: RunContext, kit: TestRunner) => unknown]>([
    ['ctx.enqueue', ctx => ctx.enqueue(next, {})],
    ['a follow-up of its commit', ctx => ctx.commit([], { enqueue: [jobRequest(next, {})] })],
    ['any client', (_, kit) => kit.enqueue(next, {})],
    ['a transaction of its own', async (_, kit) => kit.transactWrite((await kit.transact(next, {})).items)],
  ])('is carried on by %s', async (_, run) => {
    const { kit, seen } = kitOf(run)
    await kit.enqueue(first, {}, { context })
    await kit.drain()
    expect(seen).toEqual([
      ['first', context],
      ['next', context],
    ])
  })

  it('is another one where the enqueue says so', async () => {
    const other = { baggage: { tenant: 'b7' } }
    const { kit, seen } = kitOf(ctx => ctx.enqueue(next, {}, { context: other }))
    await kit.enqueue(first, {}, { context })
    await kit.drain()
    expect(seen.at(-1)).toEqual(['next', other])
  })

  it('ends with an empty one', async () => {
    const { kit, seen } = kitOf(ctx => ctx.enqueue(next, {}, { context: {} }))
    await kit.enqueue(first, {}, { context })
    await kit.drain()
    expect(seen.at(-1)).toEqual(['next', {}])
  })

  it('that is none is refused, and nothing is written', async () => {
    const { kit } = kitOf(() => {})
    await expect(kit.enqueue(first, {}, { context: { traceparent: 'x' } })).rejects.toMatchObject({
      code: 'invalid_input',
      field: 'context.traceparent',
    })
    expect(kit.store.all()).toEqual([])
  })
})

describe('the runner’s own context', () => {
  it('is asked at each enqueue without one, in producers and in handlers', async () => {
    let current: JobContext | undefined = context
    const { kit, seen } = kitOf(
      ctx => {
        current = { traceparent: traceparent.replace('00f067', '11f067') }
        return ctx.enqueue(next, {})
      },
      { context: () => current },
    )
    await kit.enqueue(first, {})
    await kit.drain()
    expect(seen).toEqual([
      ['first', context],
      ['next', current],
    ])
  })

  it('leaves a handler’s jobs with the context of its own where it gives none', async () => {
    const { kit, seen } = kitOf(ctx => ctx.enqueue(next, {}), { context: () => undefined })
    await kit.enqueue(first, {}, { context })
    await kit.drain()
    expect(seen.at(-1)).toEqual(['next', context])
  })
})

describe('a schedule', () => {
  it('starts a context of its own, whoever runs it', async () => {
    const schedules = [schedule('hourly', next, { every: '1h', input: {} })]
    const { kit, seen } = kitOf((_, test) => test.schedules.runNow('hourly'), { schedules, context: () => context })
    await kit.advance('1m')
    await kit.enqueue(first, {})
    await kit.advance('2m')
    expect(seen).toEqual([
      ['first', context],
      ['next', {}],
    ])
  })
})
