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

const work = defineJob({ type: 'work', input: v.object({ n: v.number() }), queue: 'mails' })

interface Kit {
  readonly window: number
  readonly concurrency?: number
  readonly batchSize?: number
  readonly workMs?: number
  readonly test?: Partial<TestRunnerOptions>
}

function kit({ window, concurrency = 2, batchSize = 1, workMs = 100, test: more = {} }: Kit) {
  const runner = defineRunner({ jobs: [work], queues: { mails: { window, concurrency, batchSize } } })
  const starts: number[] = []
  let deepest = 0
  const handler = handle(work, async ({ n }) => {
    starts.push(n)
    deepest = Math.max(deepest, (await test.queue.depth('mails')).visible)
    await test.clock.sleep(workMs)
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
    await test.queues.resume('mails')
    await test.drain('1h')
    expect([new Set(starts).size, line()]).toEqual([39, []])
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
