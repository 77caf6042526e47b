/** What people ask about jobs and queues, in a whole runner in memory. */
import { object } from 'valibot'
import { describe, expect, it } from 'vitest'
import { controlKey } from '../../lib/core/records/keys.ts'
import { Unavailable } from '../../lib/core/values/errors.ts'
import { defineJob } from '../../lib/define/define-job.ts'
import { defineRunner } from '../../lib/define/define-runner.ts'
import { handle } from '../../lib/define/handle.ts'
import { createTestRunner } from '../../lib/testing/test-runner.ts'

const minute = 60_000
const schema = { type: 'object', properties: {} }
/** As a library that can say its schemas as JSON Schema. */
const withSchema = object({})
const standard = { ...withSchema['~standard'], jsonSchema: { input: () => schema } }
const mail = defineJob({
  type: 'mail',
  queue: 'mails',
  input: { ...withSchema, '~standard': standard },
  maxAttempts: 2,
  backoff: { kind: 'fixed', delay: '1m' },
  tagIndex: true,
})
const slow = defineJob({ type: 'slow', input: object({}) })
/** Nobody handles it: its jobs stay in the queue. */
const idle = defineJob({ type: 'idle', queue: 'mails', input: object({}) })
const runner = defineRunner({ jobs: [mail, slow, idle], queues: { mails: { shards: 2, history: 'all' } } })

function newTest({ isBroken = false } = {}) {
  const test = createTestRunner({
    runner,
    handlers: [
      handle(mail, () => {
        if (isBroken) throw new TypeError('no such host')
      }),
      handle(
        slow,
        (_, { signal }) => new Promise(resolve => signal.addEventListener('abort', () => resolve(undefined))),
      ),
    ],
    partial: true,
    startAt: 1_798_761_600_000,
  })
  /** The kit's recorder counts whatever happened until now. */
  const record = () => test.advance('0s')
  return { test, record }
}

describe('history of a job', () => {
  it('shows each ended run, the newest first', async () => {
    const { test, record } = newTest({ isBroken: true })
    const { id } = await test.enqueue(mail, {})
    await test.advance('10m')
    await record()
    const found = await test.runs(id)
    expect(found).toMatchObject({
      runs: [
        { attempt: 2, outcome: 'failed', error: { name: 'TypeError', message: 'no such host' } },
        { attempt: 1, outcome: 'retried', error: { name: 'TypeError' } },
      ],
      history: 'all',
      isComplete: true,
    })
    expect(found?.runs[0]?.endedAt).toMatch(/^2027-01-01T/)
    expect(await test.runs(id, 1)).toMatchObject({ runs: [{ attempt: 2 }], isComplete: false })
    expect(await test.runs('nobody')).toBeUndefined()
    await expect(test.runs(id, 101)).rejects.toMatchObject({ field: 'limit' })
  })

  it('groups failures that are alike, and leads to their jobs', async () => {
    const { test, record } = newTest({ isBroken: true })
    const { id } = await test.enqueue(mail, {})
    await test.advance('10m')
    await record()
    const { groups, isComplete } = await test.errors({ queue: 'mails' })
    expect(groups).toMatchObject([{ type: 'mail', name: 'TypeError', count: 2, jobsFailed: 1, jobs: [id] }])
    expect(isComplete).toBe(true)
    const why = groups[0]?.why ?? ''
    expect((await test.list({ phase: 'failed', why })).jobs.map(job => job.id)).toEqual([id])
    expect((await test.errors({ type: 'slow' })).groups).toEqual([])
  })

  it('remembers some of the jobs that completed, though none is in a list', async () => {
    const { test, record } = newTest()
    const { id } = await test.enqueue(mail, {}, { tags: ['vip'] })
    await test.advance('1m')
    await record()
    expect((await test.list({ phase: 'completed' })).jobs).toEqual([])
    expect(await test.recent({ queue: 'mails' })).toMatchObject({ jobs: [{ id, state: 'COMPLETED' }], isSampled: true })
    expect((await test.recent({ outcome: 'failed' })).jobs).toEqual([])
    await test.advance('2h')
    expect((await test.recent()).jobs).toEqual([])
    expect((await test.recent({ minutes: 180 })).jobs).toHaveLength(1)
    await expect(test.recent({ outcome: 'lost' as never })).rejects.toMatchObject({ field: 'outcome' })
  })

  it('finds jobs by their tag, whatever their state', async () => {
    const { test, record } = newTest()
    const { id } = await test.enqueue(mail, {}, { tags: ['vip'] })
    const later = await test.enqueue(mail, {}, { tags: ['vip'], delay: '2h' })
    await test.advance('1m')
    await record()
    const states = (await test.tagged('vip')).jobs.map(job => [job.id, job.state] as const)
    expect(new Map(states)).toEqual(
      new Map([
        [id, 'COMPLETED'],
        [later.id, 'SCHEDULED'],
      ]),
    )
    expect(await test.tagged('vip', { limit: 1 })).toMatchObject({ isComplete: false })
    expect(await test.tagged('other')).toEqual({ jobs: [], isComplete: true })
    await expect(test.tagged('')).rejects.toMatchObject({ field: 'tag' })
  })
})

describe('counts and figures', () => {
  it('count jobs by queue, type and state, and say as of when', async () => {
    const { test, record } = newTest()
    expect(await test.counts('mails')).toEqual([{ queue: 'mails', states: {}, types: {} }])
    await test.enqueue(mail, {})
    await test.enqueue(mail, {}, { delay: '2h' })
    await test.advance('1m')
    await record()
    const [counts] = await test.counts('mails')
    expect(counts).toMatchObject({
      states: { COMPLETED: 1, SCHEDULED: 1 },
      types: { mail: { COMPLETED: 1, SCHEDULED: 1 } },
      asOf: expect.stringMatching(/^2027/) as string,
    })
    expect((await test.counts()).map(({ queue }) => queue)).toEqual(['default', 'mails'])
    await expect(test.counts('nope')).rejects.toMatchObject({ field: 'queue' })
  })

  it('sum up minutes and hours', async () => {
    const { test, record } = newTest()
    for (let n = 0; n < 3; n += 1) {
      await test.enqueue(mail, {})
      await test.advance('1m')
    }
    await record()
    const stats = await test.stats({ queue: 'mails' })
    expect(stats.total).toMatchObject({ enqueued: 3, started: 3, completed: 3, failed: 0 })
    expect(stats.total.run.p95).toBeGreaterThanOrEqual(0)
    expect(stats.spans.length).toBeGreaterThanOrEqual(3)
    expect(stats.spans.map(({ startsAt }) => startsAt)).toEqual(stats.spans.map(({ startsAt }) => startsAt).toSorted())
    expect((await test.stats({ type: 'slow' })).total).toMatchObject({ enqueued: 0, wait: {} })
    expect((await test.stats({ step: 'hour' })).spans).toMatchObject([{ startsAt: '2027-01-01T00:00:00.000Z' }])
    await test.advance('3h')
    expect((await test.stats()).spans).toEqual([])
  })

  it.each([
    [{ step: 'day' }, 'step'],
    [{ from: 'yesterday' }, 'from'],
    [{ from: '2027-01-01T00:00:00Z', to: '2026-01-01T00:00:00Z' }, 'from'],
    [{ from: '2020-01-01T00:00:00Z' }, 'from'],
    [{ until: '2027-01-01T00:00:00Z' }, 'stats.until'],
  ])('refuse %j', async (options, field) => {
    await expect(newTest().test.stats(options as never)).rejects.toMatchObject({ field })
  })
})

describe('queues', () => {
  it('show counts, rates, messages and pauses', async () => {
    const { test, record } = newTest()
    await test.enqueue(mail, {})
    await test.advance('2m')
    await test.enqueue(slow, {})
    const paused = { mails: { at: test.clock.now(), by: 'alice', why: 'SMTP down' } }
    await test.records.update([
      {
        key: controlKey,
        change: { name: 'pause', guard: [], actions: [{ op: 'set', attribute: 'paused', value: paused }], makes: true },
      },
    ])
    await record()
    const [first, mails] = await test.queues.list()
    expect(first).toMatchObject({ name: 'default', messages: { visible: 0, inFlight: 1, delayed: 0 } })
    expect(first).not.toHaveProperty('paused')
    expect(mails).toMatchObject({
      policy: { shards: 2 },
      paused: { by: 'alice', why: 'SMTP down' },
      jobs: { states: { COMPLETED: 1 } },
      rates: { completed: 0.2, started: 0.2, failed: 0 },
    })
    expect(await test.queues.get('nope')).toBeUndefined()
    expect(await test.queues.get('mails')).toEqual(mails)
  })

  it('leave out what the transport does not answer', async () => {
    const { test } = newTest()
    test.queue.depth = () => Promise.reject(new Unavailable('SQS', 'gone'))
    expect(await test.queues.get('mails')).not.toHaveProperty('messages')
  })
})

it('types show their policy and the JSON Schema of their input, where there is one', () => {
  const { test } = newTest()
  expect(test.types.list()).toMatchObject([
    { type: 'idle', queue: 'mails', inputSchema: null },
    { type: 'mail', queue: 'mails', policy: { maxAttempts: 2 }, inputSchema: schema },
    { type: 'slow', queue: 'default', inputSchema: null },
  ])
  expect(test.types.get('mail')).toEqual(test.types.list()[1])
  expect(test.types.get('constructor')).toBeUndefined()
})

describe('one job', () => {
  it('runs: who asks sees it among the running', async () => {
    const { test, record } = newTest()
    const { id } = await test.enqueue(slow, {})
    await test.advance('10s')
    await record()
    expect(await test.running()).toMatchObject({ jobs: [{ id, state: 'IN_PROGRESS' }], isExact: false })
    expect((await test.running('mails')).jobs).toEqual([])
    expect(await test.explain(id)).toMatchObject({ state: 'IN_PROGRESS', reasons: [{ code: 'running' }] })
    expect(await test.position(id)).toEqual({ kind: 'none', state: 'IN_PROGRESS' })
    // The record is late: the item says that it does not run any more.
    test.store.put({ ...test.store.raw(id), state: 'FAILED' })
    expect((await test.running()).jobs).toEqual([])
  })

  it('waits for its time behind others', async () => {
    const { test } = newTest()
    for (let n = 0; n < 5; n += 1) await test.enqueue(mail, {}, { delay: '1h' })
    const { id } = await test.enqueue(mail, {}, { delay: '2h' })
    const dueAt = new Date(test.clock.now() + 120 * minute).toISOString()
    expect(await test.position(id)).toEqual({ kind: 'counted', ahead: 5, isExact: true, dueAt })
    expect(await test.explain(id)).toMatchObject({ id, reasons: [{ code: 'due_later', until: dueAt }] })
  })

  it('waits in a queue: an estimate from the counts and the pace of the last minutes', async () => {
    const { test, record } = newTest()
    for (let n = 0; n < 5; n += 1) await test.enqueue(mail, {})
    await test.advance('2m')
    await test.enqueueMany(Array.from({ length: 4 }, () => test.job(idle, {})))
    const { id } = await test.enqueue(idle, {})
    await record()
    const startsAt = new Date(test.clock.now() + 4 * minute).toISOString()
    expect(await test.position(id)).toEqual({ kind: 'estimated', ahead: 4, startsPerMinute: 1, startsAt })
    expect((await test.explain(id))?.reasons.map(({ code, until }) => [code, until])).toEqual([
      ['in_line', startsAt],
      ['message_sent', expect.any(String)],
    ])
  })

  it('waits because its queue is paused, its type is gone, or its row is missing', async () => {
    const { test } = newTest()
    const { id } = await test.enqueue(mail, {})
    const paused = { mails: { at: test.clock.now() } }
    await test.records.update([
      {
        key: controlKey,
        change: { name: 'pause', guard: [], actions: [{ op: 'set', attribute: 'paused', value: paused }], makes: true },
      },
    ])
    const codes = async () => (await test.explain(id))?.reasons.map(({ code }) => code)
    expect(await codes()).toEqual(['queue_paused', 'message_sent'])
    const job = test.store.read(id)
    test.store.put({ ...job, type: 'gone' })
    expect((await codes())?.[0]).toBe('type_unknown')
    const { lane: _, ...rowless } = test.store.raw(id) ?? {}
    test.store.put({ ...rowless, state: 'AVAILABLE' })
    expect(await codes()).toEqual(['type_unknown', 'queue_paused', 'row_missing'])
  })

  it('is unknown', async () => {
    const { test } = newTest()
    expect(await test.explain('nobody')).toBeUndefined()
    expect(await test.position('nobody')).toEqual({ kind: 'notFound' })
    await expect(test.explain('')).rejects.toMatchObject({ field: 'id' })
  })
})
