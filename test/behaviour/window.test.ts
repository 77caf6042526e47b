import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { behindSince } from '../../lib/core/records/behind.ts'
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
})
