/** Requests for unique jobs: from handlers, in transactions, and those that are refused. */
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { handleDueJobs } from '../../lib/app/sweeper/handle-due.ts'
import { jobRequest } from '../../lib/core/definition/job-request.ts'
import type { Job } from '../../lib/core/job/job.ts'
import { defineJob } from '../../lib/define/define-job.ts'
import { defineRunner } from '../../lib/define/define-runner.ts'
import { createTestRunner } from '../../lib/testing.ts'
import { startAt } from '../support/jobs.ts'
import { kitOf, parent, reindex } from '../support/unique-kit.ts'

describe('from a handler, and in transactions', () => {
  it('ctx.enqueue: as the client', async () => {
    const answers: unknown[] = []
    const { kit, ran } = kitOf(async (n, ctx) => {
      if (n !== 0) return
      for (const m of [1, 2]) answers.push((await ctx.enqueue(reindex, { account: 'a', n: m })).action)
    })
    await kit.enqueue(parent, {})
    await kit.drain()
    expect(answers).toEqual(['created', 'existing'])
    expect(ran).toEqual([0, 1].filter(n => n !== 0))
  })

  it('transact: refuse only, and then a job that is there cancels the transaction', async () => {
    const { kit } = kitOf()
    await expect(kit.transact(reindex, { account: 'a', n: 1 })).rejects.toMatchObject({ field: 'unique.onConflict' })
    const unique = { onConflict: 'refuse' } as const
    const { items, id } = await kit.transact(reindex, { account: 'a', n: 1 }, { unique })
    await kit.transactWrite(items)
    expect(await kit.get(id)).toMatchObject({ type: 'reindex' })
    const second = await kit.transact(reindex, { account: 'a', n: 2 }, { unique })
    await expect(kit.transactWrite(second.items)).rejects.toThrow(/ConditionalCheckFailed|cancel/i)
  })

  it('commit: a follow-up that is there refuses the whole with UniqueConflict', async () => {
    const seen: unknown[] = []
    const unique = { onConflict: 'refuse' } as const
    const { kit, ran } = kitOf(async (n, ctx) => {
      if (n !== 0) return
      const follow = jobRequest(reindex, { account: 'a42', n: 9 }, { unique })
      await ctx.commit([], { enqueue: [follow] }).catch((error: { code: string }) => seen.push(error.code))
    })
    await kit.enqueue(reindex, { account: 'a42', n: 1 }, { delay: '1h' })
    await kit.enqueue(parent, {})
    await kit.advance('1s')
    expect(seen).toEqual(['unique_conflict'])
    await kit.drain()
    expect(ran).toEqual([1])
  })
})

describe('who keeps the message of a job whose sender has had no answer: it is sent all the same (I8)', () => {
  const replace = { onConflict: 'replace' } as const
  type World = ReturnType<typeof kitOf>

  const dispatched = async ({ kit }: World): Promise<unknown> => {
    const jobs = await kit.deps.store.get(kit.store.all().map(({ id = '' }) => id))
    return handleDueJobs(kit.deps, jobs as Job[])
  }

  it.each([
    ['the put of a new job', 'insert', async () => {}, ({ ask }: World) => ask(1), { created: true }],
    [
      'a new generation',
      'renewIfEnded',
      async ({ ask, kit }: World) => {
        await ask(0)
        await kit.drain()
      },
      ({ ask }: World) => ask(1),
      { created: true, generation: 2 },
    ],
    [
      'a replacement that brings the job forward',
      'replaceIfWaiting',
      ({ ask }: World) => ask(0, replace, { delay: '2h' }),
      ({ ask }: World) => ask(1, replace),
      { action: 'replaced' },
    ],
    [
      'a send of the sweeper',
      'dispatchIfSeen',
      async ({ ask, kit }: World) => {
        await ask(0, replace, { delay: '20m' })
        await kit.advance('1120s')
      },
      dispatched,
      { dispatched: 1 },
    ],
  ])('%s', async (_, write, prepare, send, told) => {
    const world = kitOf()
    const { kit, ask, ran, flaky } = world
    await prepare(world)
    flaky().breakNext(write, 'executedThenFailed')
    const sending = send(world)
    await kit.advance('50ms')
    const dueAt = Math.max(kit.clock.now(), kit.store.all()[0]?.scheduledAt ?? 0) + 5_000
    expect(await ask(2, replace, { runAt: new Date(dueAt) })).toMatchObject({ action: 'replaced', created: false })
    await kit.advance('1s')
    expect(await sending).toMatchObject(told)
    await kit.advance(`${dueAt + 1_000 - kit.clock.now()}ms`)
    expect(ran.filter(n => n !== 0)).toEqual([2])
  })

  it('two sweepers at once: one sends', async () => {
    const { kit, ask } = kitOf()
    await ask(0, replace, { delay: '20m' })
    await kit.advance('1120s')
    const jobs = (await kit.deps.store.get(kit.store.all().map(({ id = '' }) => id))) as Job[]
    const reports = [await handleDueJobs(kit.deps, jobs), await handleDueJobs(kit.deps, jobs)]
    expect(reports.map(one => one.dispatched)).toEqual([1, 0])
  })
})

describe('bad input', () => {
  it.each([
    [{ key: '' }, 'unique.key'],
    [{ key: 'x'.repeat(257) }, 'unique.key'],
    [{ until: 'never' }, 'unique.until'],
    [{ until: 'done', window: '1h' }, 'unique.window'],
    [{ window: '0s' }, 'unique.window'],
    [{ onConflict: 'fight' }, 'unique.onConflict'],
    [{ window: '1h', onConflict: 'again' }, 'unique.onConflict'],
    [{ maxWait: '1m' }, 'unique.maxWait'],
    [{ keys: 'a' }, 'unique.keys'],
    ['a', 'unique'],
    [null, 'unique'],
  ])('%j names %s, and nothing is written', async (unique, field) => {
    const { kit, ask } = kitOf()
    await expect(ask(1, unique as never)).rejects.toMatchObject({ code: 'invalid_input', field })
    expect(kit.store.all()).toEqual([])
  })

  it('with an idempotency key; without any key', async () => {
    const { kit, ask } = kitOf()
    await expect(ask(1, {}, { idempotencyKey: 'k' })).rejects.toMatchObject({ field: 'idempotencyKey' })
    await expect(kit.enqueue(parent, {}, { unique: {} })).rejects.toMatchObject({ field: 'unique.key' })
    expect(await kit.enqueue(parent, {}, { unique: { key: 'mine' } })).toMatchObject({ action: 'created' })
  })

  it('on a contract: as it is defined', () => {
    const define = (unique: never) => () => defineJob({ type: 'x', input: v.object({}), unique })
    expect(define({ key: 'a' } as never)).toThrow('defineJob(x).unique.key')
    expect(define({ key: () => 'a', window: '1h', onConflict: 'again' } as never)).toThrow('onConflict')
    expect(define({ key: () => 'a', maxWait: '1m' } as never)).toThrow('maxWait')
  })

  it('a key function that throws, or gives no text', async () => {
    const odd = defineJob({ type: 'odd', input: v.object({}), unique: { key: () => undefined as never } })
    const kit = createTestRunner({ runner: defineRunner({ jobs: [odd] }), handlers: [], partial: true, startAt })
    await expect(kit.enqueue(odd, {})).rejects.toMatchObject({ field: 'unique.key' })
  })
})

it('a worker hands an input in a record of its own to the generation that it belongs to', async () => {
  const { kit } = kitOf()
  const large = { account: 'a'.repeat(5_000), n: 1 }
  const unique = { key: 'big', onConflict: 'again' } as const
  const { id } = await kit.enqueue(reindex, large, { unique })
  await kit.drain()
  await kit.enqueue(reindex, { ...large, n: 2 }, { unique })
  await kit.drain()
  expect(await kit.get(id)).toMatchObject({ state: 'COMPLETED', generation: 2 })
})
