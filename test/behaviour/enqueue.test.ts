import * as v from 'valibot'
import { beforeEach, describe, expect, it } from 'vitest'
import { enqueueMany } from '../../lib/app/enqueue/enqueue.ts'
import type { EnqueueRequest } from '../../lib/app/enqueue/prepare.ts'
import { clientOn } from '../../lib/client/client.ts'
import type { EnqueueOptions } from '../../lib/core/definition/job-request.ts'
import { defineJob } from '../../lib/define/define-job.ts'
import { defineRunner } from '../../lib/define/define-runner.ts'
import { handle } from '../../lib/define/handle.ts'
import { memoryTables } from '../../lib/testing/transact-write.ts'
import { createTestRunner, type TestRunner } from '../../lib/testing.ts'
import { runnerWith, startAt } from '../support/jobs.ts'

const mail = defineJob({ type: 'mail', input: v.object({ to: v.string(), text: v.optional(v.string()) }) })
const runner = defineRunner({ jobs: [mail] })
const handlers = [handle(mail, ({ to }) => to)]
let test: TestRunner
beforeEach(() => {
  test = createTestRunner({ runner, handlers, startAt })
})
const nothingHappened = () => {
  expect(test.store.all()).toEqual([])
  expect(test.queue.nextVisibleAt('default')).toBeUndefined()
}

describe('bad input: a typed error that names field, value and range; nothing written, nothing sent', () => {
  const year = 365 * 86_400_000
  it.each([
    ['a delay without a unit', { delay: '5' }, 'delay'],
    ['a negative delay', { delayMs: -1 }, 'delayMs'],
    ['a delay of eleven years', { delay: '4015d' }, 'delay'],
    ['two times at once', { delay: '5s', runAt: '2027-02-01T00:00:00Z' }, 'delay and runAt'],
    ['a time without a zone', { runAt: '2027-02-01T00:00:00' }, 'runAt'],
    ['a time eleven years ahead', { runAt: new Date(1_798_761_600_000 + 11 * year) }, 'runAt'],
    ['seconds taken for milliseconds', { runAt: new Date(1_798_761_600) }, 'runAt'],
    ['no attempts', { maxAttempts: 0 }, 'maxAttempts'],
    ['half a priority', { priority: 0.5 }, 'priority'],
    ['a tag that is no text', { tags: ['a', 1] }, 'tags[1]'],
    ['eleven tags', { tags: Array(11).fill('t') }, 'tags'],
    ['an empty idempotency key', { idempotencyKey: '' }, 'idempotencyKey'],
    ['an endless idempotency key', { idempotencyKey: 'k'.repeat(257) }, 'idempotencyKey'],
    ['a note that does not fit', { notify: 'n'.repeat(1_100) }, 'notify'],
    ['an option nobody knows', { dealy: '5s' }, 'job.dealy'],
  ])('%s', async (_, options, field) => {
    await expect(test.enqueue(mail, { to: 'a' }, options as EnqueueOptions)).rejects.toMatchObject({ field })
    nothingHappened()
  })

  it('input that the schema refuses, with the path of each issue', async () => {
    await expect(test.enqueue(mail, { to: 1 } as never)).rejects.toMatchObject({
      code: 'input_refused',
      issues: [{ path: 'input.to', message: expect.any(String) }],
    })
    nothingHappened()
  })

  it('an unknown type, with the known ones', async () => {
    const other = defineJob({ type: 'other', input: v.object({}) })
    await expect(test.enqueue(other, {})).rejects.toMatchObject({ code: 'unknown_type', known: ['mail'] })
    nothingHappened()
  })

  it('more than fits into an item', async () => {
    await expect(test.enqueue(mail, { to: 'x'.repeat(410_000) })).rejects.toMatchObject({ code: 'job_too_large' })
    nothingHappened()
  })
})

describe('where a job waits', () => {
  it.each([
    ['now', {}, { state: 'RESERVED', fence: 1, dispatches: 1 }, 129_000, 0],
    ['in 10 minutes', { delay: '10m' }, { state: 'SCHEDULED', fence: 1, dispatches: 1 }, 600_000 + 129_000, 600_000],
    ["at the end of SQS's reach", { delay: '900s' }, { state: 'SCHEDULED', fence: 1 }, 900_000 + 129_000, 900_000],
    ['beyond it', { delayMs: 900_001 }, { state: 'SCHEDULED', fence: 0 }, 900_001 - 90_000, undefined],
    ['in the past', { runAt: '2026-12-31T00:00:00Z' }, { state: 'RESERVED', fence: 1 }, 129_000, 0],
  ] as const)('due %s', async (_, options, expected, atMs, visibleMs) => {
    const now = test.clock.now()
    const { id } = await test.enqueue(mail, { to: 'a' }, options)
    expect(test.store.read(id)).toMatchObject({ ...expected, lookAt: now + atMs })
    expect(test.queue.nextVisibleAt('default')).toBe(visibleMs === undefined ? undefined : now + visibleMs)
  })

  it('carries only what differs from the defaults', async () => {
    const { id } = await test.enqueue(mail, { to: 'a' })
    const names = [
      'id',
      'type',
      'queue',
      'state',
      'input',
      'attempt',
      'attemptsLeft',
      'scheduledAt',
      'insertedAt',
      'fence',
      'dispatches',
      'request',
      'life',
      'shard',
      'lane',
      'lookAt',
    ]
    expect(Object.keys(test.store.read(id) ?? {}).toSorted()).toEqual(names.toSorted())
  })
})

describe('an idempotency key (I16)', () => {
  it('makes one job of many calls, and one message', async () => {
    const calls = await Promise.all(
      Array.from({ length: 5 }, () => test.enqueue(mail, { to: 'a' }, { idempotencyKey: 'order-1' })),
    )
    expect(new Set(calls.map(({ id }) => id)).size).toBe(1)
    expect(calls.filter(({ created }) => created)).toHaveLength(1)
    expect(test.queue.receive('default', 10, 0)).toHaveLength(1)
    await test.drain()
    const again = await test.enqueue(mail, { to: 'a' }, { idempotencyKey: 'order-1' })
    expect(again).toMatchObject({ created: false, state: 'COMPLETED' })
  })

  it('of another type is another job; of other input a conflict', async () => {
    const { id } = await test.enqueue(mail, { to: 'a' }, { idempotencyKey: 'k' })
    await expect(test.enqueue(mail, { to: 'b' }, { idempotencyKey: 'k' })).rejects.toMatchObject({
      code: 'idempotency_conflict',
      id,
    })
    expect(test.store.all()).toHaveLength(1)
  })
})

describe('enqueueMany', () => {
  it('answers per request, in order; a refused one harms no other', async () => {
    const client = clientOn(test.deps, memoryTables)
    const outcomes = await client.enqueueMany([
      client.job(mail, { to: 'a' }),
      client.job(mail, { to: 1 as never }),
      client.job(mail, { to: 'b' }, { delay: '1h' }),
      client.job({ ...mail, type: 'nope' }, { to: 'c' }),
    ])
    expect(outcomes.map(one => (one.kind === 'enqueued' ? one.state : one.error.code))).toEqual([
      'RESERVED',
      'input_refused',
      'SCHEDULED',
      'unknown_type',
    ])
    expect(test.store.all()).toHaveLength(2)
  })

  it('tries again what was not written, and only that', async () => {
    const kit = runnerWith(() => undefined)
    kit.flaky.breakNext('insert', 'failed')
    const client = clientOn(kit.test.deps, memoryTables)
    const adding = client.enqueueMany([client.job(kit.work, { n: 1 }), client.job(kit.work, { n: 2 })])
    await kit.test.advance('1s')
    expect((await adding).map(({ kind }) => kind)).toEqual(['enqueued', 'enqueued'])
    await kit.test.drain()
    expect(kit.starts).toHaveLength(2)
  })
})

it('a send that fails is no error: the next tick sends (T21)', async () => {
  const { test: kit, work, starts } = runnerWith(() => undefined)
  const send = kit.queue.send.bind(kit.queue)
  kit.queue.send = async (_, messages) => messages.map(() => ({ kind: 'failed', error: new Error('SQS is down') }))
  const { id } = await kit.enqueue(work, { n: 1 })
  kit.queue.send = send
  expect(kit.store.read(id)).toMatchObject({ lookAt: kit.clock.now(), dispatches: 0 })
  await kit.advance('61s')
  expect(starts).toHaveLength(1)
})

describe('one entry of many that throws', () => {
  const picky = defineJob({
    type: 'picky',
    // As a schema's own check may: it expects what the input does not have.
    input: v.pipe(
      v.any(),
      v.check((input: { user: { id: number } }) => input.user.id > 0),
    ),
  })
  const kit = () => createTestRunner({ runner: defineRunner({ jobs: [picky] }), handlers: [handle(picky, () => null)] })
  const good = { type: 'picky', input: { user: { id: 1 } } }

  it.each<[string, unknown, object]>([
    ['a schema that throws', { type: 'picky', input: {} }, { code: 'input_refused', cause: expect.any(TypeError) }],
    [
      'an input with a getter that throws',
      {
        type: 'picky',
        input: {
          get user() {
            throw new Error('gone')
          },
        },
      },
      { code: 'invalid_input', field: 'input', cause: { message: 'gone' } },
    ],
    [
      'an option with a getter that throws',
      {
        ...good,
        get delay() {
          throw new Error('gone')
        },
      },
      { code: 'invalid_input', field: 'job' },
    ],
    ['null', null, { code: 'invalid_input', field: 'job' }],
    ['a text', 'picky', { code: 'invalid_input', field: 'job' }],
  ])('is refused alone: %s', async (_, entry, error) => {
    const own = kit()
    // Not spread: the getter of an option must be read where it is refused.
    const outcomes = await enqueueMany(own.deps, [good, entry as EnqueueRequest, good])
    expect(outcomes).toMatchObject([{ kind: 'enqueued' }, { kind: 'refused', error }, { kind: 'enqueued' }])
    expect(own.store.all()).toHaveLength(2)
  })

  it('null among the requests of a client is refused alone', async () => {
    const own = kit()
    const client = clientOn(own.deps, memoryTables)
    const requests = [client.job(picky, good.input), null as never]
    expect(await client.enqueueMany(requests)).toMatchObject([{ kind: 'enqueued' }, { kind: 'refused' }])
  })
})

describe('the schema checks what is stored, not what was given', () => {
  it.each<[string, v.GenericSchema, object]>([
    ['an undefined property, which JSON leaves out', v.object({ a: v.undefinedable(v.string()) }), { a: undefined }],
    [
      'a getter that answers differently each time: the third time as the schema wants it',
      v.object({ a: v.literal(3) }),
      (() => {
        let reads = 0
        return Object.defineProperty({}, 'a', { enumerable: true, get: () => (reads += 1) })
      })(),
    ],
  ])('%s', async (_, input, given) => {
    const job = defineJob({ type: 'checked', input })
    const own = createTestRunner({ runner: defineRunner({ jobs: [job] }), handlers: [handle(job, () => null)] })
    await expect(own.enqueue(job, given)).rejects.toMatchObject({ code: 'input_refused' })
    expect(own.store.all()).toHaveLength(0)
  })

  it.each([
    ['a list with a toJSON of its own', Object.assign([1, 2], { toJSON: () => 'gone' })],
    ['an object with one that is not seen', Object.defineProperty({ a: 1 }, 'toJSON', { value: () => 'gone' })],
  ])('%s is refused: it would be stored as something else', async (_, given) => {
    const job = defineJob({ type: 'checked', input: v.any() })
    const own = createTestRunner({ runner: defineRunner({ jobs: [job] }), handlers: [handle(job, () => null)] })
    await expect(own.enqueue(job, given)).rejects.toMatchObject({ code: 'invalid_input', field: 'input' })
  })
})
