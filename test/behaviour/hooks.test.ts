/** Hooks and middleware: in which order they are called, with what, and what they can change. */
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { FailForGood } from '../../lib/core/definition/handler-errors.ts'
import type { RunContext } from '../../lib/core/definition/run-context.ts'
import { halt, type RunHooks } from '../../lib/core/definition/run-hooks.ts'
import { defineJob } from '../../lib/define/define-job.ts'
import { defineRunner, type RunnerOptions } from '../../lib/define/define-runner.ts'
import { handle } from '../../lib/define/handle.ts'
import { createTestRunner } from '../../lib/testing.ts'
import { startAt } from '../support/jobs.ts'

const work = defineJob({
  type: 'work',
  input: v.object({ n: v.number() }),
  maxAttempts: 2,
  timeout: '10s',
  backoff: { kind: 'fixed', delay: '5s' },
})

function kitOf(run: (ctx: RunContext) => unknown, options: Omit<RunnerOptions, 'jobs'>, own: RunHooks[] = []) {
  let runs = 0
  const handler = handle(
    work,
    (_, ctx) => {
      runs += 1
      return run(ctx)
    },
    { hooks: own },
  )
  const runner = defineRunner({ jobs: [work], ...options })
  const kit = createTestRunner({ runner, handlers: [handler], startAt, patienceMs: 10 })
  const ended = async (n: unknown = 1) => {
    const { id } = await kit.enqueue(work, { n: n as number })
    await kit.drain()
    return kit.get(id)
  }
  return { kit, ended, runs: () => runs }
}

/** Hooks that write down each call. */
function noting(calls: unknown[], name: string): RunHooks {
  return {
    before: ({ input, ctx }) => void calls.push([name, 'before', input, ctx.attempt]),
    after: ({ input }, result) => void calls.push([name, 'after', input, result]),
    failed: (_, { error, willRetry, retryInMs }) =>
      void calls.push([name, 'failed', (error as Error).message, willRetry, retryInMs]),
  }
}

describe('hooks', () => {
  it('are called in order before a run, and in reverse order after it; those of the handler are the inner ones', async () => {
    const calls: unknown[] = []
    const hooks = [noting(calls, 'a'), noting(calls, 'b')]
    const { ended } = kitOf(() => ({ done: true }), { hooks }, [noting(calls, 'own')])
    expect(await ended()).toMatchObject({ state: 'COMPLETED' })
    expect(calls).toEqual([
      ...['a', 'b', 'own'].map(name => [name, 'before', { n: 1 }, 1]),
      ...['own', 'b', 'a'].map(name => [name, 'after', { n: 1 }, { done: true }]),
    ])
  })

  it('learn of each failure, and whether it was the last', async () => {
    const calls: unknown[] = []
    const error = new Error('no')
    const { ended } = kitOf(
      () => {
        throw error
      },
      { hooks: [{ failed: (_, failure) => void calls.push(failure) }] },
    )
    expect(await ended()).toMatchObject({ state: 'FAILED' })
    expect(calls).toEqual([
      { error, willRetry: true, retryInMs: 5_000 },
      { error, willRetry: false, retryInMs: 0 },
    ])
    expect((calls[0] as { error: unknown }).error).toBe(error)
  })

  it.each([
    ['a time that was up', () => new Promise(() => {}), /^no outcome within 10/],
    ['a result that is no JSON', () => 5n, /^result is a bigint/],
    ['a failure for good', () => Promise.reject(new FailForGood('never')), /^never$/],
  ])('learn of %s', async (_, run, message) => {
    const calls: unknown[][] = []
    const { ended } = kitOf(run, { hooks: [noting(calls, 'a')] })
    await ended()
    expect(calls.at(-1)).toEqual(['a', 'failed', expect.stringMatching(message), false, 0])
    expect(calls.filter(([, name]) => name === 'after')).toEqual([])
  })

  it('learn of an input that the schema refuses, without a call of before', async () => {
    const calls: unknown[] = []
    const { kit } = kitOf(() => {}, { hooks: [noting(calls, 'a')] })
    const { id } = await kit.enqueue(work, { n: 1 })
    kit.store.put({ ...kit.store.raw(id), input: '{"n":"x"}' })
    await kit.drain()
    expect(calls).toEqual([['a', 'failed', expect.stringMatching(/^input of job type 'work' was refused/), false, 0]])
  })

  it('are not called after a snooze, and after a commit as after a return', async () => {
    const calls: unknown[][] = []
    const item = { Put: { TableName: 'mine', Item: { id: 'a' } } }
    let runs = 0
    const { ended } = kitOf(
      ctx => {
        runs += 1
        return runs === 1 ? ctx.snooze('1m') : ctx.commit([item])
      },
      { hooks: [noting(calls, 'a')] },
    )
    expect(await ended()).toMatchObject({ state: 'COMPLETED', attempt: 2, snoozes: 1 })
    expect(calls.map(([, name]) => name)).toEqual(['before', 'before', 'after'])
  })

  it('cannot change an outcome afterwards, nor hold it up', async () => {
    const hooks: RunHooks[] = [
      {
        after: () => {
          throw new Error('of a hook')
        },
      },
      { after: () => new Promise(() => {}) },
    ]
    const { ended, runs } = kitOf(() => ({ done: true }), { hooks })
    expect(await ended()).toMatchObject({ state: 'COMPLETED', result: { done: true }, attempt: 1 })
    expect(runs()).toBe(1)
  })
})

describe('before', () => {
  it('halts a run: the job is completed without its handler', async () => {
    const calls: unknown[] = []
    const hooks = [{ before: () => halt({ skipped: true }) }, noting(calls, 'later')]
    const { ended, runs } = kitOf(() => ({ done: true }), { hooks })
    expect(await ended()).toMatchObject({ state: 'COMPLETED', result: { skipped: true } })
    expect([runs(), calls]).toEqual([0, []])
  })

  it('fails a run by throwing, as the handler would', async () => {
    const hooks: RunHooks[] = [{ before: () => Promise.reject(new Error('not now')) }]
    const { ended, runs } = kitOf(() => {}, { hooks })
    expect(await ended()).toMatchObject({ state: 'FAILED', attempt: 2, error: { message: 'not now' } })
    expect(runs()).toBe(0)
  })

  it('snoozes a run, and reads nothing into what else it returns', async () => {
    let isFirst = true
    const before = ({ ctx }: { ctx: RunContext }) => {
      if (!isFirst) return 'carry on' as never
      isFirst = false
      return ctx.snooze('1m')
    }
    const { ended, runs } = kitOf(() => {}, { hooks: [{ before }] })
    expect(await ended()).toMatchObject({ state: 'COMPLETED', snoozes: 1 })
    expect(runs()).toBe(1)
  })
})

describe('middleware of a handler', () => {
  it('is inside of the runner’s, and completes the job where it does not go on', async () => {
    const order: string[] = []
    const wrap = (name: string) => async (_: unknown, next: () => Promise<unknown>) => {
      order.push(name)
      return next()
    }
    const handler = handle(work, () => order.push('handler'), {
      middleware: [wrap('own'), async () => ({ cached: true })],
    })
    const runner = defineRunner({ jobs: [work], middleware: [wrap('runner')] })
    const kit = createTestRunner({ runner, handlers: [handler], startAt })
    const { id } = await kit.enqueue(work, { n: 1 })
    await kit.drain()
    expect(order).toEqual(['runner', 'own'])
    expect(await kit.get(id)).toMatchObject({ state: 'COMPLETED', result: { cached: true } })
  })
})

describe('what is no hook', () => {
  it.each([
    [{ hooks: {} }, 'defineRunner.hooks'],
    [{ hooks: [null] }, 'defineRunner.hooks[0]'],
    [{ hooks: [{ befor: () => {} }] }, 'defineRunner.hooks[0].befor'],
    [{ hooks: [{}, { after: 'x' }] }, 'defineRunner.hooks[1].after'],
    [{ middleware: ['x'] }, 'defineRunner.middleware[0]'],
    [{ context: {} }, 'defineRunner.context'],
  ])('is refused when the program starts: %o', (options, field) => {
    expect(() => defineRunner({ jobs: [work], ...options } as never)).toThrow(
      expect.objectContaining({ code: 'invalid_input', field }),
    )
  })

  it.each([
    [{ hooks: [{ failed: 1 }] }, 'handle(work).hooks[0].failed'],
    [{ hook: [] }, 'handle(work).hook'],
  ])('is refused of a handler: %o', (surroundings, field) => {
    expect(() => handle(work, () => {}, surroundings as never)).toThrow(expect.objectContaining({ field }))
  })
})
