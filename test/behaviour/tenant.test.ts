/** For whom a job runs: stored with it, and said by every message that is sent for it. */
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { reconcile } from '../../lib/app/sweeper/reconcile.ts'
import { resendAll } from '../../lib/app/sweeper/resend-all.ts'
import { startAvailable } from '../../lib/app/sweeper/start-available.ts'
import { runBatch } from '../../lib/app/worker/run-batch.ts'
import { RetryAfter } from '../../lib/core/definition/handler-errors.ts'
import { jobRequest } from '../../lib/core/definition/job-request.ts'
import type { RunContext } from '../../lib/core/definition/run-context.ts'
import type { Job, RawJob } from '../../lib/core/job/job.ts'
import { defineJob } from '../../lib/define/define-job.ts'
import { defineRunner } from '../../lib/define/define-runner.ts'
import { handle } from '../../lib/define/handle.ts'
import { schedule } from '../../lib/index.ts'
import { createTestRunner, type TestRunner } from '../../lib/testing.ts'
import { crashAfterStart } from '../support/crashed.ts'
import { startAt } from '../support/jobs.ts'

const account = v.object({ account: v.optional(v.string(), 'nobody'), fails: v.optional(v.boolean()) })
const sync = defineJob({
  type: 'sync',
  input: account,
  tenant: input => (input.account === 'nobody' ? undefined : input.account),
  maxAttempts: 2,
})
const parent = defineJob({ type: 'parent', input: v.object({}), enqueues: [sync] })
const hourly = { cron: '0 * * * *', input: { account: 'a42' } } as const

type Sent = { readonly id: string; readonly tenant: string | undefined; readonly delayMs: number }

/** A kit that notes each message, and for whom. */
function kitOf(run: (ctx: RunContext) => unknown = () => {}, isScheduled = false) {
  const runner = defineRunner({
    jobs: [sync, parent],
    schedules: isScheduled ? [schedule('hourly', sync, hourly)] : [],
  })
  const handlers = [
    handle(sync, ({ fails }, { attempt }) => {
      if (fails === true && attempt === 1) throw new RetryAfter('5m', 'later')
    }),
    handle(parent, (_, ctx) => run(ctx)),
  ]
  const kit = createTestRunner({ runner, handlers, startAt, patienceMs: 10 })
  const sent: Sent[] = []
  const { queue } = kit
  const send = queue.send.bind(queue)
  queue.send = async (name, messages) => {
    for (const { message, tenant, delayMs } of messages) sent.push({ id: message.id, tenant, delayMs })
    return send(name, messages)
  }
  return { kit, sent }
}

const ofA = { account: 'a42' }
const foreign: RawJob = { id: 'foreign', type: 'sync', state: 'AVAILABLE', input: JSON.stringify(ofA) }
const imageOf = (kit: TestRunner, id: string) => kit.store.read(id) as Job

/** Each way on which messages of `sync` for account a42 are sent, and how many it sends. */
const senders: readonly (readonly [string, number, (made: ReturnType<typeof kitOf>) => Promise<unknown>])[] = [
  ['enqueue', 1, ({ kit }) => kit.enqueue(sync, ofA)],
  ['enqueue, with a key', 1, ({ kit }) => kit.enqueue(sync, ofA, { idempotencyKey: 'k' })],
  ['enqueue, delayed by SQS', 1, ({ kit }) => kit.enqueue(sync, ofA, { delay: '5m' })],
  ['enqueueMany', 2, ({ kit }) => kit.enqueueMany([kit.job(sync, ofA), kit.job(sync, ofA, { idempotencyKey: 'k' })])],
  [
    'enqueueStream',
    1,
    async ({ kit }) => {
      for await (const { kind } of kit.enqueueStream([kit.job(sync, ofA)])) expect(kind).toBe('enqueued')
    },
  ],
  [
    'a transaction of the caller, by the dispatcher',
    1,
    async ({ kit }) => kit.transactWrite((await kit.transact(sync, ofA)).items),
  ],
  [
    'the sweeper, for a job far ahead',
    1,
    async ({ kit, sent }) => {
      await kit.enqueue(sync, ofA, { delay: '2h' })
      expect(sent).toEqual([])
      await kit.drain()
    },
  ],
  [
    'the sweeper, again for a message that was lost',
    2,
    async ({ kit }) => {
      await kit.enqueue(sync, ofA)
      kit.queue.purge()
      await kit.drain()
    },
  ],
  [
    'the re-send of everything',
    2,
    async ({ kit }) => {
      await kit.enqueue(sync, ofA)
      kit.queue.purge()
      expect(await resendAll(kit.deps)).toBe(1)
      await kit.tick()
    },
  ],
  [
    'the sweeper, after a crash',
    2,
    async ({ kit }) => {
      await kit.enqueue(sync, ofA)
      await crashAfterStart(kit, 'dead-worker', true)
      await kit.drain()
    },
  ],
  [
    'the worker, for a retry that SQS delays',
    2,
    async ({ kit }) => {
      await kit.enqueue(sync, { ...ofA, fails: true })
      await kit.drain()
    },
  ],
  [
    'requeue, reschedule and run now',
    4,
    async ({ kit }) => {
      const { id } = await kit.enqueue(sync, ofA)
      await kit.drain()
      await kit.requeue(id, { delay: '5m' })
      await kit.reschedule(id, { delay: '6m' })
      await kit.runNow(id)
    },
  ],
  [
    'a bulk retry',
    2,
    async ({ kit }) => {
      const { id } = await kit.enqueue(sync, ofA)
      await kit.cancel(id)
      await kit.bulk.start({ action: 'retry', filter: { phase: 'cancelled', type: 'sync' } })
      await kit.advance('2m')
    },
  ],
]

describe('a job for a tenant', () => {
  it.each(senders)('each of its messages says so: %s', async (_, count, send) => {
    const made = kitOf()
    await send(made)
    const messages = made.sent.filter(({ id }) => made.kit.store.read(id)?.type === 'sync')
    expect(messages.map(({ tenant }) => tenant)).toEqual(Array.from({ length: count }, () => 'a42'))
    for (const { id } of messages) expect(made.kit.store.read(id)).toMatchObject({ tenant: 'a42' })
  })

  it('in a handler: by ctx.enqueue, and with its commit', async () => {
    const { kit, sent } = kitOf(async ctx => {
      await ctx.enqueue(sync, ofA)
      await ctx.commit([], { enqueue: [jobRequest(sync, { account: 'b7' })] })
    })
    const { id } = await kit.enqueue(parent, {})
    await kit.drain()
    expect(sent.filter(one => one.id !== id).map(({ tenant }) => tenant)).toEqual(['a42', 'b7'])
    expect(sent.find(one => one.id === id)).toMatchObject({ tenant: undefined })
  })

  it('of a schedule: fired, out of turn, and filled in', async () => {
    const { kit, sent } = kitOf(undefined, true)
    await kit.advance('65m')
    await kit.schedules.runNow('hourly')
    await kit.schedules.backfill('hourly', { from: '2026-12-31T22:00:00Z', to: '2027-01-01T00:00:00Z', again: true })
    await kit.advance('2m')
    const messages = sent.filter(({ id }) => kit.store.read(id)?.type === 'sync')
    expect(messages.length).toBeGreaterThanOrEqual(4)
    expect(new Set(messages.map(({ tenant }) => tenant))).toEqual(new Set(['a42']))
  })

  it('keeps it in its queue, where a message that SQS would give up is sent anew', async () => {
    const { kit, sent } = kitOf()
    const { id } = await kit.enqueue(sync, ofA)
    kit.store.put({ ...imageOf(kit, id), type: 'of-tomorrow' })
    const [received] = kit.queue.receive('default', 1, 60_000)
    expect(received).toMatchObject({ tenant: 'a42' })
    const body = received?.body.replace('"sync"', '"of-tomorrow"') ?? ''
    const deliveries = [{ messageId: 'm', receipt: 'r', body, receives: 901 }]
    const invocation = { queue: 'default', deliveries, endAt: kit.clock.now() + 900_000 }
    expect(await runBatch(kit.deps, [], invocation)).toEqual([])
    expect(sent.map(({ tenant }) => tenant)).toEqual(['a42', 'a42'])
    // Its turn is worth less than the message itself.
    kit.deps.store.get = () => Promise.reject(new Error('no answer'))
    expect(await runBatch(kit.deps, [], invocation)).toEqual([])
    expect(sent.map(({ tenant }) => tenant)).toEqual(['a42', 'a42', undefined])
  })

  it('is shown by get and by lists', async () => {
    const { kit } = kitOf()
    const { id } = await kit.enqueue(sync, ofA, { delay: '1h' })
    expect(await kit.get(id)).toMatchObject({ tenant: 'a42' })
    expect((await kit.list({})).jobs).toMatchObject([{ id, tenant: 'a42' }])
  })

  it('that gets another input is for whom that says', async () => {
    const { kit, sent } = kitOf()
    const { id } = await kit.enqueue(sync, ofA)
    await kit.drain()
    await kit.requeue(id, { input: { account: 'b7' } })
    await kit.drain()
    await kit.requeue(id, { input: {} })
    await kit.drain()
    expect(sent.map(({ tenant }) => tenant)).toEqual(['a42', 'b7', undefined])
    expect(await kit.get(id)).not.toHaveProperty('tenant')
  })
})

describe('a job for nobody in particular', () => {
  it.each([
    ['its contract names none', parent],
    ['its contract names none for this input', sync],
  ] as const)('has no tenant, and its message no group: %s', async (_, contract) => {
    const { kit, sent } = kitOf()
    const { id } = await kit.enqueue(contract, {})
    expect(sent).toEqual([{ id, tenant: undefined, delayMs: 0 }])
    expect(kit.store.read(id)).not.toHaveProperty('tenant')
    expect(await kit.get(id)).not.toHaveProperty('tenant')
  })
})

describe('a tenant that is none', () => {
  it.each([{ account: '' }, { account: 'x'.repeat(129) }])(
    'refuses the job before anything is written: %j',
    async input => {
      const { kit, sent } = kitOf()
      await expect(kit.enqueue(sync, input)).rejects.toMatchObject({ code: 'invalid_input', field: 'tenant' })
      const [refused, taken] = await kit.enqueueMany([kit.job(sync, input), kit.job(sync, ofA)])
      expect([refused?.kind, taken?.kind]).toEqual(['refused', 'enqueued'])
      expect(sent).toHaveLength(1)
      expect(kit.store.all()).toHaveLength(1)
    },
  )
})

describe('an item from outside', () => {
  const seen = async (made: ReturnType<typeof kitOf>) => {
    await made.kit.drain()
    expect(await made.kit.get('foreign')).toMatchObject({ state: 'COMPLETED' })
    return made.sent.map(({ tenant }) => tenant)
  }

  it('without a tenant gets the one of its contract: from the stream, from a tick, from the reconciler', async () => {
    const streamed = kitOf()
    streamed.kit.store.put(foreign)
    await startAvailable(streamed.kit.deps, [imageOf(streamed.kit, 'foreign')])
    expect(await seen(streamed)).toEqual(['a42'])

    const ticked = kitOf()
    ticked.kit.store.put({ ...foreign, ...(await laneOf(ticked.kit)) })
    expect(await seen(ticked)).toEqual(['a42'])

    const found = kitOf()
    found.kit.store.put({ ...foreign, state: 'SCHEDULED' })
    await reconcile({ ...found.kit.deps, scanner: found.kit.store }, found.kit.clock.now() + 900_000)
    expect(await seen(found)).toEqual(['a42'])
  })

  it.each(['b7', 'Müller & Söhne', 'x'.repeat(1_000)])('keeps the tenant that it brings: %s', async tenant => {
    const made = kitOf()
    made.kit.store.put({ ...foreign, tenant })
    await startAvailable(made.kit.deps, [imageOf(made.kit, 'foreign')])
    expect(await seen(made)).toEqual([tenant])
  })

  it('whose contract cannot tell runs all the same', async () => {
    const made = kitOf()
    made.kit.store.put({ ...foreign, input: '{"account":""}' })
    await startAvailable(made.kit.deps, [imageOf(made.kit, 'foreign')])
    expect(await seen(made)).toEqual([undefined])
  })

  it('acted upon before anybody took it over has it, too', async () => {
    const made = kitOf()
    made.kit.store.put(foreign)
    await made.kit.runNow('foreign')
    expect(await seen(made)).toEqual(['a42'])
  })

  it('an edit of the tenant in the console counts from the next message on', async () => {
    const made = kitOf()
    const { id } = await made.kit.enqueue(sync, ofA, { delay: '1h' })
    made.kit.store.put({ ...imageOf(made.kit, id), tenant: 'b7' })
    await made.kit.drain()
    expect(made.sent.map(({ tenant }) => tenant)).toEqual(['b7'])
  })
})

/** Where a live job of the default queue lies. */
async function laneOf(kit: TestRunner): Promise<RawJob> {
  const other = kitOf().kit
  const { id } = await other.enqueue(parent, {}, { delay: '1h' })
  const { lane = '', shard } = imageOf(other, id)
  return { lane, lookAt: kit.clock.now(), shard }
}
