import * as v from 'valibot'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { ChildFailed, type ChildOutcome } from '../../lib/core/definition/children.ts'
import { jobRequest } from '../../lib/core/definition/job-request.ts'
import type { RunContext } from '../../lib/core/definition/run-context.ts'
import { parentOf } from '../../lib/core/job/parent.ts'
import { defineJob } from '../../lib/define/define-job.ts'
import { defineRunner } from '../../lib/define/define-runner.ts'
import { handle } from '../../lib/define/handle.ts'
import { MemoryRecorder } from '../../lib/testing/memory-recorder.ts'
import { createTestRunner, type TestRunner } from '../../lib/testing.ts'
import { startAt } from '../support/jobs.ts'

const hourMs = 3_600_000

const part = defineJob({
  type: 'part',
  input: v.object({ n: v.number() }),
  output: v.object({ double: v.number() }),
  maxAttempts: 2,
  backoff: { kind: 'fixed', delay: '5s' },
})
const other = defineJob({ type: 'other', input: v.any() })
const whole = defineJob({ type: 'whole', input: v.any(), enqueues: [part, 'whole'] })
const runner = defineRunner({ jobs: [part, other, whole] })

type Part = (
  input: { n: number },
  ctx: RunContext<{ double: number }>,
) => { double: number } | Promise<{ double: number }>

const double: Part = ({ n }) => ({ double: 2 * n })

interface Kit {
  readonly test: TestRunner
  /** Inputs of the children, in the order of their starts. */
  readonly started: number[]
}

function kitWith(flow: (ctx: RunContext, input: unknown) => unknown, run: Part = double): Kit {
  const started: number[] = []
  const handlers = [
    handle(part, (input, ctx) => {
      started.push(input.n)
      return run(input, ctx)
    }),
    handle(other, () => undefined),
    handle(whole, (input, ctx) => flow(ctx, input)),
  ]
  return { test: createTestRunner({ runner, handlers, startAt, patienceMs: 10 }), started }
}

const parts = (count: number) => Array.from({ length: count }, (_, n) => jobRequest(part, { n }))
const childrenIn = ({ test }: Kit) => test.store.all().filter(({ parent }) => parent !== undefined)

describe('ctx.all', () => {
  it('makes its jobs, waits for all of them, and gets their results in the order of the requests', async () => {
    const kit = kitWith(ctx => ctx.all('parts', parts(5)))
    const { id } = await kit.test.enqueue(whole, {})
    await kit.test.drain()
    expect(await kit.test.get(id)).toMatchObject({
      state: 'COMPLETED',
      result: [0, 2, 4, 6, 8].map(n => ({ double: n })),
      attempt: 2,
    })
    expect(kit.started.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4])
    expect(kit.test.clock.now() - startAt).toBeLessThan(60_000)
  })

  it('waits in no function: the job is WAITING until the last has ended', async () => {
    const kit = kitWith(
      ctx => ctx.all('parts', [jobRequest(part, { n: 1 }), jobRequest(part, { n: 2 }, { delay: '3h' })]),
      double,
    )
    const { id } = await kit.test.enqueue(whole, {})
    await kit.test.advance('2h')
    expect(await kit.test.get(id)).toMatchObject({ state: 'WAITING' })
    await kit.test.drain()
    expect(await kit.test.get(id)).toMatchObject({ state: 'COMPLETED' })
    expect(kit.test.clock.now() - startAt).toBeLessThan(3 * hourMs + 60_000)
  })

  it('names the first child that failed, once all have ended; the handler may compensate', async () => {
    let caught: unknown
    const kit = kitWith(
      async ctx => {
        try {
          return await ctx.all('parts', parts(4))
        } catch (error) {
          caught = error
          return ctx.step('compensate', () => 'given back')
        }
      },
      ({ n }) => {
        if (n % 2 === 1) throw new Error(`no ${n}`)
        return { double: n }
      },
    )
    const { id } = await kit.test.enqueue(whole, {})
    await kit.test.drain()
    expect(caught).toBeInstanceOf(ChildFailed)
    const child = childrenIn(kit).find(one => parentOf(one)?.index === 1)
    expect(caught).toMatchObject({
      code: 'child_failed',
      step: 'parts',
      index: 1,
      id: child?.id,
      outcome: { kind: 'failed', error: { name: 'Error', message: 'no 1' } },
      message: `child 1 of 'parts', job ${child?.id}, failed: Error: no 1`,
    })
    expect(await kit.test.get(id)).toMatchObject({ state: 'COMPLETED', result: 'given back' })
  })

  it('fails its job for good where nobody catches that', async () => {
    const kit = kitWith(
      ctx => ctx.all('parts', parts(1)),
      () => {
        throw new Error('no')
      },
    )
    const { id } = await kit.test.enqueue(whole, {})
    await kit.test.drain()
    expect(await kit.test.get(id)).toMatchObject({ state: 'FAILED', error: { name: 'ChildFailed' }, attempt: 2 })
  })

  it('collects an outcome for each', async () => {
    let seen: readonly ChildOutcome[] = []
    const kit = kitWith(
      async ctx => {
        seen = await ctx.all('parts', [...parts(2), jobRequest(part, { n: 7 }, { delay: '1h' })], {
          failures: 'collect',
        })
        return seen.map(({ kind }) => kind)
      },
      ({ n }) => {
        if (n === 1) throw new Error('no')
        return { double: 2 * n }
      },
    )
    const { id } = await kit.test.enqueue(whole, {})
    await kit.test.advance('1m')
    const late = childrenIn(kit).find(({ state }) => state === 'SCHEDULED')
    await kit.test.cancel(late?.id ?? '')
    await kit.test.drain()
    expect(await kit.test.get(id)).toMatchObject({ result: ['completed', 'failed', 'cancelled'] })
    expect(seen).toMatchObject([
      { kind: 'completed', result: { double: 0 } },
      { kind: 'failed', error: { name: 'Error', message: 'no' } },
      { kind: 'cancelled', id: late?.id },
    ])
  })

  it('has nothing to wait for without jobs', async () => {
    const kit = kitWith(ctx => ctx.all('none', []))
    const { id } = await kit.test.enqueue(whole, {})
    await kit.test.drain()
    expect(await kit.test.get(id)).toMatchObject({ state: 'COMPLETED', result: [], attempt: 1 })
    expect(kit.test.records.all().filter(({ part: text }) => text.startsWith('group#'))).toEqual([])
  })
})

describe('a run that comes again', () => {
  it('makes what is missing, and nothing twice', async () => {
    let round = 0
    const kit = kitWith(async ctx => {
      round += 1
      const all = ctx.all('parts', parts(600))
      // The first run ends while its jobs are placed.
      if (round === 1) throw new Error('too early')
      return (await all).length
    })
    const { id } = await kit.test.enqueue(whole, {})
    await kit.test.drain()
    expect(await kit.test.get(id)).toMatchObject({ state: 'COMPLETED', result: 600 })
    expect(kit.started).toHaveLength(600)
    expect(new Set(childrenIn(kit).map(child => child.id)).size).toBe(600)
  })

  it('sees the same results, also when somebody has retried or deleted a child meanwhile', async () => {
    const seen: unknown[] = []
    const kit = kitWith(async ctx => {
      seen.push(await ctx.all('parts', parts(2), { failures: 'collect' }))
      await ctx.sleep('rest', '1h')
      return 'done'
    })
    const { id } = await kit.test.enqueue(whole, {})
    await kit.test.advance('10m')
    const [first, second] = childrenIn(kit)
    await kit.test.requeue(first?.id ?? '', { delay: '5h' })
    await kit.test.delete(second?.id ?? '')
    await kit.test.drain()
    expect(await kit.test.get(id)).toMatchObject({ state: 'COMPLETED' })
    expect(seen.length).toBeGreaterThan(1)
    for (const one of seen) expect(one).toEqual(seen[0])
  })

  it('takes the group as it was first asked for, whatever the code asks for now', async () => {
    let count = 2
    const kit = kitWith(ctx => ctx.all('parts', [...parts(count), jobRequest(part, { n: 9 }, { delay: '1h' })]))
    const { id } = await kit.test.enqueue(whole, {})
    await kit.test.advance('1m')
    count = 5
    await kit.test.drain()
    expect(await kit.test.get(id)).toMatchObject({ result: [{ double: 0 }, { double: 2 }, { double: 18 }] })
  })
})

describe('without the recorder', () => {
  afterEach(() => {
    vi.restoreAllMocks()
  })

  it('the parent looks for itself: within an hour, then less often, up to once a day', async () => {
    // What the stream brings is lost.
    vi.spyOn(MemoryRecorder.prototype, 'see').mockImplementation(() => {})
    const looks: number[] = []
    const kit = kitWith(ctx => {
      looks.push(kit.test.clock.now() - startAt)
      return ctx.all('parts', [...parts(3), jobRequest(part, { n: 9 }, { delay: '50h' })])
    })
    const { id } = await kit.test.enqueue(whole, {})
    await kit.test.drain()
    expect(await kit.test.get(id)).toMatchObject({ state: 'COMPLETED' })
    expect(looks.map(ms => Math.round(ms / hourMs))).toEqual([0, 1, 2, 4, 8, 16, 32, 56])
  })
})

describe('what cannot be asked for', () => {
  const misused = async (flow: (ctx: RunContext) => unknown) => {
    const kit = kitWith(flow)
    const { id } = await kit.test.enqueue(whole, {})
    await kit.test.drain()
    expect(childrenIn(kit)).toEqual([])
    expect(kit.test.records.all().filter(({ part: text }) => text.startsWith('group#'))).toEqual([])
    return kit.test.get(id)
  }

  it.each([
    ['more than 10,000', parts(10_001), 'all(parts).jobs.length is 10001; allowed: 0 to 10000 jobs'],
    ['no list', 'x', "all(parts).jobs is 'x'; allowed: a list"],
  ])('%s', async (_, jobs, text) => {
    expect(await misused(ctx => ctx.all('parts', jobs as never))).toMatchObject({
      state: 'FAILED',
      error: { name: 'InvalidInput', message: expect.stringContaining(text) },
    })
  })

  it.each([
    ['a type that the contract does not name', [jobRequest(other, {})], "jobs[0]: job type 'whole' enqueues 'other'"],
    ['a type that nobody knows', [{ type: 'nobody', input: {}, options: {} }], "enqueues 'nobody'"],
    [
      'an input that does not fit',
      [jobRequest(part, { n: 1 }), jobRequest(part, { n: 'x' as never })],
      "step 'parts': jobs[1]: input of job type 'part' was refused",
    ],
    ['an idempotency key', [jobRequest(part, { n: 1 }, { idempotencyKey: 'a' })], 'jobs[0]: idempotencyKey'],
    ['a unique job', [jobRequest(part, { n: 1 }, { unique: { key: 'a' } })], 'jobs[0]: unique'],
    ['no request', [null], 'jobs[0]: enqueue is null'],
    ['an option that there is not', [jobRequest(part, { n: 1 }, { nope: 1 } as never)], 'jobs[0]: job.nope'],
  ])('%s', async (_, jobs, text) => {
    expect(await misused(ctx => ctx.all('parts', jobs as never))).toMatchObject({
      state: 'FAILED',
      error: { name: 'StepMisused', message: expect.stringContaining(text) },
      attempt: 1,
    })
  })

  it('an option, and a name that the run has used', async () => {
    expect(await misused(ctx => ctx.all('parts', parts(1), { failures: 'ignore' as never }))).toMatchObject({
      error: { message: "all(parts).failures is 'ignore'; allowed: 'throw' or 'collect'" },
    })
    expect(await misused(ctx => ctx.all('parts', parts(1), { cancelChildren: 1 as never }))).toMatchObject({
      error: { message: 'all(parts).cancelChildren is 1; allowed: true or false' },
    })
    expect(
      await misused(async ctx => {
        await ctx.step('parts', () => 1)
        return ctx.all('parts', parts(1))
      }),
    ).toMatchObject({ error: { name: 'StepMisused' } })
  })
})

describe('families', () => {
  it('a child that is itself a workflow waits for children of its own', async () => {
    const kit = kitWith(async (ctx, input) => {
      const { depth } = input as { depth: number }
      if (depth === 0) return (await ctx.all('parts', parts(2))).length
      const results = await ctx.all('wholes', [
        jobRequest(whole, { depth: depth - 1 }),
        jobRequest(whole, { depth: depth - 1 }),
      ])
      return results.reduce<number>((sum, one) => sum + Number(one), 0)
    })
    const { id } = await kit.test.enqueue(whole, { depth: 2 })
    await kit.test.drain()
    expect(await kit.test.get(id)).toMatchObject({ state: 'COMPLETED', result: 8 })
    expect(Math.max(...childrenIn(kit).map(({ depth = 0 }) => depth))).toBe(3)
  })

  it('a child that begins anew has not ended', async () => {
    const kit = kitWith(async (ctx, input) => {
      const { left } = input as { left?: number }
      if (left === undefined) return ctx.all('loops', [jobRequest(whole, { left: 3 })])
      if (left > 0) {
        await ctx.sleep('rest', '2m')
        ctx.continueAsNew({ left: left - 1 })
      }
      return 'through'
    })
    const { id } = await kit.test.enqueue(whole, {})
    await kit.test.drain()
    expect(await kit.test.get(id)).toMatchObject({ state: 'COMPLETED', result: ['through'] })
  })

  it('are kept until their parent may go on no longer', async () => {
    const kit = kitWith(async ctx => {
      await ctx.all('parts', parts(1))
      await ctx.sleep('rest', '20d')
      return 'done'
    })
    await kit.test.enqueue(whole, {})
    await kit.test.advance('15d')
    // Alone it would have gone after 7 days.
    expect(childrenIn(kit)).toMatchObject([{ state: 'COMPLETED', ttl: (startAt + 30 * 24 * hourMs) / 1_000 }])
  })

  it('that are bound end with their parent: those that wait are cancelled with it', async () => {
    const kit = kitWith(ctx =>
      ctx.all('parts', [...parts(2), jobRequest(part, { n: 9 }, { delay: '5h' })], { cancelChildren: true }),
    )
    const { id } = await kit.test.enqueue(whole, {})
    await kit.test.advance('1m')
    await kit.test.cancel(id)
    expect(new Set(childrenIn(kit).map(({ state }) => state))).toEqual(new Set(['CANCELLED', 'COMPLETED']))
  })

  it('that are bound do not start any more once their parent has ended, whatever ended it', async () => {
    const kit = kitWith(async ctx => {
      await Promise.all([
        ctx.all('parts', [jobRequest(part, { n: 9 }, { delay: '5h' })], { cancelChildren: true }),
        ctx.sleep('rest', '1h').then(() => Promise.reject(new Error('given up'))),
      ])
    })
    await kit.test.enqueue(whole, {})
    await kit.test.drain()
    expect(childrenIn(kit)).toMatchObject([{ state: 'CANCELLED', code: 'parent', attempt: 1 }])
    expect(kit.started).toEqual([])
  })

  it('that are not bound go on', async () => {
    const kit = kitWith(ctx => ctx.all('parts', [jobRequest(part, { n: 9 }, { delay: '5h' })]))
    const { id } = await kit.test.enqueue(whole, {})
    await kit.test.advance('1m')
    await kit.test.cancel(id)
    await kit.test.drain()
    expect(childrenIn(kit)).toMatchObject([{ state: 'COMPLETED' }])
  })

  it('a child that somebody deletes is gone, and nobody waits for it', async () => {
    const kit = kitWith(ctx =>
      ctx.all('parts', [...parts(1), jobRequest(part, { n: 9 }, { delay: '5h' })], { failures: 'collect' }),
    )
    const { id } = await kit.test.enqueue(whole, {})
    await kit.test.advance('10m')
    const late = childrenIn(kit).find(({ state }) => state === 'SCHEDULED')
    await kit.test.delete(late?.id ?? '')
    await kit.test.advance('1m')
    expect(await kit.test.get(id)).toMatchObject({
      state: 'COMPLETED',
      result: [{ kind: 'completed' }, { kind: 'gone', id: late?.id }],
    })
  })
})

it('says what it waits for: how many of its children are left, and what it has made', async () => {
  const kit = kitWith(ctx => ctx.all('parts', [...parts(3), jobRequest(part, { n: 9 }, { delay: '5h' })]))
  const { id } = await kit.test.enqueue(whole, {})
  await kit.test.advance('1m')
  expect(await kit.test.explain(id)).toMatchObject({
    reasons: [{ code: 'waits', text: "Its handler waits for 1 of 4 children of 'parts'.", todo: expect.any(String) }],
  })
  expect(await kit.test.steps(id)).toMatchObject({ steps: [{ kind: 'children', name: 'parts', of: 4 }] })
  await kit.test.drain()
  expect(await kit.test.steps(id)).toMatchObject({
    steps: [{ kind: 'children' }, { kind: 'joined', name: 'parts', of: 4 }],
  })
})
