import { randomBytes, scrypt } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import * as v from 'valibot'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Client } from '../../../lib/client/client.ts'
import type { RunContext } from '../../../lib/core/definition/run-context.ts'
import { defineJob } from '../../../lib/define/define-job.ts'
import { defineRunner } from '../../../lib/define/define-runner.ts'
import { handle } from '../../../lib/define/handle.ts'
import { createTestRunner, type TestRunnerOptions } from '../../../lib/testing.ts'

const work = defineJob({ type: 'work', input: v.object({ n: v.number() }), maxAttempts: 2, timeout: '1m' })
const runner = defineRunner({ jobs: [work] })

const kit = (run: (input: { n: number }, ctx: RunContext) => unknown, options: Partial<TestRunnerOptions> = {}) =>
  createTestRunner({ runner, handlers: [handle(work, run as never)], ...options })

afterEach(() => {
  vi.useRealTimers()
})

describe('time stands still while a handler waits for something real', () => {
  it.each([
    ['a timer of Node', () => delay(60)],
    ['a file', () => readFile(import.meta.filename, 'utf8')],
    ['a thread of libuv', () => promisify(scrypt)('a', randomBytes(8), 64)],
  ] as const)('%s', async (_, wait) => {
    const test = kit(async () => {
      await wait()
      return 'done'
    })
    const before = test.clock.now()
    const { id } = await test.enqueue(work, { n: 1 })
    await test.drain()
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', attempt: 1, result: 'done' })
    expect(test.clock.now() - before).toBeLessThan(1_000)
  })

  it('a handler that never ends times out, after the patience', async () => {
    const test = kit(() => new Promise(() => {}), { patienceMs: 20 })
    const { id } = await test.enqueue(work, { n: 1 })
    await test.drain()
    expect(await test.get(id)).toMatchObject({ state: 'FAILED', attempt: 2, error: { name: 'TimedOut' } })
  })

  it("a sleep on the kit's own clock is no real waiting", async () => {
    const test = kit(async () => test.clock.sleep(30_000), { patienceMs: 60_000 })
    const before = test.clock.now()
    const { id } = await test.enqueue(work, { n: 1 })
    await test.drain()
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED' })
    expect(test.clock.now() - before).toBe(30_000)
  })
})

describe('next to other clocks', () => {
  it.each(['all of them', 'those that vitest takes by default'])('fake timers, %s, stop nothing', async which => {
    vi.useFakeTimers(
      which === 'all of them'
        ? { toFake: ['setTimeout', 'setInterval', 'setImmediate', 'Date', 'queueMicrotask'] }
        : {},
    )
    const test = kit(() => 'done')
    const { id } = await test.enqueue(work, { n: 1 }, { delay: '3d' })
    await test.advance('3d')
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED' })
  })

  it('starts at the present, so that a Date of the test is a Date of the kit', async () => {
    const test = kit(() => undefined)
    const { id } = await test.enqueue(work, { n: 1 }, { runAt: new Date(Date.now() + 3_600_000) })
    await test.settle()
    expect(await test.get(id)).toMatchObject({ state: 'SCHEDULED' })
    await test.advance('61m')
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED' })
  })

  it.each([
    ['epoch milliseconds', 1_900_000_000_000],
    ['a Date', new Date(1_900_000_000_000)],
    ['ISO 8601 text', '2030-03-17T17:46:40Z'],
  ])('starts at %s that is given', (_, startAt) => {
    expect(kit(() => undefined, { startAt }).clock.now()).toBe(1_900_000_000_000)
  })

  it.each(['tomorrow', Number.NaN, new Date('nonsense')])('refuses to start at %s', startAt => {
    expect(() => kit(() => undefined, { startAt })).toThrow(/^startAt is .*; allowed: epoch milliseconds, a Date/)
  })

  it('keeps another clock in step', async () => {
    const seen: number[] = []
    const test = kit(() => undefined, { startAt: 1_900_000_000_000, onTime: now => seen.push(now.getTime()) })
    await test.enqueue(work, { n: 1 }, { delay: '90s' })
    await test.advance('2m')
    expect(seen).toEqual([1_900_000_090_000, 1_900_000_120_000])
  })
})

describe('checks what production checks', () => {
  it.each([
    ['two handlers of one type', [handle(work, () => 1), handle(work, () => 2)], /two handlers for job type 'work'/],
    ['no handler for a job', [], /no handler for work: give one for each, or set `partial: true`/],
    [
      'a handler of another copy of the contract',
      [handle(defineJob({ type: 'work', input: v.object({ n: v.number() }) }), () => 1)],
      /two copies of the contract/,
    ],
    [
      'a handler of a contract that the runner does not list',
      [handle(defineJob({ type: 'other', input: v.object({}) }), () => 1)],
      /which the runner does not list/,
    ],
  ])('%s', (_, handlers, message) => {
    expect(() => createTestRunner({ runner, handlers })).toThrow(message)
  })

  it('an ended job goes when its time to live is over: its key is free again', async () => {
    const test = kit(() => undefined)
    const first = await test.enqueue(work, { n: 1 }, { idempotencyKey: 'k' })
    await test.advance('6d')
    expect(await test.enqueue(work, { n: 1 }, { idempotencyKey: 'k' })).toEqual({
      ...first,
      state: 'COMPLETED',
      created: false,
    })
    await test.advance('3d')
    expect(await test.enqueue(work, { n: 1 }, { idempotencyKey: 'k' })).toMatchObject({ id: first.id, created: true })
  })
})

it('is a client: code that takes one can be tested with it', async () => {
  const test = kit(({ n }) => n)
  const importAll = (client: Client, count: number) =>
    client.enqueueMany(Array.from({ length: count }, (_, n) => client.job(work, { n }, { tags: ['import'] })))
  const outcomes = await importAll(test, 3)
  await test.drain()
  const ids = outcomes.flatMap(one => (one.kind === 'enqueued' ? [one.id] : []))
  const jobs = await Promise.all(ids.map(id => test.get(id)))
  expect(jobs.map(job => job?.result)).toEqual([0, 1, 2])
})

it('says which jobs did not end', async () => {
  const test = kit(() => undefined)
  const { id } = await test.enqueue(work, { n: 1 }, { delay: '2d' })
  await expect(test.drain('1d')).rejects.toThrow(`not ended within 1d: ${id} (work, SCHEDULED)`)
})

it('goes ten years ahead in no time: idle ticks are left out', async () => {
  const test = kit(() => 'done')
  const { id } = await test.enqueue(work, { n: 1 }, { delay: '3650d' })
  const before = performance.now()
  await test.drain('3650d')
  expect(await test.get(id)).toMatchObject({ state: 'COMPLETED' })
  expect(performance.now() - before).toBeLessThan(2_000)
})

it('a long batch of one queue keeps no other from starting', async () => {
  const slow = defineJob({ type: 'slow', queue: 'slow', input: v.object({}), timeout: '10m' })
  const quick = defineJob({ type: 'quick', queue: 'quick', input: v.object({}) })
  const queues = { slow: { concurrency: 2, batchSize: 1 }, quick: { concurrency: 2, batchSize: 1 } }
  const test = createTestRunner({
    runner: defineRunner({ jobs: [slow, quick], queues }),
    handlers: [handle(slow, () => test.clock.sleep(300_000)), handle(quick, () => undefined)],
  })
  await test.enqueue(slow, {})
  await test.enqueue(slow, {})
  const { id } = await test.enqueue(quick, {})
  await test.advance('10s')
  expect(await test.get(id)).toMatchObject({ state: 'COMPLETED' })
})
