import * as v from 'valibot'
import { describe, expect, it, vi } from 'vitest'
import { startAvailable } from '../../lib/app/sweeper/start-available.ts'
import { runBatch } from '../../lib/app/worker/run-batch.ts'
import { toItem } from '../../lib/aws/dynamodb/item.ts'
import type { Limit } from '../../lib/core/definition/contract.ts'
import type { Job } from '../../lib/core/job/job.ts'
import { gateFrom, jobOfTicket } from '../../lib/core/records/gate.ts'
import { controlKey, gateKey } from '../../lib/core/records/keys.ts'
import { limitsFrom } from '../../lib/core/records/queue-limit.ts'
import { defineJob } from '../../lib/define/define-job.ts'
import { defineRunner } from '../../lib/define/define-runner.ts'
import { handle } from '../../lib/define/handle.ts'
import { createTestRunner, type TestRunnerOptions } from '../../lib/testing.ts'
import { startAt } from '../support/jobs.ts'
import { recordsOver } from '../support/store-over.ts'

const input = v.object({ ms: v.number() })
const mail = defineJob({ type: 'mail', input, queue: 'mails', timeout: '10m' })
const news = defineJob({ type: 'news', input, queue: 'mails', timeout: '10m' })

/** A queue of two types; the most that ran in it at once, and in which order. */
function kit({ limit, ...options }: { readonly limit?: Limit } & Partial<TestRunnerOptions> = {}) {
  let [running, most] = [0, 0]
  const order: string[] = []
  const starts: number[] = []
  const run = async ({ ms }: { readonly ms: number }, id: string) => {
    running += 1
    most = Math.max(most, running)
    order.push(id)
    starts.push(test.clock.now())
    await test.clock.sleep(ms)
    running -= 1
  }
  const test = createTestRunner({
    runner: defineRunner({
      jobs: [mail, news],
      queues: { mails: { concurrency: 50, batchSize: 10, ...(limit === undefined ? {} : { limit }) } },
    }),
    handlers: [
      handle(mail, (given, ctx) => run(given, ctx.job.id)),
      handle(news, (given, ctx) => run(given, ctx.job.id)),
    ],
    startAt,
    patienceMs: 10,
    ...options,
  })
  const enqueue = async (ms = 1_000, more: object = {}) => (await test.enqueue(mail, { ms }, more)).id
  return {
    test,
    enqueue,
    order,
    starts,
    most: () => most,
    running: () => running,
    /** Counts from now on. */
    forget: () => {
      most = running
    },
    gate: () => gateFrom(test.records.read(gateKey('/mails'))),
    waiting: () => test.records.all().flatMap(record => (record.part.startsWith('wait#') ? [jobOfTicket(record)] : [])),
  }
}

describe('a limit of a whole queue, declared', () => {
  it('of 1 lets one job run at a time, of whatever type', async () => {
    const { test, most, order, waiting } = kit({ limit: { concurrency: 1 }, hasTicks: false })
    for (let n = 0; n < 4; n += 1) {
      await test.enqueue(mail, { ms: 500 })
      await test.enqueue(news, { ms: 500 })
    }
    await test.advance('6s')
    expect([most(), order.length, waiting()]).toEqual([1, 8, []])
  })

  it('is known to producers: each job has its gate from the start', async () => {
    const { test, enqueue } = kit({ limit: { concurrency: 1 } })
    const id = await enqueue()
    expect(test.store.read(id)).toMatchObject({ gate: '/mails', state: 'RESERVED' })
  })

  it('with a rate spreads the starts of all types', async () => {
    const { test, starts } = kit({ limit: { rate: { count: 1, per: '2s' } } })
    for (let n = 0; n < 3; n += 1) {
      await test.enqueue(mail, { ms: 1 })
      await test.enqueue(news, { ms: 1 })
    }
    await test.advance('15s')
    expect(starts.map(at => at - startAt)).toEqual([0, 2_000, 4_000, 6_000, 8_000, 10_000])
  })

  it('holds for a job that a foreign writer put, and for one that a producer of an older release enqueued', async () => {
    const { test, most, enqueue } = kit({ limit: { concurrency: 1 } })
    const old = await enqueue(2_000, { delay: '20m' })
    const { gate: _, ...before } = test.store.read(old) as Job
    test.store.putItem(toItem(before))
    await enqueue(2_000, { delay: '20m' })
    test.store.put({ id: 'foreign', type: 'news', state: 'AVAILABLE', input: '{"ms":2000}' })
    await startAvailable(test.deps, [test.store.read('foreign') as Job])
    expect(test.store.read('foreign')).toMatchObject({ gate: '/mails', queue: 'mails' })
    await test.runNow(old)
    await test.drain()
    expect(test.store.read(old)).toMatchObject({ gate: '/mails', state: 'COMPLETED' })
    expect([most(), test.events.filter(({ name }) => name === 'job_completed').length]).toEqual([1, 3])
  })

  it('is refused where a job of the queue has a limit: a job has one', () => {
    const limited = defineJob({ type: 'limited', input, queue: 'mails', limit: { concurrency: 2 } })
    expect(() => defineRunner({ jobs: [limited], queues: { mails: { limit: { concurrency: 1 } } } })).toThrow(
      "job 'limited' has a limit, and so has its queue 'mails': a job has one",
    )
  })

  it.each([
    [{}, 'queues.mails.limit is {}; allowed: concurrency, rate, or both'],
    [{ concurrency: 0 }, 'queues.mails.limit.concurrency is 0; allowed: a whole number from 1 to 100'],
    [{ concurrency: 101 }, 'queues.mails.limit.concurrency is 101; allowed: a whole number from 1 to 100'],
    [{ key: () => 'a', concurrency: 1 }, 'queues.mails.limit.key'],
    [{ rate: { count: 101, per: '1s' } }, 'queues.mails.limit.rate.count is 101'],
  ])('%o is refused', (limit, text) => {
    expect(() => defineRunner({ jobs: [], queues: { mails: { limit: limit as Limit } } })).toThrow(text)
  })
})

describe('a limit of a whole queue, set at run time', () => {
  it('holds for jobs that were enqueued before', async () => {
    const { test, enqueue, most } = kit()
    for (let n = 0; n < 5; n += 1) await enqueue(3_000, { delay: '10s' })
    expect(await test.queues.limit('mails', { concurrency: 1 })).toEqual({
      kind: 'limited',
      limit: { concurrency: 1 },
    })
    await test.drain()
    expect([most(), test.events.filter(({ name }) => name === 'job_completed').length]).toEqual([1, 5])
  })

  it('is noticed by a worker within 5 s; runs at work go on, and take no place', async () => {
    const { test, enqueue, running, order } = kit()
    for (let n = 0; n < 3; n += 1) await enqueue(60_000)
    await test.settle()
    await test.queues.limit('mails', { concurrency: 1 })
    await test.advance('5s')
    const next = await enqueue(1_000)
    const last = await enqueue(1_000)
    await test.advance('500ms')
    expect([running(), order.at(-1)]).toEqual([4, next])
    await test.drain()
    expect((await test.get(last))?.state).toBe('COMPLETED')
  })

  it('costs a job without a gate one write more than one with it', async () => {
    const { test, enqueue } = kit()
    await test.queues.limit('mails', { concurrency: 1 })
    const id = await enqueue()
    await test.settle()
    expect(test.store.read(id)).toMatchObject({ gate: '/mails', state: 'IN_PROGRESS', fence: 1 })
  })

  it('that is lowered while a place is long in coming: who gets it then does not start', async () => {
    const { test, enqueue, running, most, forget } = kit({ hasTicks: false })
    await test.queues.limit('mails', { concurrency: 2 })
    await enqueue(60_000)
    await test.settle()
    const update = test.records.update.bind(test.records)
    vi.spyOn(test.records, 'update').mockImplementationOnce(async updates => {
      await test.clock.sleep(10_000)
      return update(updates)
    })
    const id = await enqueue(1_000)
    await test.advance('1s')
    await test.queues.limit('mails', { concurrency: 1 })
    forget()
    await test.advance('30s')
    expect([running(), most()]).toEqual([1, 1])
    await test.advance('1m')
    expect((await test.get(id))?.state).toBe('COMPLETED')
  })

  it('that is raised hands the new places on at once', async () => {
    const { test, enqueue, running, waiting } = kit({ hasTicks: false })
    await test.queues.limit('mails', { concurrency: 1 })
    for (let n = 0; n < 6; n += 1) await enqueue(60_000)
    await test.advance('1s')
    expect([running(), waiting().length]).toEqual([1, 5])
    await test.queues.limit('mails', { concurrency: 4 })
    await test.advance('1s')
    expect([running(), waiting().length]).toEqual([4, 2])
  })

  it('that is lowered starts nothing until so few run', async () => {
    const { test, enqueue, running, order, forget, most } = kit({ hasTicks: false })
    await test.queues.limit('mails', { concurrency: 4 })
    for (let n = 0; n < 4; n += 1) await enqueue(10_000 * (n + 1))
    await test.settle()
    await test.queues.limit('mails', { concurrency: 2 })
    await test.advance('5s')
    for (let n = 0; n < 3; n += 1) await enqueue(1_000)
    await test.advance('16s')
    expect([running(), order.length]).toEqual([2, 4])
    forget()
    await test.advance('1m')
    expect([most(), order.length]).toEqual([2, 7])
  })

  it('that is lowered takes back what it has promised and nobody has started', async () => {
    const { test, enqueue, running, most, order } = kit()
    await test.queues.limit('mails', { concurrency: 1 })
    const ids: string[] = []
    for (let n = 0; n < 5; n += 1) ids.push(await enqueue(5_000))
    await test.settle()
    // Promised to messages that nobody has received yet.
    await test.queues.pause('mails')
    await test.advance('6s')
    await test.queues.limit('mails', { concurrency: 4 })
    await test.queues.limit('mails', { concurrency: 1 })
    await test.queues.resume('mails')
    await test.advance('20m')
    expect([most(), running(), order.toSorted()]).toEqual([1, 0, ids.toSorted()])
  })

  it('that is taken away lets everybody go, by priority', async () => {
    const { test, enqueue, running, waiting, gate } = kit({ hasTicks: false })
    await test.queues.limit('mails', { concurrency: 1 })
    for (let n = 0; n < 30; n += 1) await enqueue(60_000)
    await test.advance('1s')
    expect(await test.queues.limit('mails', null)).toEqual({ kind: 'limited' })
    await test.advance('6s')
    expect([running(), waiting(), gate().held.size]).toEqual([30, [], 1])
    await test.drain()
    expect([running(), gate().held.size]).toEqual([0, 0])
  })

  it('that is taken away while a worker does not know it yet: the next tick lets them go', async () => {
    const { test, enqueue, waiting, running } = kit({ hasTicks: false })
    await test.queues.limit('mails', { concurrency: 1 })
    await enqueue(300_000)
    await test.settle()
    // Another process takes it away.
    const records = recordsOver(test.records, {})
    const { limitQueue } = await import('../../lib/app/operate/limit-queue.ts')
    await limitQueue({ ...test.deps, records }, 'mails', { limit: null })
    const id = await enqueue(1_000)
    await test.advance('1s')
    expect([waiting(), running()]).toEqual([[id], 1])
    await test.advance('5s')
    await test.tick()
    await test.advance('2s')
    expect([waiting(), (await test.get(id))?.state]).toEqual([[], 'COMPLETED'])
  })

  it('may be a rate', async () => {
    const { test, enqueue, starts } = kit()
    await test.queues.limit('mails', { rate: { count: 1, per: '3s', burst: 2 } })
    for (let n = 0; n < 5; n += 1) await enqueue(1)
    await test.advance('1m')
    expect(starts.map(at => at - startAt)).toEqual([0, 0, 3_000, 6_000, 9_000])
  })

  it('is over what the code says, and null brings that back', async () => {
    const { test, enqueue, most, forget } = kit({ limit: { concurrency: 1 } })
    await test.queues.limit('mails', { concurrency: 3 })
    for (let n = 0; n < 6; n += 1) await enqueue(1_000)
    await test.drain()
    expect(most()).toBe(3)
    expect(await test.queues.limit('mails', null)).toEqual({ kind: 'limited', limit: { concurrency: 1 } })
    await test.advance('6s')
    forget()
    for (let n = 0; n < 4; n += 1) await enqueue(1_000)
    await test.drain()
    expect(most()).toBe(1)
  })

  it('shows on the queue, with who set it', async () => {
    const { test } = kit({ limit: { concurrency: 5 }, actor: 'alice' })
    expect((await test.queues.get('mails'))?.limit).toEqual({ concurrency: 5 })
    const rate = { count: 10, per: '1m', burst: 3 } as const
    await test.queues.limit('mails', { concurrency: 2, rate })
    expect((await test.queues.get('mails'))?.limit).toEqual({
      concurrency: 2,
      rate,
      by: 'alice',
      at: new Date(test.clock.now()).toISOString(),
      code: { concurrency: 5 },
    })
  })

  it('of jobs that have limits of their own is refused', async () => {
    const limited = defineJob({ type: 'limited', input, queue: 'mails', limit: { concurrency: 2 } })
    const test = createTestRunner({
      runner: defineRunner({ jobs: [limited, mail], queues: { mails: {} } }),
      handlers: [handle(limited, () => undefined), handle(mail, () => undefined)],
      startAt,
    })
    expect(await test.queues.limit('mails', { concurrency: 1 })).toEqual({ kind: 'limitedByType', types: ['limited'] })
    expect(limitsFrom(test.records.read(controlKey)).size).toBe(0)
  })

  it.each([
    ['nobody', { kind: 'notFound', known: ['default', 'mails'] }],
    ['lamplighter', { kind: 'notDeployed' }],
  ])('of %s is refused', async (queue, outcome) => {
    const { test } = kit()
    expect(await test.queues.limit(queue, { concurrency: 1 })).toEqual(outcome)
  })

  it.each([
    [{}, 'limit is {}; allowed: concurrency, rate, or both'],
    [{ concurrency: 1.5 }, 'limit.concurrency is 1.5; allowed: a whole number from 1 to 100'],
    [{ rate: { count: 1, per: '1ms' } }, 'limit.rate.per'],
    [{ concurrency: 1, key: 'a' }, 'limit.key'],
  ])('%o is refused, and nothing is written', async (limit, text) => {
    const { test } = kit()
    await expect(test.queues.limit('mails', limit as Limit)).rejects.toThrow(text)
    expect(limitsFrom(test.records.read(controlKey)).size).toBe(0)
  })

  it('set twice is written once', async () => {
    const { test } = kit()
    await test.queues.limit('mails', { concurrency: 1 })
    expect(await test.queues.limit('mails', { concurrency: 1 })).toEqual({
      kind: 'already',
      limit: { concurrency: 1 },
    })
    expect(test.events.filter(({ name }) => name === 'queue_limited')).toHaveLength(1)
  })
})

describe('a queue without a limit', () => {
  it('asks nothing more of any table', async () => {
    const { test, enqueue } = kit()
    await enqueue(0)
    await test.settle()
    const asked: string[] = []
    const records = new Proxy(test.records, {
      get: (target, name) => {
        const found = Reflect.get(target, name) as unknown
        if (typeof found !== 'function') return found
        return (...given: unknown[]) => {
          asked.push(String(name))
          return Reflect.apply(found, target, given) as unknown
        }
      },
    })
    await runBatch({ ...test.deps, records }, [handle(mail, () => undefined)], {
      queue: 'mails',
      deliveries: [],
      endAt: test.clock.now() + 60_000,
    })
    expect(asked).toEqual(['get'])
  })
})
