/** Inputs above 300 KB, in a bucket. */
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { jobRequest } from '../../lib/core/definition/job-request.ts'
import type { RunContext } from '../../lib/core/definition/run-context.ts'
import { defineJob } from '../../lib/define/define-job.ts'
import { defineRunner } from '../../lib/define/define-runner.ts'
import { schedule } from '../../lib/define/define-schedule.ts'
import { handle } from '../../lib/define/handle.ts'
import { createTestRunner, type TestRunner } from '../../lib/testing.ts'
import { startAt } from '../support/jobs.ts'

const big = defineJob({ type: 'big', input: v.object({ text: v.string() }), enqueues: ['big'], maxAttempts: 2 })
const recordBytes = 300 * 1_024
const mostBytes = 4 * 1_024 * 1_024
/** `{"text":""}` takes 11 bytes. */
const inputOf = (bytes: number) => ({ text: 'x'.repeat(bytes - 11) })

function kitOf(run: (ctx: RunContext) => unknown = () => {}, payloads = true) {
  const got: number[] = []
  const handlers = [
    handle(big, async ({ text }, ctx) => {
      got.push(text.length + 11)
      await run(ctx)
    }),
  ]
  const kit: TestRunner = createTestRunner({ runner: defineRunner({ jobs: [big] }), handlers, startAt, payloads })
  return { kit, got, keys: () => [...(kit.payloads?.objects.keys() ?? [])] }
}

describe('with a bucket', () => {
  it.each([
    [recordBytes, 0],
    [recordBytes + 1, 1],
    [mostBytes, 1],
  ])('an input of %i bytes is in %i objects, and reaches its handler and its readers (I30)', async (bytes, objects) => {
    const { kit, got, keys } = kitOf()
    const { id } = await kit.enqueue(big, inputOf(bytes))
    expect(keys()).toHaveLength(objects)
    await kit.drain()
    expect(got).toEqual([bytes])
    expect((await kit.get(id))?.input).toEqual(inputOf(bytes))
  })

  it('a larger one is refused', async () => {
    const { kit, keys } = kitOf()
    await expect(kit.enqueue(big, inputOf(mostBytes + 1))).rejects.toMatchObject({
      name: 'JobTooLarge',
      bytes: mostBytes + 1,
      maxBytes: mostBytes,
    })
    expect([kit.store.all(), keys()]).toEqual([[], []])
  })

  it('each attempt reads it, and so does a requeue', async () => {
    const { kit, got } = kitOf(() => Promise.reject(new Error('again')))
    const { id } = await kit.enqueue(big, inputOf(400_000))
    await kit.drain()
    await kit.requeue(id)
    await kit.drain()
    expect(got).toEqual([400_000, 400_000, 400_000, 400_000])
  })

  it('its objects are compared under their key, whole', async () => {
    const { kit } = kitOf()
    const first = await kit.enqueue(big, inputOf(400_000), { idempotencyKey: 'k' })
    expect(await kit.enqueue(big, inputOf(400_000), { idempotencyKey: 'k' })).toMatchObject({
      id: first.id,
      created: false,
    })
    await expect(kit.enqueue(big, inputOf(400_001), { idempotencyKey: 'k' })).rejects.toMatchObject({
      name: 'IdempotencyConflict',
    })
  })

  it('a bulk, a follow-up and a commit have them as well', async () => {
    let isFirst = true
    const { kit, got } = kitOf(async ctx => {
      if (!isFirst) return
      isFirst = false
      await ctx.enqueue(big, inputOf(400_001))
      await ctx.commit([], { enqueue: [jobRequest(big, inputOf(400_002))] })
    })
    await kit.enqueueMany([kit.job(big, inputOf(400_000))])
    await kit.drain()
    expect(got.toSorted((a, b) => a - b)).toEqual([400_000, 400_001, 400_002])
  })

  it('the caller’s own transaction keeps its limit of 300 KB', async () => {
    const { kit, keys } = kitOf()
    await expect(kit.transact(big, inputOf(recordBytes + 1))).rejects.toMatchObject({ name: 'JobTooLarge' })
    expect(await kit.transact(big, inputOf(recordBytes))).toMatchObject({ items: { length: 2 } })
    expect(keys()).toEqual([])
  })

  it('a schedule’s jobs have them as well', async () => {
    const got: number[] = []
    const runner = defineRunner({
      jobs: [big],
      schedules: [schedule('often', big, { every: '30s', input: inputOf(350_000) })],
    })
    const handlers = [handle(big, ({ text }) => void got.push(text.length + 11))]
    const kit = createTestRunner({ runner, handlers, startAt, payloads: true })
    await kit.advance('65s')
    expect(got).toEqual([350_000, 350_000])
  })
})

describe('an object', () => {
  it.each([
    ['0s', '0128'],
    ['30d', '0256'],
    ['3650d', '4096'],
  ] as const)('lies under the days that outlive a job due in %s: %s', async (delay, days) => {
    const { kit, keys } = kitOf()
    const { id } = await kit.enqueue(big, inputOf(400_000), { delay })
    expect(keys()).toEqual([expect.stringMatching(new RegExp(`^input/${days}/${id}/`))])
    expect(kit.store.raw(id)?.ref).toBe(`s3:${keys()[0]}`)
  })

  it('that is gone ends the job, and no handler is called', async () => {
    const { kit, got } = kitOf()
    const { id } = await kit.enqueue(big, inputOf(400_000))
    kit.payloads?.objects.clear()
    await kit.drain()
    expect(await kit.get(id)).toMatchObject({ state: 'FAILED', input: null, error: { name: 'PayloadGone' } })
    expect(got).toEqual([])
  })

  it('that cannot be put refuses its job alone', async () => {
    const { kit } = kitOf()
    const bucket = kit.payloads
    if (bucket !== undefined) bucket.put = () => Promise.resolve(new Error('no') as never)
    const [large, small] = await kit.enqueueMany([kit.job(big, inputOf(400_000)), kit.job(big, inputOf(100))])
    expect(large).toMatchObject({ kind: 'refused', error: { name: 'Unavailable' } })
    expect(small).toMatchObject({ kind: 'enqueued' })
    expect(kit.store.all()).toHaveLength(1)
  })

  it('that cannot be read charges no attempt', async () => {
    const { kit, got } = kitOf()
    const { id } = await kit.enqueue(big, inputOf(400_000))
    const bucket = kit.payloads
    const get = bucket?.get.bind(bucket)
    if (bucket !== undefined) bucket.get = () => Promise.reject(new Error('no'))
    await kit.settle()
    expect([got, kit.store.raw(id)?.attemptsLeft]).toEqual([[], 2])
    if (bucket !== undefined && get !== undefined) bucket.get = get
    await kit.drain()
    expect(got).toEqual([400_000])
  })

  it('does not outlive a reschedule beyond its days', async () => {
    const { kit } = kitOf()
    const { id } = await kit.enqueue(big, inputOf(400_000), { delay: '1h' })
    await expect(kit.reschedule(id, { delay: '128d' })).rejects.toMatchObject({
      name: 'PayloadExpires',
      expiresAt: startAt + 128 * 86_400_000,
    })
    expect(await kit.reschedule(id, { delay: '127d' })).toMatchObject({
      kind: expect.not.stringMatching('notPossible'),
    })
  })
})

describe('without a bucket', () => {
  it('an input has what a record holds', async () => {
    const { kit } = kitOf(() => {}, false)
    await expect(kit.enqueue(big, inputOf(397_313))).rejects.toMatchObject({ name: 'JobTooLarge', maxBytes: 397_312 })
    const { id } = await kit.enqueue(big, inputOf(397_312))
    expect(kit.store.raw(id)?.ref).toMatch(/^record:/)
  })

  it('a job whose input is in one is left to who knows it', async () => {
    const { kit, got } = kitOf(() => {}, false)
    const { id } = await kit.enqueue(big, inputOf(100))
    kit.store.put({ ...kit.store.raw(id), input: 'null', ref: 's3:input/0128/x/y/z' })
    await kit.advance('1m')
    expect([got, kit.store.raw(id)?.attemptsLeft]).toEqual([[], 2])
    expect(kit.store.raw(id)?.state).not.toBe('FAILED')
  })
})
