/** Values of steps above 300 KB, in a bucket. */
import * as v from 'valibot'
import { describe, expect, it, vi } from 'vitest'
import type { RunContext } from '../../lib/core/definition/run-context.ts'
import { StepFailed } from '../../lib/core/definition/workflow.ts'
import type { Job } from '../../lib/core/job/job.ts'
import { cellRecord } from '../../lib/core/records/cell.ts'
import { Unavailable } from '../../lib/core/values/errors.ts'
import { defineJob, type JobOptions } from '../../lib/define/define-job.ts'
import { defineRunner } from '../../lib/define/define-runner.ts'
import { handle } from '../../lib/define/handle.ts'
import type { MemoryPayloadStore } from '../../lib/testing/memory-services.ts'
import type { TestRunner } from '../../lib/testing/test-runner.ts'
import { simulate } from '../../lib/testing.ts'
import { runnerWith } from '../support/jobs.ts'

const cellBytes = 300 * 1_024
const mostBytes = 4 * 1_024 * 1_024
/** With its two quotes. */
const textOf = (bytes: number): string => 'x'.repeat(bytes - 2)

type Options = Partial<JobOptions<'work', { n: number }, { n: number }>>
type Flow = (ctx: RunContext, test: TestRunner) => unknown

async function enqueued(flow: Flow, payloads = true, options: Options = {}) {
  const kit = runnerWith((_input, ctx) => flow(ctx, kit.test), options, { payloads })
  const { id } = await kit.test.enqueue(kit.work, { n: 1 })
  return { test: kit.test, id }
}

async function ended(flow: Flow, payloads = true, options: Options = {}) {
  const { test, id } = await enqueued(flow, payloads, options)
  await test.drain()
  return { test, id, job: await test.get(id) }
}

/** Throws in the first so many calls. */
function failing(times: number) {
  let left = times
  return () => {
    left -= 1
    if (left >= 0) throw new Error('no')
  }
}

const cells = async (test: TestRunner, id: string) =>
  (await test.records.query({ id, prefix: 'cell#', limit: 100 })).records.map(({ attributes }) => attributes)
const keys = (test: TestRunner): readonly string[] => [...(test.payloads?.objects.keys() ?? [])]

describe('with a bucket', () => {
  it.each([
    [cellBytes, 0],
    [cellBytes + 1, 1],
    [mostBytes, 1],
  ])('a value of %i bytes is in %i objects, and reaches this run and the next', async (bytes, objects) => {
    const breaks = failing(1)
    const got: number[] = []
    let calls = 0
    const { test, id, job } = await ended(async ctx => {
      const text = await ctx.step('render', () => {
        calls += 1
        return textOf(bytes)
      })
      got.push(text.length + 2)
      breaks()
    })
    expect([job?.state, calls, got]).toEqual(['COMPLETED', 1, [bytes, bytes]])
    expect(keys(test)).toHaveLength(objects)
    const [cell] = await cells(test, id)
    expect(Object.hasOwn(cell ?? {}, 'value')).toBe(objects === 0)
    const shown = (await test.steps(id))?.steps[0]
    const value = objects === 0 ? { value: textOf(bytes) } : { bytes, key: keys(test)[0] }
    expect(shown).toEqual({ name: 'render', kind: 'step', at: shown?.at, ...value })
  })

  it('bytes count, not characters', async () => {
    const { test } = await ended(ctx => ctx.step('a', () => 'é'.repeat(cellBytes / 2)).then(() => undefined))
    expect(keys(test)).toHaveLength(1)
  })

  it.each([
    ['one above 4 MB', [mostBytes + 1], /^step 'part 0': step\(part 0\) takes 4194305 bytes.* 4194304 bytes/],
    [
      'more than 40 MB in all',
      Array.from({ length: 11 }, () => mostBytes),
      /^step 'part 10': .* hold 46137344 bytes in the bucket; allowed: at most 41943040, .*continueAsNew/,
    ],
  ])('%s fails the job for good, and the error names step and limit', async (_name, sizes, message) => {
    const { test, job } = await ended(async ctx => {
      for (const [index, bytes] of sizes.entries()) await ctx.step(`part ${index}`, () => textOf(bytes))
    })
    expect(job).toMatchObject({ state: 'FAILED', attempt: 1, error: { name: 'StepMisused' } })
    expect(job?.error?.message).toMatch(message)
    expect(keys(test)).toHaveLength(sizes.length - 1)
  })

  it('a result of stepCommit goes there, too; where its items are refused nothing points to it', async () => {
    const breaks = failing(1)
    const item = { Update: { TableName: 't', Key: { id: 'a' }, UpdateExpression: 'ADD n :n' } }
    const flow = async (ctx: RunContext) => {
      const text = await ctx.stepCommit('ledger', [item], textOf(400_000))
      breaks()
      return text.length
    }
    const { test, job } = await ended(flow)
    expect(job).toMatchObject({ state: 'COMPLETED', result: 399_998 })
    expect([test.committed.length, keys(test).length]).toEqual([1, 1])

    const refusing = runnerWith(
      (_input, ctx) => flow(ctx),
      { maxAttempts: 1 },
      { payloads: true, refusesWrite: () => true },
    )
    const { id } = await refusing.test.enqueue(refusing.work, { n: 1 })
    await refusing.test.drain()
    expect(await refusing.test.get(id)).toMatchObject({ state: 'FAILED', error: { name: 'CommitRefused' } })
    expect([await cells(refusing.test, id), keys(refusing.test).length]).toEqual([[], 1])
  })
})

describe('an object', () => {
  it.each([
    ['14d', '0512'],
    ['300d', '1024'],
  ] as const)('outlives its cell, of a job kept for %s: %s', async (failed, days) => {
    const { test, id } = await ended(ctx => ctx.step('a', () => textOf(400_000)).then(() => {}), true, {
      keep: { failed },
    })
    const [key = ''] = keys(test)
    expect(key).toMatch(new RegExp(`^step/${days}/${id}/[\\w-]+/0001/[\\w-]+$`))
    expect(await cells(test, id)).toMatchObject([{ ref: `s3:${key}`, bytes: 400_000 }])
  })

  it('that is gone fails the job for good; its step is not made again', async () => {
    let calls = 0
    const { test, id, job } = await ended(async (ctx, { payloads }) => {
      await ctx.step('a', () => {
        calls += 1
        return textOf(400_000)
      })
      payloads?.objects.clear()
      throw new Error('again')
    })
    expect(job).toMatchObject({ state: 'FAILED', attempt: 2, error: { name: 'PayloadGone' } })
    expect(job?.error?.message).toMatch(/^what step 'a' returned is gone: s3:step\//)
    expect([calls, (await cells(test, id)).length]).toEqual([1, 1])
  })

  it('that cannot be read now holds up the job, and charges no attempt', async () => {
    const breaks = failing(1)
    const { test, id } = await enqueued(async ctx => {
      const text = await ctx.step('a', () => textOf(400_000))
      breaks()
      return text.length
    })
    const get = vi
      .spyOn(test.payloads as MemoryPayloadStore, 'get')
      .mockRejectedValue(new Unavailable('object a', 'denied'))
    await test.advance('5m')
    expect(get.mock.calls.length).toBeGreaterThan(2)
    const { state, attempt, snoozes = 0 } = (await test.get(id)) ?? {}
    expect(state).toBe('RETRY')
    expect((attempt ?? 0) - snoozes).toBe(1)
    get.mockRestore()
    await test.drain()
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', result: 399_998 })
  })

  it('is waited for where the bucket was taken away', async () => {
    const breaks = failing(1)
    const { test, id } = await enqueued(async ctx => {
      const text = await ctx.step('a', () => textOf(400_000))
      breaks()
      return text.length
    })
    await test.advance('1s')
    const deps = test.deps as { payloads?: unknown }
    const bucket = deps.payloads
    delete deps.payloads
    await test.advance('5m')
    expect((await test.get(id))?.state).toBe('RETRY')
    deps.payloads = bucket
    await test.drain()
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', result: 399_998 })
  })

  it('of another run that made the step first is what this run gets; its own is left over', async () => {
    const { test, id, job } = await ended(async (ctx, { payloads, records, store }) => {
      const text = await ctx.step('a', async () => {
        const other = 'step/0512/other'
        await payloads?.put({ key: other, body: JSON.stringify('o'.repeat(400_000)) })
        const cell = { name: 'a', kind: 'step', ref: `s3:${other}`, bytes: 400_002, madeAt: 1, attempt: 1 } as const
        await records.putIfAbsent([cellRecord(store.read(ctx.job.id) as Job, cell, 0)])
        return textOf(500_000)
      })
      return [text.slice(0, 3), text.length]
    })
    expect(job).toMatchObject({ state: 'COMPLETED', result: ['ooo', 400_000] })
    expect([keys(test).length, (await cells(test, id)).length]).toEqual([2, 1])
  })
})

describe('a bucket that takes nothing', () => {
  it('fails the step: it is made again after the backoff, each time charged, and the job says why', async () => {
    let calls = 0
    const caught: unknown[] = []
    const { test, id } = await enqueued(
      async ctx => {
        try {
          await ctx.step('a', () => {
            calls += 1
            return textOf(400_000)
          })
        } catch (error) {
          caught.push(error)
          throw error
        }
      },
      true,
      { maxAttempts: 2 },
    )
    const denied = new Error('S3 answers 403 (AccessDenied) for PUT')
    const put = vi.spyOn(test.payloads as MemoryPayloadStore, 'put').mockResolvedValue(denied as never)
    await test.advance('1s')
    expect(await test.get(id)).toMatchObject({
      state: 'RETRY',
      attempt: 1,
      error: { name: 'Unavailable', message: expect.stringContaining("step 'a'") },
    })
    await test.drain()
    expect(await test.get(id)).toMatchObject({ state: 'FAILED', attempt: 2 })
    expect((await test.get(id))?.error?.message).toContain('AccessDenied')
    expect([calls, put.mock.calls.length, caught.length]).toEqual([2, 2, 1])
    expect(caught[0]).toBeInstanceOf(StepFailed)
  })

  it('lets the handler of a stepCommit know: nothing was written', async () => {
    const { test, id } = await enqueued(ctx => ctx.stepCommit('a', [], textOf(400_000)), true, { maxAttempts: 1 })
    vi.spyOn(test.payloads as MemoryPayloadStore, 'put').mockResolvedValue(new Error('slow down') as never)
    await test.drain()
    expect(await test.get(id)).toMatchObject({ state: 'FAILED', error: { name: 'Unavailable' } })
    expect(await cells(test, id)).toEqual([])
  })
})

describe('without a bucket', () => {
  it('a value above 300 KB is refused, as ever', async () => {
    const { test, id, job } = await ended(ctx => ctx.step('a', () => textOf(cellBytes + 1)), false)
    const message =
      "step 'a': step(a) takes 307201 bytes; allowed: at most 307200 bytes (put larger data in S3 and pass its key)"
    expect(job).toMatchObject({ state: 'FAILED', attempt: 1, error: { name: 'StepMisused', message } })
    expect(await cells(test, id)).toEqual([])
  })

  it('more than 4 MB in all is refused where it is written, not only in the next run', async () => {
    const { test, id, job } = await ended(async ctx => {
      for (let part = 0; part < 20; part += 1) await ctx.step(`part ${part}`, () => textOf(cellBytes))
    }, false)
    expect(job?.error?.message).toMatch(
      /^step 'part 13': .* hold 4300800 bytes; allowed: at most 4194304, .*continueAsNew/,
    )
    expect(await cells(test, id)).toHaveLength(13)
  })
})

it('simulated, with a crash, a lost answer or a stall at each place, each run sees one value, and it is there', async () => {
  const render = defineJob({
    type: 'render',
    input: v.object({}),
    timeout: '10s',
    maxAttempts: 20,
    backoff: { kind: 'fixed', delay: '5s' },
  })
  let made = 0
  const { places, runs } = await simulate({
    runner: defineRunner({ jobs: [render] }),
    payloads: true,
    seeds: 120,
    handlers: (world: { seen: string[]; look(text: string): Promise<void> }) => [
      handle(render, async (_input, ctx) => {
        const text = await ctx.step('a', () => {
          made += 1
          return `${made}${'x'.repeat(310_000)}`
        })
        await world.look(text)
        await ctx.sleep('rest', '1m')
        await ctx.stepCommit('b', [], text)
        return text.length
      }),
    ],
    scenario: {
      world: () => {
        const seen: string[] = []
        return { seen, look: async text => void seen.push(text) }
      },
      start: kit => kit.enqueue(render, {}),
      invariant: async ({ seen }, kit) => {
        expect(new Set(seen).size).toBe(1)
        const [job] = kit.store.all()
        expect(job).toMatchObject({ state: 'COMPLETED' })
        const refs = (await cells(kit, job?.id ?? '')).flatMap(({ ref }) => (typeof ref === 'string' ? [ref] : []))
        expect(refs).toHaveLength(2)
        expect(keys(kit).map(key => `s3:${key}`)).toEqual(expect.arrayContaining(refs))
      },
    },
  })
  expect(places.length * 2).toBeLessThan(runs)
  expect(places).toEqual(expect.arrayContaining(['payload.put', 'payload.get']))
})
