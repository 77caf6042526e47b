import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { reconcile } from '../../lib/app/sweeper/reconcile.ts'
import { startAvailable } from '../../lib/app/sweeper/start-available.ts'
import type { Job, RawJob } from '../../lib/core/job/job.ts'
import { defineJob, type JobOptions } from '../../lib/define/define-job.ts'
import { defineRunner } from '../../lib/define/define-runner.ts'
import { handle } from '../../lib/define/handle.ts'
import type { JobStore } from '../../lib/ports/job-store.ts'
import { createTestRunner } from '../../lib/testing.ts'
import { crashAfterStart } from '../support/crashed.ts'

const minute = 60_000
const hour = 60 * minute

/** A deployment of one type, `charge`, which lies in the queue given; its handler always fails. */
function deployment(queue: string, { options = {}, queues = {}, store, startAt }: Partial<DeploymentOptions> = {}) {
  const starts: string[] = []
  const charge = defineJob({ type: 'charge', input: v.object({}), queue, ...options })
  const runner = defineRunner({ jobs: [charge], queues: { [queue]: {}, ...queues } })
  const handlers = [
    handle(charge, (_, ctx) => {
      starts.push(ctx.job.id)
      if (options.maxAttempts !== undefined) throw new Error('declined')
    }),
  ]
  const test = createTestRunner({
    runner,
    handlers,
    ...(store === undefined ? {} : { wrapStore: () => store }),
    ...(startAt === undefined ? {} : { startAt }),
  })
  return { test, charge, starts }
}

interface DeploymentOptions {
  readonly options: Partial<JobOptions<'charge', object, object>>
  readonly queues: Record<string, object>
  readonly store: JobStore
  readonly startAt: number
}

const foreign: RawJob = { id: 'foreign', type: 'charge', state: 'AVAILABLE', input: '{}' }

describe('an item that a foreign writer put', () => {
  it.each([
    ['without a queue', {}],
    ['with a misspelt queue', { queue: 'paymnets' }],
    ['with a queue of another type', { queue: 'default' }],
  ])('%s, runs in its contract’s queue, as often as its contract allows', async (_, changes) => {
    const { test, starts } = deployment('payments', { options: { maxAttempts: 1 } })
    test.store.put({ ...foreign, ...changes })
    await startAvailable(test.deps, [test.store.read('foreign') as Job])
    await test.drain()
    expect(starts).toEqual(['foreign'])
    expect(await test.get('foreign')).toMatchObject({ queue: 'payments', state: 'FAILED', attempt: 1, maxAttempts: 1 })
  })

  it('and that the stream did not report, follows its contract when the reconciler finds it', async () => {
    const { test, starts } = deployment('payments', {
      options: { maxAttempts: 2, backoff: { kind: 'fixed', delay: '1s' } },
    })
    test.store.put({ ...foreign, state: 'RESERVED' })
    await reconcile({ ...test.deps, scanner: test.store }, test.clock.now() + hour)
    await test.drain()
    expect(starts).toHaveLength(2)
    expect(await test.get('foreign')).toMatchObject({ queue: 'payments', maxAttempts: 2 })
  })

  it('gets a life of its own', async () => {
    const { test } = deployment('payments')
    test.store.put(foreign)
    await startAvailable(test.deps, [test.store.read('foreign') as Job])
    expect(test.store.read('foreign')?.life).toMatch(/^[\w-]{6}$/)
  })

  it('of an unknown type in an unknown queue is set aside, and blocks nobody', async () => {
    const { test } = deployment('payments')
    test.store.put({ ...foreign, type: 'stranger', queue: 'gone' })
    test.store.put({ ...foreign, id: 'known' })
    const images = ['foreign', 'known'].map(id => test.store.read(id) as Job)
    expect(await startAvailable(test.deps, images)).toEqual([])
    expect(test.events.filter(({ name }) => name === 'job_set_aside')).toMatchObject([{ id: 'foreign' }])
    await test.advance('1s')
    expect(await test.get('known')).toMatchObject({ state: 'COMPLETED' })
    expect(test.store.read('foreign')).toMatchObject({ state: 'AVAILABLE' })
  })
})

describe.each([
  ['removed', {}],
  ['left to other types', { mails: {} }],
])('when the queue of a type was %s, and the type has another', (_, queues) => {
  /** A job made by the old deployment, and the new one on the same table. */
  async function redeployed(delay: '2h' | '10m' | '0s') {
    const before = deployment('mails')
    const { id } = await before.test.enqueue(before.charge, {}, { delay })
    await before.test.tick()
    const after = deployment('mail', { queues, store: before.test.store, startAt: before.test.clock.now() })
    await after.test.records.putIfAbsent(before.test.records.all())
    return { before, after, id }
  }

  it.each(['2h', '10m', '0s'] as const)('a job that waits %s runs on time in the new queue', async delay => {
    const { after, id } = await redeployed(delay)
    const dueAt = after.test.clock.now() + { '2h': 2 * hour, '10m': 10 * minute, '0s': 0 }[delay]
    await after.test.advance('3h')
    expect(after.starts).toEqual([id])
    const job = await after.test.get(id)
    expect(job).toMatchObject({ state: 'COMPLETED', queue: 'mail' })
    // Where a message is in the old queue, its hold must run out first.
    const lateMs = Date.parse(job?.startedAt ?? '') - dueAt
    expect(lateMs).toBeLessThanOrEqual(delay === '2h' ? 1_100 : 129_000 + minute + 1_100)
  })

  it('a job whose run crashed is taken up in the new queue', async () => {
    const { before, after, id } = await redeployed('0s')
    const [received] = before.test.queue.receive('mails', 1, hour)
    before.test.queue.put('default', received?.body ?? '')
    await crashAfterStart(before.test)
    await after.test.advance('10m')
    expect(after.starts).toEqual([id])
    expect(await after.test.get(id)).toMatchObject({ queue: 'mail', state: 'COMPLETED', crashes: 1 })
  })

  it('operators’ acts reach the new queue at once', async () => {
    const { after, id } = await redeployed('2h')
    expect(await after.test.runNow(id)).toEqual({ kind: 'placed', state: 'RESERVED' })
    await after.test.settle()
    expect(after.starts).toEqual([id])
    expect(await after.test.requeue(id)).toEqual({ kind: 'placed', state: 'RESERVED' })
    await after.test.settle()
    expect(after.starts).toEqual([id, id])
  })
})

describe('when neither type nor queue is there any more', () => {
  it('operators are refused clearly, and the tick sets the job aside', async () => {
    const before = deployment('mails')
    const { id } = await before.test.enqueue(before.charge, {}, { delay: '2h' })
    await before.test.tick()
    const other = defineJob({ type: 'other', input: v.object({}) })
    const after = createTestRunner({
      runner: defineRunner({ jobs: [other] }),
      handlers: [handle(other, () => undefined)],
      wrapStore: () => before.test.store,
    })
    await after.records.putIfAbsent(before.test.records.all())
    const why = "neither its type 'charge' nor its queue 'mails' is in this deployment"
    expect(await after.runNow(id)).toMatchObject({ kind: 'notPossible', state: 'SCHEDULED', why })
    await after.advance('2h')
    expect(after.events).toContainEqual({ name: 'job_set_aside', id, error: why })
    expect(await after.cancel(id)).toEqual({ kind: 'cancelled' })
  })
})

describe('a job that no tick finds', () => {
  const forgotten = (changes: RawJob): Job => ({
    id: 'lost',
    type: 'charge',
    queue: 'payments',
    state: 'SCHEDULED',
    input: '{}',
    attempt: 0,
    attemptsLeft: 5,
    scheduledAt: 0,
    insertedAt: 0,
    fence: 0,
    shard: 3,
    lane: 'payments#live#3',
    lookAt: 0,
    ...changes,
  })
  const scan = (test: ReturnType<typeof deployment>['test']) =>
    reconcile({ ...test.deps, scanner: test.store }, test.clock.now() + hour)

  it('is brought back by the reconciler, whatever the reason; an event says so', async () => {
    const { test, starts } = deployment('payments')
    const lookAt = test.clock.now() - hour - 1
    test.store.put(forgotten({ queue: 'never-on-record', lane: 'never-on-record#live#3', lookAt }))
    expect(await scan(test)).toMatchObject({ forgotten: 1, adopted: 0, setAside: 0 })
    expect(test.events).toContainEqual({
      name: 'job_forgotten',
      id: 'lost',
      type: 'charge',
      queue: 'never-on-record',
      lateMs: hour + 1,
    })
    await test.advance('2m')
    expect(starts).toEqual(['lost'])
  })

  it('has its row written anew where the index lost it', async () => {
    const { test } = deployment('payments')
    test.store.put(forgotten({ lookAt: test.clock.now() - hour - 1 }))
    expect(await scan(test)).toMatchObject({ forgotten: 1 })
    expect(test.store.read('lost')).toMatchObject({ lane: 'payments#live#3', lookAt: test.clock.now() })
  })

  it('is not one that is an hour late: the tick has until then', async () => {
    const { test } = deployment('payments')
    test.store.put(forgotten({ lookAt: test.clock.now() - hour }))
    expect(await scan(test)).toMatchObject({ forgotten: 0 })
  })

  it('of an unknown type in an unknown queue is set aside', async () => {
    const { test } = deployment('payments')
    test.store.put(forgotten({ type: 'stranger', queue: 'gone', lane: 'gone#live#3', lookAt: 0 }))
    expect(await scan(test)).toMatchObject({ forgotten: 0, setAside: 1 })
  })
})
