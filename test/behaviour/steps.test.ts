import { describe, expect, it } from 'vitest'
import { FailForGood, RetryAfter } from '../../lib/core/definition/handler-errors.ts'
import type { RunContext } from '../../lib/core/definition/run-context.ts'
import { StepFailed, StepMisused } from '../../lib/core/definition/workflow.ts'
import { maxCellBytes, maxCells } from '../../lib/core/records/cell.ts'
import { InvalidInput } from '../../lib/core/values/errors.ts'
import { runnerWith } from '../support/jobs.ts'

type Handler = (ctx: RunContext) => unknown

/** A job whose handler runs `flow`; `calls` tells which functions were called, in their order. */
async function ended(flow: (ctx: RunContext, call: (name: string) => string) => unknown, options = {}) {
  const calls: string[] = []
  const call = (name: string): string => {
    calls.push(name)
    return `${name} ${calls.length}`
  }
  const { test, work, starts } = runnerWith((_input, ctx) => flow(ctx, call), options)
  const { id } = await test.enqueue(work, { n: 1 })
  await test.drain()
  return { test, id, calls, starts, job: await test.get(id) }
}

/** Throws in the first so many calls. */
function failing(times: number, error: () => Error = () => new Error('no')) {
  let left = times
  return () => {
    left -= 1
    if (left >= 0) throw error()
  }
}

describe('a step', () => {
  it('that an earlier run has made is not called again: the run gets what it returned', async () => {
    const breaks = failing(2)
    const { calls, job } = await ended(async (ctx, call) => {
      const a = await ctx.step('a', () => call('a'))
      const b = await ctx.step('b', () => call('b'))
      breaks()
      return [a, b]
    })
    expect(calls).toEqual(['a', 'b'])
    expect(job).toMatchObject({ state: 'COMPLETED', result: ['a 1', 'b 2'] })
  })

  it('gives at once what a later run will get: JSON, a Date as its text, undefined as undefined', async () => {
    const breaks = failing(1)
    const seen: unknown[] = []
    await ended(async ctx => {
      seen.push([
        await ctx.step('date', () => ({ at: new Date(0) })),
        await ctx.step('nothing', () => undefined),
        await ctx.step('null', () => null),
      ])
      breaks()
    })
    const once = [{ at: '1970-01-01T00:00:00.000Z' }, undefined, null]
    expect(seen).toEqual([once, once])
  })

  it('is called with an id that stays the same, and a signal', async () => {
    const ids: unknown[] = []
    const breaks = failing(1)
    const { id } = await ended(ctx =>
      ctx.step('charge', step => {
        ids.push([step.id, step.signal.aborted])
        breaks()
      }),
    )
    expect(ids).toEqual([
      [`${id}#1#charge`, false],
      [`${id}#1#charge`, false],
    ])
  })

  it('is listed where it was recorded, also among others of the same millisecond', async () => {
    const breaks = failing(1)
    const { test, id } = await ended(async ctx => {
      for (const name of ['z', 'y', 'x']) await ctx.step(name, () => name)
      breaks()
      await Promise.all(['n', 'm'].map(name => ctx.step(name, () => name)))
      await ctx.sleep('b', '0ms')
      await ctx.stepCommit('a', [])
    })
    const { steps = [] } = (await test.steps(id)) ?? {}
    expect(steps.map(({ name }) => name)).toEqual(['z', 'y', 'x', 'n', 'm', 'b', 'a'])
    expect(new Set(steps.map(({ at }) => at)).size).toBe(2)
  })

  it('costs one record; a run that makes it first reads none', async () => {
    const { test, id } = await ended(async ctx => ctx.step('a', () => 1))
    const cells = await test.records.query({ id, prefix: 'cell#', limit: 10 })
    expect(
      cells.records.map(({ attributes }) => [attributes['name'], attributes['kind'], attributes['value']]),
    ).toEqual([['a', 'step', '1']])
  })

  it('begins anew with a requeue', async () => {
    const { test, id, calls } = await ended(async (ctx, call) => ctx.step('a', () => call('a')))
    await test.requeue(id)
    await test.drain()
    expect(calls).toEqual(['a', 'a'])
  })
})

describe('a step that fails', () => {
  it('is tried again in a later run, after the backoff, and the handler does not get to know', async () => {
    const breaks = failing(2)
    const caught: unknown[] = []
    const { job, starts } = await ended(
      async (ctx, call) => {
        await ctx.step('before', () => call('before'))
        try {
          return await ctx.step('pay', () => {
            breaks()
            return call('pay')
          })
        } catch (error) {
          caught.push(error)
          throw error
        }
      },
      { backoff: { kind: 'fixed', delay: '10s' } },
    )
    expect(caught).toEqual([])
    expect(job).toMatchObject({ state: 'COMPLETED', attempt: 3 })
    const [first = 0, second = 0, third = 0] = starts
    expect(second - first).toBeGreaterThanOrEqual(10_000)
    expect(third - second).toBeGreaterThanOrEqual(10_000)
  })

  it('for the last time rejects with StepFailed; what the handler does then counts', async () => {
    const { calls, job } = await ended(
      async (ctx, call) => {
        try {
          await ctx.step(
            'pay',
            () => {
              call('pay')
              throw new RangeError('no money')
            },
            { attempts: 2, backoff: { kind: 'fixed', delay: '1s' } },
          )
        } catch (error) {
          if (!(error instanceof StepFailed)) throw error
          await ctx.step('refund', () => call('refund'))
          return `${error.step}: ${error.error.name} ${error.error.message}`
        }
        return 'paid'
      },
      { maxAttempts: 5 },
    )
    expect(calls).toEqual(['pay', 'pay', 'refund'])
    expect(job).toMatchObject({ state: 'COMPLETED', attempt: 2, result: 'pay: RangeError no money' })
  })

  it('with FailForGood is not tried again; nobody catches it: the job fails, whatever attempts are left', async () => {
    const { calls, job } = await ended(async (ctx, call) =>
      ctx.step('pay', () => {
        call('pay')
        throw new FailForGood('no such card')
      }),
    )
    expect(calls).toEqual(['pay'])
    expect(job).toMatchObject({
      state: 'FAILED',
      attempt: 1,
      error: { name: 'StepFailed', message: expect.stringContaining('FailForGood: no such card') },
    })
  })

  it('waits as long as RetryAfter says', async () => {
    const breaks = failing(1, () => new RetryAfter('2h'))
    const { starts } = await ended(ctx => ctx.step('pay', breaks), { backoff: { kind: 'fixed', delay: '1s' } })
    const [first = 0, second = 0] = starts
    expect(second - first).toBeGreaterThanOrEqual(7_200_000)
  })

  it('that takes too long has failed, and its signal aborts', async () => {
    const reasons: unknown[] = []
    const { job } = await ended(
      ctx =>
        ctx.step(
          'slow',
          ({ signal }) =>
            new Promise(resolve => {
              signal.addEventListener('abort', () => {
                reasons.push(signal.reason)
                resolve(undefined)
              })
            }),
          { timeout: '2s', attempts: 1 },
        ),
      { timeout: '1m' },
    )
    expect(reasons).toMatchObject([{ name: 'TimedOut' }])
    expect(job).toMatchObject({ state: 'FAILED', error: { message: expect.stringContaining('within 2s') } })
  })

  it('does not cut off another that is at work', async () => {
    const breaks = failing(1)
    const { calls, job } = await ended(async (ctx, call) => {
      const slow = ctx.step('slow', async () => {
        await new Promise(resolve => setImmediate(resolve))
        return call('slow')
      })
      const quick = ctx.step('quick', () => {
        breaks()
        return call('quick')
      })
      return Promise.all([slow.then(value => ctx.step('after', () => `${value} after`)), quick])
    })
    expect(calls).toEqual(['slow', 'quick'])
    expect(job).toMatchObject({ state: 'COMPLETED', attempt: 2, result: ['slow 1 after', 'quick 2'] })
  })
})

describe('attempts', () => {
  it('bound failures in a row without progress: a step that got through gives all of them back (I6)', async () => {
    const breaks = [failing(2), failing(2), failing(2)]
    const { job, test } = await ended(
      async ctx => {
        for (const [index, fails] of breaks.entries()) await ctx.step(`part ${index}`, fails)
        return 'all'
      },
      { maxAttempts: 3, backoff: { kind: 'fixed', delay: '1s' } },
    )
    expect(job).toMatchObject({ state: 'COMPLETED', attempt: 7, result: 'all' })
    const { attempt, attemptsLeft, snoozes = 0 } = test.store.read(job?.id ?? '') ?? { attempt: 0, attemptsLeft: 0 }
    expect(attempt + attemptsLeft - snoozes).toBe(3)
  })

  it('are used up by failures in a row, and a failure outside of steps counts as one inside', async () => {
    const { job, calls } = await ended(
      async (ctx, call) => {
        await ctx.step('a', () => call('a'))
        throw new Error('outside')
      },
      { maxAttempts: 2, backoff: { kind: 'fixed', delay: '1s' } },
    )
    // The first run made progress: its failure is the first of a row.
    expect(job).toMatchObject({ state: 'FAILED', attempt: 2, error: { message: 'outside' } })
    expect(calls).toEqual(['a'])
  })
})

describe('a handler that misuses its steps fails for good, with a name and a reason', () => {
  const cases: readonly (readonly [string, Handler, RegExp])[] = [
    ['one name twice', async ctx => [await ctx.step('a', () => 1), await ctx.step('a', () => 2)], /'a'.*of that name/],
    ['a step inside a step', ctx => ctx.step('a', () => ctx.step('b', () => 1)), /'b'.*inside of step 'a'/],
    ['no JSON', ctx => ctx.step('a', () => ({ n: 1n }) as never), /'a'.*step\(a\)\.n/],
    ['too large', ctx => ctx.step('a', () => 'x'.repeat(maxCellBytes)), /'a'.*307200/],
    ['no function', ctx => ctx.step('a', 'b' as never), /'a'.*no function/],
  ]
  it.each(cases)('%s', async (_, flow, message) => {
    const { job } = await ended(ctx => flow(ctx))
    expect(job).toMatchObject({ state: 'FAILED', attempt: 1, error: { message: expect.stringMatching(message) } })
  })

  it.each([
    ['name', (ctx: RunContext) => ctx.step('', () => 1)],
    ['attempts', (ctx: RunContext) => ctx.step('a', () => 1, { attempts: 0 })],
    ['timeout', (ctx: RunContext) => ctx.step('a', () => 1, { timeout: '2d' })],
    ['option', (ctx: RunContext) => ctx.step('a', () => 1, { retries: 3 } as never)],
    ['version', (ctx: RunContext) => ctx.version('v', 0)],
  ])('a wrong %s is an InvalidInput', async (_, flow) => {
    const caught: unknown[] = []
    await ended(ctx => flow(ctx).catch((error: unknown) => void caught.push(error)))
    expect(caught).toEqual([expect.any(InvalidInput)])
  })

  it('a name that was another kind of step', async () => {
    const breaks = failing(1)
    let round = 0
    const { job } = await ended(async ctx => {
      round += 1
      if (round === 1) await ctx.version('a', 1)
      else await ctx.step('a', () => 1)
      breaks()
    })
    expect(job).toMatchObject({ state: 'FAILED', error: { message: expect.stringMatching(/'a'.*was a version/) } })
  })

  it('more steps than a run can load', async () => {
    const breaks = failing(1)
    const { job } = await ended(async ctx => {
      for (let index = 0; index < maxCells; index += 1) await ctx.step(`step ${index}`, () => index)
      breaks()
      await ctx.step('one more', () => 1)
    })
    expect(job).toMatchObject({
      state: 'FAILED',
      error: { name: 'StepMisused', message: expect.stringMatching(/1000/) },
    })
  })

  it('is told apart from a failure by its class', () => {
    expect(new StepMisused('a', 'why')).toMatchObject({ code: 'step_misused', step: 'a' })
  })
})

describe('ctx.version', () => {
  it('stays what it was when the job first asked, whatever a deploy says since', async () => {
    const breaks = failing(2)
    const seen: number[] = []
    let current = 1
    await ended(async ctx => {
      seen.push(await ctx.version('shipping', current))
      current += 1
      breaks()
    })
    expect(seen).toEqual([1, 1, 1])
  })
})

describe('a table that does not take a cell', () => {
  it('costs no attempt, and the handler does not go on without it', async () => {
    const { test, work } = runnerWith(async (_input, ctx) => {
      await ctx.step('a', () => 'made')
      return 'on'
    })
    let refusals = 4
    const putIfAbsent = test.records.putIfAbsent.bind(test.records)
    test.records.putIfAbsent = records => {
      if (!records.some(({ part }) => part.startsWith('cell#')) || refusals === 0) return putIfAbsent(records)
      refusals -= 1
      return Promise.resolve(records.map(() => ({ kind: 'failed', error: new Error('throttled') }) as const))
    }
    const { id } = await test.enqueue(work, { n: 1 })
    await test.drain()
    expect(test.store.read(id)).toMatchObject({ state: 'COMPLETED', attempt: 2, attemptsLeft: 4, result: '"on"' })
  })
})
