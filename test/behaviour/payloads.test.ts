/** Inputs that are too large for their items. */
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { startAvailable } from '../../lib/app/sweeper/start-available.ts'
import { jobRequest } from '../../lib/core/definition/job-request.ts'
import type { RunContext } from '../../lib/core/definition/run-context.ts'
import type { Job } from '../../lib/core/job/job.ts'
import { whereaboutsOf } from '../../lib/core/records/payload.ts'
import { defineJob, type JobOptions } from '../../lib/define/define-job.ts'
import { defineRunner } from '../../lib/define/define-runner.ts'
import { handle } from '../../lib/define/handle.ts'
import { createTestRunner, type TestRunner } from '../../lib/testing.ts'
import { startAt } from '../support/jobs.ts'

const day = 86_400_000

interface Input {
  readonly text: string
}

function kitOf(
  options: Partial<JobOptions<'big', Input, Input>> = {},
  run: (ctx: RunContext, input: Input) => unknown = () => {},
) {
  const big = defineJob({ type: 'big', input: v.object({ text: v.string() }), enqueues: ['big'], ...options })
  const got: string[] = []
  const handler = handle(big, async (input, ctx) => {
    got.push(input.text)
    await run(ctx, input)
  })
  const test: TestRunner = createTestRunner({ runner: defineRunner({ jobs: [big] }), handlers: [handler], startAt })
  const payloads = () => test.records.all().filter(({ part }) => part.startsWith('input#'))
  return { test, big, got, payloads }
}

const text = (bytes: number): string => 'é'.repeat(bytes / 2)
/** `{"text":""}` takes 11 bytes. */
const inputOf = (bytes: number): Input => ({
  text: text(bytes - 11 - ((bytes - 11) % 2)) + 'x'.repeat((bytes - 11) % 2),
})

describe('an input', () => {
  it.each([
    [4_096, 0],
    [4_097, 1],
    [397_312, 1],
  ])('of %i bytes is in %i records, and reaches its handler (I30)', async (bytes, records) => {
    const { test, big, got, payloads } = kitOf()
    const input = inputOf(bytes)
    const { id } = await test.enqueue(big, input)
    expect(payloads()).toHaveLength(records)
    expect(test.store.raw(id)?.input).toBe(records === 0 ? JSON.stringify(input) : 'null')
    await test.drain()
    expect(got).toEqual([input.text])
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', input })
  })

  it.each([
    [0, 1],
    [397_312, 0],
  ])('stays in its item as far as the contract says: %i bytes', async (inlineInput, records) => {
    const { test, big, got, payloads } = kitOf({ inlineInput })
    await test.enqueue(big, inputOf(50_000))
    expect(payloads()).toHaveLength(records)
    await test.drain()
    expect(got).toHaveLength(1)
  })

  it('is there through retries, a move by the sweeper and an edit in the console', async () => {
    const { test, big, got } = kitOf({ backoff: { kind: 'fixed', delay: '1h' } }, ctx => {
      if (ctx.attempt < 3) throw new Error('again')
    })
    const { id } = await test.enqueue(big, inputOf(5_000), { delay: '3h' })
    await test.drain()
    expect(got).toHaveLength(3)
    const { S: ref } = test.store.allItems()[0]?.['ref'] ?? {}
    test.store.putItem({ ...test.store.allItems()[0], state: { S: 'AVAILABLE' } })
    await startAvailable(test.deps, [test.store.read(id) as Job])
    await test.drain()
    expect(got).toHaveLength(6)
    expect(test.store.raw(id)).toMatchObject({ ref, generation: 2, state: 'COMPLETED' })
  })

  it('is compared under its key, whole', async () => {
    const { test, big, payloads } = kitOf()
    const first = await test.enqueue(big, inputOf(5_000), { idempotencyKey: 'k' })
    const again = await test.enqueue(big, inputOf(5_000), { idempotencyKey: 'k' })
    expect(again).toMatchObject({ id: first.id, created: false })
    await expect(test.enqueue(big, inputOf(6_000), { idempotencyKey: 'k' })).rejects.toMatchObject({
      code: 'idempotency_conflict',
    })
    // Those of the refused requests are orphans; the job's own was never touched.
    expect(payloads()).toHaveLength(3)
    await test.drain()
    expect(await test.get(first.id)).toMatchObject({ state: 'COMPLETED', input: inputOf(5_000) })
  })

  it('of a bulk, a follow-up, a commit and a transaction', async () => {
    const { test, big, got } = kitOf({}, async (ctx, { text: given }) => {
      if (given.length > 4_000) return
      await ctx.enqueue(big, inputOf(10_001))
      await ctx.commit([], { enqueue: [jobRequest(big, inputOf(10_003))] })
    })
    await test.enqueueMany([test.job(big, inputOf(9_001)), test.job(big, inputOf(100)), test.job(big, inputOf(9_003))])
    const { items, document } = await test.transact(big, inputOf(9_005))
    expect([items.length, document.length]).toEqual([2, 2])
    await test.transactWrite(document)
    await test.drain()
    expect(got).toHaveLength(6)
    expect(test.events.filter(({ name }) => name === 'job_completed')).toHaveLength(6)
  })
})

describe('a payload', () => {
  it('expires 90 days after the job was due, and the time that jobs are kept', async () => {
    const { test, big, payloads } = kitOf({ keep: { failed: '10d' } })
    await test.enqueue(big, inputOf(5_000), { delay: '5d' })
    expect(payloads()[0]?.attributes['ttl']).toBe((startAt + 105 * day) / 1_000)
  })

  it('that is gone ends the job, and no handler is called', async () => {
    const { test, big, got, payloads } = kitOf()
    const { id } = await test.enqueue(big, inputOf(5_000))
    for (const one of payloads()) test.records.expire(one)
    await test.drain()
    expect(await test.get(id)).toMatchObject({
      state: 'FAILED',
      attempt: 1,
      input: null,
      error: { name: 'PayloadGone' },
    })
    expect(got).toEqual([])
  })

  it('that cannot be read charges no attempt', async () => {
    const { test, big, got } = kitOf()
    const { id } = await test.enqueue(big, inputOf(5_000))
    let failures = 0
    const get = test.records.get.bind(test.records)
    test.records.get = keys => {
      // Others read records as well, such as the control record.
      if (!keys.some(({ part }) => part.startsWith('input#'))) return get(keys)
      failures += 1
      return failures > 2 ? get(keys) : Promise.reject(new Error('throttled'))
    }
    await test.drain()
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', snoozes: 2 })
    expect(test.store.raw(id)?.attemptsLeft).toBe(4)
    expect(got).toHaveLength(1)
  })

  it('that cannot be put refuses its job alone', async () => {
    const { test, big, got } = kitOf()
    test.records.putIfAbsent = records =>
      Promise.resolve(records.map(() => ({ kind: 'failed', error: new Error('throttled') })))
    const enqueued = test.enqueueMany([test.job(big, inputOf(5_000)), test.job(big, inputOf(50))])
    await test.advance('1s')
    const outcomes = await enqueued
    expect(outcomes).toMatchObject([{ kind: 'refused', error: { code: 'unavailable' } }, { kind: 'enqueued' }])
    await test.drain()
    expect([got.length, test.store.all().length]).toEqual([1, 1])
  })

  it.each(['requeue', 'reschedule'] as const)('does not outlive a %s beyond its expiry', async act => {
    const { test, big } = kitOf()
    const { id } = await test.enqueue(big, inputOf(5_000), { delay: '1h' })
    if (act === 'requeue') await test.drain()
    await expect(test[act](id, { delay: '121d' })).rejects.toMatchObject({ code: 'payload_expires', id })
    expect(await test[act](id, { delay: '100d' })).toMatchObject({ kind: 'placed' })
    await test.drain('200d')
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED' })
  })

  it('that is gone does not matter to a job that gets another input', async () => {
    const { test, big, got, payloads } = kitOf()
    const { id } = await test.enqueue(big, inputOf(5_000))
    await test.drain()
    for (const one of payloads()) test.records.expire(one)
    await test.requeue(id, { input: { text: 'another' } })
    await test.drain()
    expect(got.at(-1)).toBe('another')
    expect(test.store.raw(id)).not.toHaveProperty('ref')
  })

  it('of a form that a later release has made is left to it', () => {
    expect(['record:input#a#b', 's3:key', 'record:cell#a'].map(ref => whereaboutsOf({ id: 'a', ref }).kind)).toEqual([
      'record',
      'unknown',
      'unknown',
    ])
  })
})

it('a result has room of its own, however large the input was', async () => {
  const big = defineJob({ type: 'big', input: v.object({ text: v.string() }) })
  const handler = handle(big, input => ({ text: input.text.slice(0, 380_000) }))
  const test = createTestRunner({ runner: defineRunner({ jobs: [big] }), handlers: [handler], startAt })
  const { id } = await test.enqueue(big, { text: 'x'.repeat(390_000) })
  await test.drain()
  expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', result: { text: 'x'.repeat(380_000) } })
})
