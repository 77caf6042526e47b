/** Jobs within the caller's own transactions, and handlers that commit or enqueue, on the whole runner in memory. */
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { CommitRefused, FailForGood } from '../../lib/core/definition/handler-errors.ts'
import { jobRequest } from '../../lib/core/definition/job-request.ts'
import type { RunContext } from '../../lib/core/definition/run-context.ts'
import type { TransactItem } from '../../lib/core/definition/transact-item.ts'
import { defineJob } from '../../lib/define/define-job.ts'
import { defineRunner } from '../../lib/define/define-runner.ts'
import { handle } from '../../lib/define/handle.ts'
import { createTestRunner, type TestRunner, type TestRunnerOptions } from '../../lib/testing.ts'
import { startAt } from '../support/jobs.ts'

const mail = defineJob({ type: 'mail', input: v.object({ to: v.string() }) })
const work = defineJob({ type: 'work', input: v.object({ n: v.number() }), enqueues: [mail], maxAttempts: 2 })
const stranger = defineJob({ type: 'stranger', input: v.object({}) })
const runner = defineRunner({ jobs: [mail, work, stranger] })

function kitOf(
  run: (ctx: RunContext, kit: TestRunner) => unknown = () => {},
  options: Partial<TestRunnerOptions> = {},
) {
  const mails: { readonly to: string; readonly at: number }[] = []
  const handlers = [
    handle(mail, ({ to }) => void mails.push({ to, at: kit.clock.now() - startAt })),
    handle(work, async (_, ctx) => void (await run(ctx, kit))),
    handle(stranger, () => {}),
  ]
  const kit: TestRunner = createTestRunner({ runner, handlers, startAt, ...options })
  return { kit, mails }
}

const order: TransactItem = { Put: { TableName: 'orders', Item: { id: 'o1' } } }
const told = (kit: TestRunner, name: string) => kit.events.filter(event => event.name === name)

describe('a job in the caller’s own transaction', () => {
  it.each(['items', 'document'] as const)('starts at once when it is committed: %s', async form => {
    const { kit, mails } = kitOf()
    const made = await kit.transact(mail, { to: 'a' })
    expect(kit.store.all()).toEqual([])
    await kit.transactWrite([order, ...made[form]])
    expect(await kit.get(made.id)).toMatchObject({ state: 'RESERVED', input: { to: 'a' } })
    await kit.settle()
    expect(mails).toEqual([{ to: 'a', at: 0 }])
    expect(kit.committed).toEqual([order])
  })

  it.each([
    ['5m', 300_000],
    ['15m', 900_000],
    ['3h', 10_800_000],
  ] as const)('waits for its time: %s', async (delay, at) => {
    const { kit, mails } = kitOf()
    const { document } = await kit.transact(mail, { to: 'a' }, { delay })
    await kit.transactWrite(document)
    await kit.advance(delay)
    expect(mails).toEqual([{ to: 'a', at }])
  })

  it('is handed out by a tick when the stream is behind', async () => {
    const { kit, mails } = kitOf()
    const { items } = await kit.transact(mail, { to: 'a' })
    const item = items[0]?.Put.Item ?? {}
    await kit.advance('10s')
    kit.store.putItem(item)
    await kit.advance('2m')
    expect(mails).toHaveLength(1)
    expect(mails[0]?.at).toBeLessThanOrEqual(120_000)
  })

  it('never existed when it is cancelled', async () => {
    const { kit } = kitOf(undefined, { refusesWrite: () => true })
    const { id, document } = await kit.transact(mail, { to: 'a' })
    const error = {
      name: 'TransactionCanceledException',
      CancellationReasons: [{ Code: 'ConditionalCheckFailed' }, { Code: 'None' }],
    }
    await expect(kit.transactWrite([order, ...document])).rejects.toMatchObject(error)
    await kit.advance('1h')
    expect(await kit.get(id)).toBeUndefined()
    expect(kit.committed).toEqual([])
  })

  it('a key that is taken cancels the transaction', async () => {
    const { kit } = kitOf()
    await kit.enqueue(mail, { to: 'a' }, { idempotencyKey: 'k' })
    const { document } = await kit.transact(mail, { to: 'a' }, { idempotencyKey: 'k' })
    await expect(kit.transactWrite([order, ...document])).rejects.toMatchObject({
      name: 'TransactionCanceledException',
    })
    expect(kit.committed).toEqual([])
  })

  it('writes and sends nothing itself, and is refused as any other', async () => {
    const { kit } = kitOf()
    await expect(kit.transact(mail, { to: 1 as never })).rejects.toMatchObject({ code: 'input_refused' })
    await expect(kit.transact(mail, { to: 'x'.repeat(300 * 1024) })).rejects.toMatchObject({
      code: 'job_too_large',
      maxBytes: 300 * 1024,
    })
    await kit.transact(mail, { to: 'x'.repeat(299 * 1024) })
    expect([kit.store.all(), kit.records.all(), kit.queue.nextVisibleAt('default')]).toEqual([[], [], undefined])
  })
})

describe('ctx.commit in the test kit', () => {
  it('ends the job with its items and follow-up jobs', async () => {
    const enqueue = [jobRequest(mail, { to: 'b' }, { delay: '1m' })]
    const { kit, mails } = kitOf(async ctx => {
      await ctx.commit([order], { result: { ok: true }, enqueue })
      throw new Error('after the commit')
    })
    const { id } = await kit.enqueue(work, { n: 1 })
    await kit.drain()
    expect(await kit.get(id)).toMatchObject({ state: 'COMPLETED', result: { ok: true }, attempt: 1 })
    expect([kit.committed, mails]).toEqual([[order], [{ to: 'b', at: 60_000 }]])
    expect(told(kit, 'job_completed')).toHaveLength(2)
    expect(told(kit, 'job_retry')).toEqual([])
  })

  it('refuses what the test says', async () => {
    const refusals: unknown[] = []
    const { kit } = kitOf(
      async ctx => {
        try {
          await ctx.commit([order])
        } catch (error) {
          refusals.push(error)
          throw new FailForGood('taken', { cause: error })
        }
      },
      { refusesWrite: item => item === order },
    )
    const { id } = await kit.enqueue(work, { n: 1 })
    await kit.drain()
    expect(refusals).toEqual([expect.any(CommitRefused)])
    expect(await kit.get(id)).toMatchObject({ state: 'FAILED', attempt: 1 })
    expect(kit.committed).toEqual([])
  })

  it('after the signal aborted it commits nothing', async () => {
    const stops: unknown[] = []
    const { kit } = kitOf(async ctx => {
      if (ctx.attempt > 1) return
      await kit.clock.sleep(60_500)
      await ctx.commit([order]).catch((error: unknown) => stops.push(error))
    })
    const { id } = await kit.enqueue(work, { n: 1 })
    await kit.drain()
    expect(stops).toMatchObject([{ code: 'run_stopped', stop: 'timedOut' }])
    expect(await kit.get(id)).toMatchObject({ state: 'COMPLETED', attempt: 2 })
    expect(kit.committed).toEqual([])
  })

  it('a handler that hangs after its commit is not waited for beyond its time', async () => {
    const { kit } = kitOf(async ctx => {
      await ctx.commit([order])
      await kit.clock.sleep(3_600_000)
    })
    const { id } = await kit.enqueue(work, { n: 1 })
    await kit.advance('65s')
    expect(await kit.get(id)).toMatchObject({ state: 'COMPLETED', attempt: 1 })
    expect(kit.queue.nextVisibleAt('default')).toBeUndefined()
    expect(told(kit, 'late_write')).toEqual([])
  })
})

describe('ctx.enqueue', () => {
  it('enqueues what the contract names', async () => {
    const answers: unknown[] = []
    const { kit, mails } = kitOf(async ctx => {
      for (let times = 0; times < 2; times += 1) {
        answers.push(await ctx.enqueue(mail, { to: 'b' }, { idempotencyKey: ctx.job.id }))
      }
    })
    await kit.enqueue(work, { n: 1 })
    await kit.drain()
    expect(mails).toEqual([{ to: 'b', at: 0 }])
    expect(answers).toMatchObject([{ created: true }, { created: false }])
  })

  it('a job that enqueues its own type names it', async () => {
    const loop = defineJob({ type: 'loop', input: v.object({ n: v.number() }), enqueues: ['loop'] })
    const handler = handle(loop, async ({ n }, ctx) => {
      if (n < 3) await ctx.enqueue(loop, { n: n + 1 })
    })
    const kit = createTestRunner({ runner: defineRunner({ jobs: [loop] }), handlers: [handler], startAt })
    await kit.enqueue(loop, { n: 1 })
    await kit.drain()
    expect(told(kit, 'job_completed')).toHaveLength(3)
  })

  it.each([
    ['enqueue', (ctx: RunContext) => ctx.enqueue(stranger, {})],
    ['commit', (ctx: RunContext) => ctx.commit([order], { enqueue: [jobRequest(stranger, {})] })],
  ])('%s says what to declare for another type, and writes nothing', async (_, act) => {
    const { kit } = kitOf(act)
    const { id } = await kit.enqueue(work, { n: 1 })
    await kit.drain()
    const message = expect.stringContaining("defineJob({ type: 'work', enqueues: ['stranger'], … })") as string
    expect(await kit.get(id)).toMatchObject({ state: 'FAILED', error: { name: 'InvalidDefinition', message } })
    expect(kit.store.all()).toHaveLength(1)
    expect(kit.committed).toEqual([])
  })

  it('refuses a request that is none', async () => {
    const refusals: unknown[] = []
    const { kit } = kitOf(async ctx => {
      const wrong = [null, {}, { type: 'mail' }, 'mail'] as never[]
      for (const one of wrong) {
        refusals.push(await ctx.commit([order], { enqueue: [one] }).catch((error: unknown) => error))
      }
      refusals.push(await ctx.commit([order], { enqueue: 'mail' as never }).catch((error: unknown) => error))
      refusals.push(await ctx.commit(order as never).catch((error: unknown) => error))
    })
    await kit.enqueue(work, { n: 1 })
    await kit.drain()
    const codes = refusals.map(error => (error as { code?: string }).code)
    expect(codes).toEqual(Array.from({ length: 6 }, () => 'invalid_input'))
    expect(kit.committed).toEqual([])
  })
})
