import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { tick } from '../../lib/app/sweeper/tick.ts'
import { behindSince } from '../../lib/core/records/behind.ts'
import { jobOfTicket } from '../../lib/core/records/gate.ts'
import { queueKey, ticketPrefix } from '../../lib/core/records/keys.ts'
import { defineJob } from '../../lib/define/define-job.ts'
import { defineRunner } from '../../lib/define/define-runner.ts'
import { handle } from '../../lib/define/handle.ts'
import { createTestRunner, type TestRunnerOptions } from '../../lib/testing.ts'

const work = defineJob({
  type: 'work',
  input: v.object({ n: v.number() }),
  queue: 'mails',
  maxAttempts: 2,
  backoff: { kind: 'fixed', delay: '1h' },
})

interface Kit {
  readonly window: number
  readonly concurrency?: number
  readonly batchSize?: number
  readonly workMs?: number
  readonly fails?: (attempt: number) => boolean
  readonly test?: Partial<TestRunnerOptions>
}

function kit({ window, concurrency = 2, batchSize = 1, workMs = 100, fails, test: more = {} }: Kit) {
  const runner = defineRunner({ jobs: [work], queues: { mails: { window, concurrency, batchSize } } })
  const starts: number[] = []
  let deepest = 0
  const handler = handle(work, async ({ n }, ctx) => {
    starts.push(n)
    deepest = Math.max(deepest, (await test.queue.depth('mails')).visible)
    await test.clock.sleep(workMs)
    if (fails?.(ctx.attempt) === true) throw new Error('not yet')
  })
  const test = createTestRunner({ runner, handlers: [handler], ...more })
  const line = () =>
    test.records.all().filter(({ id, part }) => id === queueKey('mails').id && part.startsWith(ticketPrefix))
  const isBehind = () => behindSince(test.records.read(queueKey('mails'))) !== undefined
  const many = (count: number, options: object = {}) =>
    test.enqueueMany(Array.from({ length: count }, (_, n) => test.job(work, { n }, options)))
  return { test, runner, starts, line, isBehind, many, deepest: () => deepest }
}

describe('a queue with a window', () => {
  it('holds so many messages: 10,000 jobs wait in the table, and one urgent job starts among the next 50', async () => {
    const { test, starts, many, line, isBehind, deepest } = kit({ window: 30, concurrency: 2, batchSize: 10 })
    const outcomes = await many(10_000, { priority: 10 })
    expect(outcomes.every(one => one.kind === 'enqueued' && one.created)).toBe(true)
    expect((await test.queue.depth('mails')).visible).toBe(30)
    expect([line().length, isBehind()]).toEqual([9_970, true])
    await test.advance('5s')
    const before = starts.length
    expect(before).toBeGreaterThan(100)
    const { state } = await test.enqueue(work, { n: -1 }, { priority: -10 })
    expect(state).toBe('AVAILABLE')
    await test.advance('5s')
    const place = starts.indexOf(-1) - before
    expect(place).toBeGreaterThan(0)
    expect(place).toBeLessThanOrEqual(50)
    expect(deepest()).toBeLessThanOrEqual(60)
  }, 30_000)

  it('sends no more than fits of 10,000 jobs for one instant, and an urgent job starts among the next 50', async () => {
    const { test, starts, many, line, deepest } = kit({ window: 30, concurrency: 2, batchSize: 10 })
    await many(10_000, { delay: '10m', priority: 10 })
    expect((await test.queue.depth('mails')).delayed).toBe(0)
    await test.advance('599s')
    expect((await test.queue.depth('mails')).delayed).toBeLessThanOrEqual(60)
    expect([starts.length, line().length]).toEqual([0, 10_000 - (await test.queue.depth('mails')).delayed])
    await test.advance('5s')
    const before = starts.length
    // They go on at once, not with the next tick.
    expect(before).toBeGreaterThan(100)
    await test.enqueue(work, { n: -1 }, { priority: -10 })
    await test.advance('5s')
    const place = starts.indexOf(-1) - before
    expect(place).toBeGreaterThan(0)
    expect(place).toBeLessThanOrEqual(50)
    expect(deepest()).toBeLessThanOrEqual(60)
  }, 60_000)

  it('hands out nothing ahead of its time, and what is due although something urgent comes later', async () => {
    const { test, starts, line } = kit({ window: 1 })
    const later = Array.from({ length: 40 }, (_, n) => test.job(work, { n }, { delay: '5m', priority: -9 }))
    await test.enqueueMany(later)
    await test.advance('270s')
    expect([starts, line().length > 30]).toEqual([[], true])
    const others = Array.from({ length: 9 }, (_, n) => test.job(work, { n: 100 + n }, { priority: 9 }))
    await test.enqueueMany(others)
    await test.advance('20s')
    expect(starts.toSorted((a, b) => a - b)).toEqual(others.map((_, n) => 100 + n))
    await test.drain('1h')
    expect([starts.length, new Set(starts).size, line()]).toEqual([49, 49, []])
  })

  it('keeps its window with jobs of transactions, with those that are retried late, and those that an operator retries', async () => {
    const { test, starts, line, deepest } = kit({ window: 3, fails: attempt => attempt < 3 })
    for (let n = 0; n < 40; n += 1) await test.transactWrite((await test.transact(work, { n })).items)
    expect(line()).toHaveLength(37)
    await test.advance('2m')
    expect([starts.length, line()]).toEqual([40, []])
    // Their backoff of an hour is over for all of them within seconds.
    await test.drain('1h')
    expect((await test.list({ state: 'FAILED' })).jobs).toHaveLength(40)
    expect([starts.length, line(), deepest()]).toEqual([80, [], expect.toSatisfy((most: number) => most <= 6)])
    for (const { id } of (await test.list({ state: 'FAILED', limit: 100 })).jobs) await test.requeue(id)
    expect((await test.queue.depth('mails')).visible).toBeLessThanOrEqual(6)
    expect(line().length).toBeGreaterThan(30)
    await test.drain('3h')
    expect([starts.length, line(), deepest()]).toEqual([160, [], expect.toSatisfy((most: number) => most <= 6)])
  })

  it('is worked off by its workers, without a tick, and is not behind any more', async () => {
    const { test, starts, many, line, isBehind, deepest } = kit({ window: 20, batchSize: 5, test: { hasTicks: false } })
    await many(500)
    await test.drain('1h')
    expect(new Set(starts).size).toBe(500)
    expect([starts.length, line(), deepest() <= 40, isBehind()]).toEqual([500, [], true, false])
  })

  it('sends the urgent of a large call first, and keeps to its window with answers in the order of the requests', async () => {
    const { test, many, starts, line } = kit({ window: 5, test: { hasTicks: false } })
    const outcomes = await test.enqueueMany(
      Array.from({ length: 250 }, (_, n) => test.job(work, { n }, { priority: n === 249 ? -3 : 0 })),
    )
    const ids = outcomes.map(one => (one.kind === 'enqueued' ? one.id : ''))
    expect((await test.get(ids[249] ?? ''))?.state).toBe('RESERVED')
    expect((await test.get(ids[249] ?? ''))?.input).toEqual({ n: 249 })
    expect([line().length, (await test.queue.depth('mails')).visible]).toEqual([245, 5])
    await test.settle()
    expect(starts).toContain(249)
    expect(await many(1)).toMatchObject([{ kind: 'enqueued', state: 'AVAILABLE', created: true }])
  })

  it('streams within the room that is left', async () => {
    const { test, line } = kit({ window: 30, test: { hasTicks: false } })
    const outcomes: unknown[] = []
    for await (const one of test.enqueueStream(Array.from({ length: 450 }, (_, n) => test.job(work, { n })))) {
      outcomes.push(one)
    }
    expect(outcomes).toHaveLength(450)
    expect([line().length, (await test.queue.depth('mails')).visible]).toEqual([420, 30])
  })

  it('explains who waits, and how many are ahead', async () => {
    const { test, many, line } = kit({ window: 2, test: { hasTicks: false } })
    const outcomes = await many(10)
    const ids = outcomes.map(one => (one.kind === 'enqueued' ? one.id : ''))
    // Due at the same instant: their ids decide.
    const last = line().map(jobOfTicket).toSorted().at(-1) ?? ''
    expect(ids).toContain(last)
    const explained = await test.explain(last)
    expect(explained?.reasons[0]).toMatchObject({ code: 'behind', ahead: 7 })
    expect(explained?.reasons[0].text).toContain("queue 'mails', which holds 2 messages, has room: 7 jobs are ahead")
  })

  it('lets jobs that wait be cancelled, moved and run now; those that expire are cancelled at their turn', async () => {
    const { test, many, starts, line } = kit({ window: 1, workMs: 2_000, test: { hasTicks: false } })
    await many(3)
    const waiting = await Promise.all(
      [10, 12, 13].map(n => test.enqueue(work, { n }, n === 13 ? { startBy: '1s' } : {})),
    )
    const [cancelled = '', moved = '', expired = ''] = waiting.map(({ id }) => id)
    const urgent = await test.enqueue(work, { n: 14 })
    expect(await test.cancel(cancelled)).toMatchObject({ kind: 'cancelled' })
    expect(await test.reschedule(moved, { delay: '5m' })).toMatchObject({ kind: 'placed', state: 'SCHEDULED' })
    expect(await test.runNow(urgent.id)).toMatchObject({ kind: 'placed', state: 'RESERVED' })
    await test.advance('1m')
    expect([starts.toSorted((a, b) => a - b), line()]).toEqual([[0, 1, 2, 14], []])
    expect(await test.get(expired)).toMatchObject({ state: 'CANCELLED' })
    await test.advance('5m')
    expect(starts.at(-1)).toBe(12)
  })

  it('is filled by the tick where its workers died, and a job whose ticket was lost gets one at its look', async () => {
    const { test, runner, many, starts, line } = kit({ window: 4 })
    await many(12)
    expect(line()).toHaveLength(8)
    for (const { id, part } of line()) test.records.keep({ id, part }, undefined)
    test.queue.purge()
    await test.drain('1h')
    expect([new Set(starts).size, line()]).toEqual([12, []])
    expect(runner.queues['mails']?.window).toBe(4)
  })

  it('holds still while it is paused, and is filled again after that', async () => {
    const { test, many, starts, line } = kit({ window: 4 })
    await test.queues.pause('mails')
    await many(40)
    await test.advance('10m')
    expect([starts, line().length]).toEqual([[], 36])
    const [first] = line().map(jobOfTicket)
    expect(await test.delete(first ?? '')).toMatchObject({ kind: 'deleted' })
    test.queue.purge()
    await test.queues.resume('mails')
    // At once, not with the next tick.
    expect((await test.queue.depth('mails')).visible).toBe(4)
    await test.drain('1h')
    expect([new Set(starts).size, line()]).toEqual([39, []])
  })

  const atMostTwo = { concurrency: 2 }
  it.each([
    ['declared for the whole queue', { limit: atMostTwo }, {}],
    ['set for the whole queue at run time', {}, {}],
    ['of a key', {}, { limit: { key: () => 'one', ...atMostTwo } }],
  ] as const)('next to a limit %s: who waited for room passes its gate as well', async (name, queue, contract) => {
    const limited = defineJob({ type: 'limited', input: v.object({ n: v.number() }), queue: 'mails', ...contract })
    const runner = defineRunner({ jobs: [limited], queues: { mails: { window: 3, batchSize: 5, ...queue } } })
    const [starts, now]: [number[], { running: number; most: number }] = [[], { running: 0, most: 0 }]
    const run = handle(limited, async ({ n }) => {
      starts.push(n)
      now.running += 1
      now.most = Math.max(now.most, now.running)
      await test.clock.sleep(500)
      now.running -= 1
    })
    const test = createTestRunner({ runner, handlers: [run] })
    if (name.includes('run time')) await test.queues.limit('mails', atMostTwo)
    await test.enqueueMany(Array.from({ length: 30 }, (_, n) => test.job(limited, { n })))
    await test.enqueueMany(Array.from({ length: 30 }, (_, n) => test.job(limited, { n: 30 + n }, { delay: '20m' })))
    await test.drain('1h')
    expect([starts.length, new Set(starts).size, now]).toEqual([60, 60, { running: 0, most: 2 }])
    const lines = test.records.all().filter(({ part }) => part.startsWith(ticketPrefix))
    expect(lines).toEqual([])
  })

  it('hands out what waits once its window is taken out of the code', async () => {
    const { test, many, starts, line } = kit({ window: 4, test: { hasTicks: false } })
    await many(40)
    await tick(test.deps, test.clock.now() + 60_000)
    const without = defineRunner({ jobs: [work], queues: { mails: {} } })
    await tick({ ...test.deps, runner: without }, test.clock.now() + 60_000)
    expect(line()).toEqual([])
    await test.drain('1h')
    expect(new Set(starts).size).toBe(40)
  })

  it('asks nobody about queues without one', async () => {
    const plain = defineJob({ type: 'plain', input: v.object({}) })
    const runner = defineRunner({ jobs: [plain] })
    const test = createTestRunner({ runner, handlers: [handle(plain, () => undefined)] })
    const asked: string[] = []
    test.queue.depth = queue => Promise.reject(new Error(asked.push(queue) > 0 ? 'asked' : ''))
    await test.enqueueMany(Array.from({ length: 150 }, () => test.job(plain, {})))
    await test.drain()
    await test.advance('3m')
    expect([asked, test.records.all().filter(({ id }) => id.startsWith('#queue/'))]).toEqual([[], []])
  })

  it.each([0, 10_001, 1.5, '20', null])('is refused with a window of %j', window => {
    const given = { window } as { readonly window: number }
    expect(() => defineRunner({ jobs: [work], queues: { mails: given } })).toThrow(/queues\.mails\.window.*1 to 10000/)
  })
})
