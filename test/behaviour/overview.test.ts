/** How the whole runner is, and what happens in it, as somebody sees it who watches. */
import { object } from 'valibot'
import { describe, expect, it } from 'vitest'
import { gapKey, stockKey, tickKey } from '../../lib/core/records/keys.ts'
import { defineJob } from '../../lib/define/define-job.ts'
import { defineRunner } from '../../lib/define/define-runner.ts'
import { handle } from '../../lib/define/handle.ts'
import { createHttpApp } from '../../lib/http/app.ts'
import { createTestRunner } from '../../lib/testing/test-runner.ts'
import { storeOver } from '../support/store-over.ts'

const mail = defineJob({ type: 'mail', queue: 'mails', input: object({}), maxAttempts: 1 })
/** Nobody handles it: its jobs stay in the queue. */
const idle = defineJob({ type: 'idle', queue: 'mails', input: object({}) })
const runner = defineRunner({ jobs: [mail, idle], queues: { mails: { shards: 2 } } })

const at = (ms: number): string => new Date(ms).toISOString()

function newTest({ isBroken = false, startAt = 1_798_761_600_000 } = {}) {
  const test = createTestRunner({
    runner,
    handlers: [
      handle(mail, () => {
        if (isBroken) throw new TypeError('no such host')
      }),
    ],
    partial: true,
    startAt,
  })
  const app = createHttpApp(test.deps, error => {
    throw error
  })
  const get = async (path: string): Promise<Record<string, unknown>> =>
    (await (await app.fetch(new Request(`http://localhost${path}`))).json()) as Record<string, unknown>
  return { test, get }
}

const codes = ({ reasons }: { readonly reasons: readonly { readonly code: string }[] }): readonly string[] =>
  reasons.map(({ code }) => code)

describe('health', () => {
  it('is ok while the tick comes, jobs run and nothing fails', async () => {
    const { test, get } = newTest()
    await test.enqueue(mail, {})
    await test.advance('3m')
    const health = await test.health()
    expect(health).toMatchObject({
      verdict: 'ok',
      reasons: [],
      at: at(test.clock.now()),
      oldestDueMs: 0,
      lastTick: { isComplete: true, setAside: 0 },
      lastHour: { completed: 1, failed: 0, crashed: 0 },
    })
    expect(health.recorder.asOf).toBeDefined()
    expect(await get('/v1/health')).toEqual(JSON.parse(JSON.stringify(health)))
  })

  it('is an alarm before the first tick, and three minutes after the last', async () => {
    const { test } = newTest()
    expect(await test.health()).toMatchObject({ verdict: 'alarm', reasons: [{ code: 'no_tick', level: 'alarm' }] })
    await test.enqueue(idle, {})
    await test.advance('1m')
    expect(codes(await test.health())).not.toContain('no_tick')
    const ended = test.clock.now() - 181_000
    await test.records.update([
      {
        key: tickKey,
        change: { name: 'age', guard: [], actions: [{ op: 'set', attribute: 'endedAt', value: ended }] },
      },
    ])
    const { lastTick, ...health } = await test.health()
    expect(health.verdict).toBe('alarm')
    expect(codes(health)).toContain('no_tick')
    expect(lastTick?.endedAt).toBe(at(ended))
  })

  it('says how long a job has been due that nobody looks at; a paused queue is late for nobody', async () => {
    const { test } = newTest()
    const now = test.clock.now()
    test.store.put({
      id: 'late',
      type: 'idle',
      queue: 'mails',
      state: 'RESERVED',
      input: '{}',
      shard: 1,
      lane: 'mails#live#1',
      scheduledAt: now - 400_000,
      insertedAt: now - 400_000,
      lookAt: now - 240_000,
    })
    const health = await test.health()
    expect(health).toMatchObject({ verdict: 'alarm', oldestDueMs: 240_000 })
    expect(codes(health)).toEqual(['no_tick', 'due_late'])
    await test.queues.pause('mails', { by: 'alice' })
    const paused = await test.health()
    expect(paused).toMatchObject({ oldestDueMs: 0 })
    expect(codes(paused)).toEqual(['no_tick', 'queue_paused'])
  })

  it('warns of failures of the last hour, and forgets them after it', async () => {
    const { test } = newTest({ isBroken: true })
    await test.enqueue(mail, {})
    await test.advance('1m')
    expect(await test.health()).toMatchObject({
      verdict: 'warning',
      reasons: [{ code: 'jobs_failed', text: '1 jobs have failed for good in the last hour' }],
      lastHour: { failed: 1 },
    })
    await test.advance('61m')
    expect(await test.health()).toMatchObject({ verdict: 'ok', lastHour: { failed: 0 } })
  })

  it('finds a recorder that is behind by a job that it has not counted', async () => {
    const { test } = newTest()
    await test.enqueue(mail, {})
    await test.advance('1m')
    await test.enqueue(idle, {})
    await test.advance('2m')
    expect(codes(await test.health())).toEqual([])
    const old = test.clock.now() - 170_000
    await test.records.update([
      {
        key: stockKey('mails'),
        change: { name: 'age', guard: [], actions: [{ op: 'set', attribute: 'asOfAt', value: old }] },
      },
    ])
    const health = await test.health()
    expect(codes(health)).toEqual(['recorder_behind'])
    expect(health.recorder).toEqual({ asOf: at(old), behindMs: 120_000 })
  })

  it('tells of a gap in the records for two days', async () => {
    const { test } = newTest()
    await test.advance('1m')
    const untilAt = test.clock.now()
    await test.records.putIfAbsent([{ ...gapKey(untilAt), attributes: { fromAt: untilAt - 1, untilAt } }])
    expect(codes(await test.health())).toEqual(['recorder_gap'])
    await test.advance('49h')
    expect(codes(await test.health())).toEqual([])
  })
})

describe('the overview', () => {
  it('shows health, the errors that were most frequent in a day, and what starts next', async () => {
    const { test, get } = newTest({ isBroken: true })
    await test.enqueue(mail, {})
    await test.enqueue(mail, {})
    await test.schedules.put('hourly', { type: 'idle', input: {}, cron: '0 * * * *', timezone: 'UTC' })
    await test.schedules.put('paused', { type: 'idle', input: {}, cron: '* * * * *', timezone: 'UTC', paused: true })
    const later = await test.enqueue(idle, {}, { delay: '3d' })
    const soon = await test.enqueue(idle, {}, { delay: '20m' })
    await test.advance('2m')
    const now = test.clock.now()
    const overview = await get('/v1/overview')
    expect(overview['health']).toEqual(await get('/v1/health'))
    expect(overview['topErrors']).toMatchObject([
      { queue: 'mails', type: 'mail', name: 'TypeError', message: 'no such host', lastDay: 2, jobsFailed: 2 },
    ])
    expect(overview['next']).toEqual([
      { at: at(now + 18 * 60_000), type: 'idle', id: soon.id, queue: 'mails' },
      { at: at(Math.ceil(now / 3_600_000) * 3_600_000), type: 'idle', schedule: 'hourly' },
      { at: at(now - 120_000 + 3 * 86_400_000), type: 'idle', id: later.id, queue: 'mails' },
    ])
    await test.schedules.delete('hourly')
    await test.advance('26h')
    expect((await get('/v1/overview'))['topErrors']).toEqual([])
  })

  it('shows five of each at most', async () => {
    const { test, get } = newTest()
    for (let n = 1; n <= 7; n += 1) await test.enqueue(idle, {}, { delay: `${n}h` })
    await test.advance('1s')
    const { topErrors, next } = (await get('/v1/overview')) as { topErrors: unknown[]; next: { at: string }[] }
    expect(topErrors).toEqual([])
    const now = test.clock.now() - 1_000
    expect(next.map(start => start.at)).toEqual([1, 2, 3, 4, 5].map(hours => at(now + hours * 3_600_000)))
  })
})

describe('the oldest waiting job of a queue', () => {
  it('is the one that is due longest and has not started, whatever the sweeper looks at first', async () => {
    const { test } = newTest()
    const { id } = await test.enqueue(idle, {})
    await test.advance('4m')
    await test.enqueue(idle, {})
    await test.enqueue(idle, {}, { delay: '2h' })
    await test.advance('10s')
    expect(await test.queues.get('mails')).toMatchObject({ oldestWaiting: { id, ms: 250_000, isExact: true } })
  })

  it('of a long queue is at least so old', async () => {
    const { test } = newTest()
    await test.enqueueMany(Array.from({ length: 40 }, () => test.job(idle, {})))
    await test.advance('30s')
    expect(await test.queues.get('mails')).toMatchObject({ oldestWaiting: { ms: 30_000, isExact: false } })
  })

  it('is absent where none waits, and then costs no read', async () => {
    let lanes = 0
    const test = createTestRunner({
      runner,
      handlers: [handle(mail, () => {})],
      partial: true,
      wrapStore: store =>
        storeOver(store, {
          lane: query => {
            lanes += 1
            return store.lane(query)
          },
        }),
    })
    await test.enqueue(mail, {})
    await test.advance('1m')
    expect(await test.queues.get('mails')).not.toHaveProperty('oldestWaiting')
    expect(lanes).toBe(0)
    await test.enqueue(idle, {})
    await test.advance('1s')
    expect(await test.queues.get('mails')).toHaveProperty('oldestWaiting')
    expect(lanes).toBe(2)
  })
})

describe('changes', () => {
  it('come one after the other, each once, as long as somebody follows', async () => {
    const { test } = newTest()
    const first = await test.changes({ wait: 0 })
    expect(first).toMatchObject({ changes: [], isSampled: true })
    const { id } = await test.enqueue(mail, {})
    await test.advance('1s')
    const second = await test.changes({ after: first.next })
    expect(second.changes).toMatchObject([{ id, queue: 'mails', kind: 'completed' }])
    const other = await test.enqueue(mail, {})
    await test.advance('90s')
    const third = await test.changes({ after: second.next })
    expect(third.changes.map(change => change.id)).toEqual([other.id])
    expect((await test.changes({ after: third.next, wait: 0 })).changes).toEqual([])
  })

  it('are waited for, 20 s at most', async () => {
    const { test, get } = newTest()
    const { next } = await test.changes({ wait: 0 })
    const waiting = get(`/v1/changes?after=${next}`)
    await test.advance('15s')
    const { id } = await test.enqueue(mail, {})
    await test.advance('1s')
    await test.advance('2s')
    expect(await waiting).toMatchObject({ changes: [{ id, kind: 'completed' }], isSampled: true })
    const before = test.clock.now()
    const nothing = test.changes()
    await test.advance('1m')
    expect((await nothing).changes).toEqual([])
    expect(test.clock.now() - before).toBe(60_000)
  })

  it('of one queue alone; others, a forged place and a long wait are refused', async () => {
    const { test, get } = newTest()
    const { next } = await test.changes({ queue: 'default', wait: 0 })
    await test.enqueue(mail, {})
    await test.advance('1s')
    expect((await test.changes({ after: next, queue: 'default', wait: 0 })).changes).toEqual([])
    expect(await get('/v1/changes?queue=nope')).toMatchObject({ status: 400, field: 'queue' })
    expect(await get('/v1/changes?after=abc')).toMatchObject({ status: 400, field: 'after' })
    expect(await get('/v1/changes?wait=21')).toMatchObject({ status: 400, field: 'wait' })
    await expect(test.changes({ wait: 0.5 })).rejects.toMatchObject({ field: 'wait', value: 0.5 })
  })
})
