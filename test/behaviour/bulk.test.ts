/** Acts on every job that matches, and backfills, in memory with a virtual clock. */

import { unknown } from 'valibot'
import { describe, expect, it } from 'vitest'
import { startBulk } from '../../lib/app/bulk/bulk.ts'
import type { BulkRequest } from '../../lib/app/bulk/bulk-request.ts'
import { type BulkContext, runBulk } from '../../lib/app/bulk/run-bulk.ts'
import type { BulkView } from '../../lib/client/bulk.ts'
import type { JobContract } from '../../lib/core/definition/contract.ts'
import { systemQueue } from '../../lib/core/definition/system.ts'
import { maxActorLength } from '../../lib/core/records/audit.ts'
import { InvalidInput, Unavailable } from '../../lib/core/values/errors.ts'
import { defineJob } from '../../lib/define/define-job.ts'
import { defineRunner } from '../../lib/define/define-runner.ts'
import { handle } from '../../lib/define/handle.ts'
import type { Deps } from '../../lib/ports/deps.ts'
import { createTestRunner, type TestRunner } from '../../lib/testing/test-runner.ts'
import { storeOver } from '../support/store-over.ts'

const work = defineJob({ type: 'work', input: unknown(), maxAttempts: 1 })
const mail = defineJob({ type: 'mail', input: unknown(), queue: 'mails', maxAttempts: 1 })
const runner = defineRunner({ jobs: [work, mail], queues: { mails: {} } })

class Crash extends Error {}

const request: BulkRequest = {
  action: 'retry',
  filter: { phase: 'failed' },
  rate: 1_000,
  max: 100,
  dryRun: false,
  by: 'test',
  before: '2028-01-01T00:00:00.000Z',
}
const context = {
  job: { id: 'the-bulk' },
  signal: new AbortController().signal,
  snooze: () => expect.unreachable('it has time enough'),
} as unknown as BulkContext

/** Nothing waits for the kit's clock. */
const withoutClock = ({ deps, clock }: TestRunner): Deps => ({
  ...deps,
  clock: { now: () => clock.now(), sleep: async () => {}, turn: async () => {} },
})

/** Ports that die at one call, before or after it was carried out, and at each one after it. */
function crashingAt(test: TestRunner, at: number, moment: 'before' | 'after'): Deps & { readonly calls: number } {
  let calls = 0
  const dying = <Port extends object>(port: Port): Port =>
    new Proxy(port, {
      get(target, name) {
        const method: unknown = Reflect.get(target, name)
        if (typeof method !== 'function') return method
        return async (...args: readonly unknown[]) => {
          calls += 1
          if (calls > at || (calls === at && moment === 'before')) throw new Crash('crash')
          const answer: unknown = await Reflect.apply(method, target, args)
          if (calls === at) throw new Crash('crash')
          return answer
        }
      },
    })
  const deps = withoutClock(test)
  return {
    ...deps,
    store: dying(deps.store),
    records: dying(deps.records),
    get calls() {
      return calls
    },
  }
}

interface Kit {
  readonly test: TestRunner
  /** Inputs of the runs that began, in order. */
  readonly runs: unknown[]
  breaks: boolean
}

function kitOf(options: Partial<Parameters<typeof createTestRunner>[0]> = {}): Kit {
  const runs: unknown[] = []
  const kit = {
    breaks: false,
    runs,
    test: createTestRunner({
      runner,
      startAt: '2027-01-01T00:00:00Z',
      handlers: [work, mail].map(contract =>
        handle(contract, input => {
          runs.push(input)
          if (kit.breaks) throw new RangeError('no')
        }),
      ),
      ...options,
    }),
  }
  return kit
}

/** Jobs that fail, and then work. */
async function failed(kit: Kit, count: number, contract: JobContract = work): Promise<void> {
  kit.breaks = true
  for (let number = 0; number < count; number += 1) await kit.test.enqueue(contract, number)
  await kit.test.drain()
  kit.breaks = false
  kit.runs.length = 0
}

async function ended(test: TestRunner, { id }: BulkView): Promise<BulkView> {
  await test.drain()
  const found = await test.bulk.get(id)
  if (found === undefined) throw new Error('no such bulk act')
  expect(found.state).toBe('COMPLETED')
  return found
}

describe('a bulk act', () => {
  it('retries every failed job of a queue, and no other', async () => {
    const kit = kitOf()
    await failed(kit, 250)
    await failed(kit, 3, mail)
    const started = await kit.test.bulk.start({ action: 'retry', filter: { queue: 'default' }, rate: 1_000 })
    expect(started).toMatchObject({ action: 'retry', state: 'RESERVED', counts: { matched: 0, done: 0 } })
    const { counts, endedAt } = await ended(kit.test, started)
    expect(counts).toEqual({ matched: 250, done: 250, already: 0, gone: 0, refused: {} })
    expect(endedAt).toBeDefined()
    expect(new Set(kit.runs).size).toBe(250)
    expect(kit.runs).toHaveLength(250)
    expect((await kit.test.list({ queue: 'mails', phase: 'failed' })).jobs).toHaveLength(3)
  })

  it('keeps to its rate', async () => {
    const kit = kitOf()
    await failed(kit, 60)
    const started = await kit.test.bulk.start({ action: 'retry', rate: 1 })
    await kit.test.advance('30s')
    const half = (await kit.test.list({ phase: 'failed', limit: 100 })).jobs.length
    expect(half).toBeGreaterThanOrEqual(28)
    expect(half).toBeLessThanOrEqual(32)
    expect((await ended(kit.test, started)).counts.done).toBe(60)
  })

  it('goes on in another run where its time ends, and uses up no attempt', async () => {
    const kit = kitOf()
    await failed(kit, 100)
    const started = await kit.test.bulk.start({ action: 'retry', rate: 1 })
    const { counts, id } = await ended(kit.test, started)
    expect(counts.done).toBe(100)
    expect(await kit.test.get(id)).toMatchObject({ attempt: 3, snoozes: 2 })
  })

  it('counts alone in a dry run', async () => {
    const kit = kitOf()
    await failed(kit, 120)
    const { counts } = await ended(kit.test, await kit.test.bulk.start({ action: 'retry', dryRun: true }))
    expect(counts).toMatchObject({ matched: 120, done: 0 })
    expect(kit.runs).toEqual([])
  })

  it('ends after `max` jobs', async () => {
    const kit = kitOf()
    await failed(kit, 130)
    const { counts } = await ended(kit.test, await kit.test.bulk.start({ action: 'retry', max: 110, rate: 1_000 }))
    expect(counts).toMatchObject({ matched: 110, done: 110 })
    expect(kit.runs).toHaveLength(110)
  })

  it('leaves alone what fails after it was asked for', async () => {
    const kit = kitOf()
    await failed(kit, 5)
    kit.breaks = true
    const { counts } = await ended(kit.test, await kit.test.bulk.start({ action: 'retry', rate: 1 }))
    // Each ran once more, failed once more, and was not swept along again.
    expect(counts).toMatchObject({ matched: 5, done: 5 })
    expect(kit.runs).toHaveLength(5)
  })

  it('cancels, runs, reschedules and deletes', async () => {
    const { test, runs } = kitOf()
    for (let number = 0; number < 12; number += 1) await test.enqueue(work, number, { delay: '3d' })
    const later = await test.bulk.start({ action: 'reschedule', delay: '5d' })
    await test.advance('1m')
    expect((await test.bulk.get(later.id))?.counts).toMatchObject({ matched: 12, done: 12 })
    const [first] = (await test.list()).jobs
    expect(first?.scheduledAt).toBe('2027-01-06T00:00:00.000Z')
    const now = await test.bulk.start({ action: 'run', max: 4 })
    await test.advance('1m')
    expect((await test.bulk.get(now.id))?.counts).toMatchObject({ done: 4 })
    expect(runs).toHaveLength(4)
    const stopped = await test.bulk.start({ action: 'cancel', filter: { type: 'work' } })
    expect((await ended(test, stopped)).counts).toMatchObject({ done: 8 })
    const young = await test.bulk.start({ action: 'delete', filter: { phase: 'cancelled' } })
    const { counts, refusedIds } = await ended(test, young)
    // One reason, although each job says its own time.
    const why = 'a job can be deleted five minutes after it was enqueued: from … on'
    expect(counts).toMatchObject({ done: 0, refused: { [why]: 8 } })
    expect(refusedIds).toHaveLength(8)
    await test.advance('6m')
    const gone = await test.bulk.start({ action: 'delete', filter: { phase: 'cancelled' } })
    expect((await ended(test, gone)).counts).toMatchObject({ matched: 8, done: 8 })
    expect((await test.list({ phase: 'cancelled' })).jobs).toEqual([])
  })

  it('is stopped: what is done stays done, and is counted', async () => {
    const kit = kitOf()
    await failed(kit, 100)
    const { id } = await kit.test.bulk.start({ action: 'retry', rate: 1 })
    await kit.test.advance('20s')
    expect(await kit.test.bulk.cancel(id)).toEqual({ kind: 'cancelRequested' })
    await kit.test.advance('10s')
    const found = await kit.test.bulk.get(id)
    expect(found?.state).toBe('CANCELLED')
    expect(found?.counts.done).toBe(kit.runs.length)
    expect(kit.runs.length).toBeGreaterThan(15)
    expect(kit.runs.length).toBeLessThan(30)
  })

  it.each(['before', 'after'] as const)(
    'crashed %s any of its calls and begun again: each job is acted on once, and counted once',
    async moment => {
      let crashes = 0
      for (let at = 1; at === crashes + 1; at += 1) {
        const kit = kitOf()
        await failed(kit, 12)
        const crashing = crashingAt(kit.test, at, moment)
        await runBulk(crashing, request, context).catch((error: unknown) => {
          if (!(error instanceof Crash) && !String(error).includes('crash')) throw error
        })
        if (crashing.calls < at) break
        crashes += 1
        const { matched, done, already, gone, refused } = await runBulk(withoutClock(kit.test), request, context)
        expect([at, matched, done + already, gone, refused]).toEqual([at, 12, 12, 0, {}])
        // A second retry would have made a third generation.
        const jobs = kit.test.store.all().map(job => job.generation)
        expect([at, jobs]).toEqual([at, Array.from({ length: 12 }, () => 2)])
      }
      expect(crashes).toBeGreaterThan(10)
    },
  )

  it('that has used up its attempts goes on where it stopped, once its job is retried', async () => {
    let isDown = false
    const kit = kitOf({
      wrapStore: store =>
        storeOver(store, {
          lane: query => (isDown ? Promise.reject(new Unavailable('lane', 'down')) : store.lane(query)),
        }),
    })
    await failed(kit, 120)
    const { id } = await kit.test.bulk.start({ action: 'retry', rate: 5 })
    await kit.test.advance('10s')
    isDown = true
    await kit.test.drain()
    expect(await kit.test.get(id)).toMatchObject({ state: 'FAILED', attempt: 20 })
    expect((await kit.test.bulk.get(id))?.counts).toMatchObject({ matched: 100, done: 100 })
    isDown = false
    await kit.test.requeue(id)
    const found = await ended(kit.test, { id } as BulkView)
    expect(found.counts).toMatchObject({ matched: 120, done: 120, already: 0 })
    expect(kit.runs).toHaveLength(120)
  })

  it('is started, and says so, although its record cannot be written: its job writes it', async () => {
    const { test } = kitOf()
    const broken: Deps = {
      ...test.deps,
      records: Object.assign(Object.create(test.records) as typeof test.records, {
        putIfAbsent: () => Promise.reject(new Unavailable('records', 'down')),
      }),
    }
    const { id, state } = await startBulk(broken, { action: 'cancel' })
    expect(state).toBe('RESERVED')
    expect(await test.bulk.get(id)).toBeUndefined()
    expect((await ended(test, { id } as BulkView)).counts.matched).toBe(0)
  })

  it('takes an actor as long as any that is noted', async () => {
    const { test } = kitOf({ actor: 'a'.repeat(maxActorLength) })
    expect(await test.bulk.start({ action: 'cancel' })).toMatchObject({ action: 'cancel' })
  })

  it('never touches jobs of its own queue', async () => {
    const { test } = kitOf()
    await test.enqueue(work, 1, { delay: '3d' })
    const { counts } = await ended(test, await test.bulk.start({ action: 'cancel' }))
    expect(counts).toMatchObject({ matched: 1, done: 1 })
    await expect(test.bulk.start({ action: 'cancel', filter: { queue: systemQueue } })).rejects.toThrow(InvalidInput)
  })

  it('is listed, the newest first', async () => {
    const { test } = kitOf()
    const ids: string[] = []
    for (let number = 0; number < 3; number += 1) {
      ids.unshift((await test.bulk.start({ action: 'cancel' })).id)
      await test.drain()
      await test.advance('1s')
    }
    const first = await test.bulk.list({ limit: 2 })
    expect(first.bulks.map(({ id }) => id)).toEqual(ids.slice(0, 2))
    const { bulks, next } = await test.bulk.list({
      limit: 2,
      ...(first.next === undefined ? {} : { cursor: first.next }),
    })
    expect(bulks.map(({ id }) => id)).toEqual(ids.slice(2))
    expect(next).toBeUndefined()
  })

  it.each([
    [{ action: 'burn' }, "action is 'burn'; allowed: 'cancel', 'retry', 'run', 'reschedule', 'delete'"],
    [{ action: 'retry', rate: 0 }, 'rate is 0; allowed: a whole number from 1 to 1000'],
    [{ action: 'retry', max: 0 }, 'max is 0; allowed: a whole number from 1 to 10000000'],
    [{ action: 'retry', filter: { phase: 'live' } }, "filter.phase is 'live'; allowed: for retry a job that has ended"],
    [
      { action: 'cancel', filter: { state: 'FAILED' } },
      "filter.state is 'FAILED'; allowed: for cancel a job that has not ended",
    ],
    [{ action: 'delete' }, 'filter.phase is missing; allowed: one of live, failed, completed, cancelled, or a state'],
    [{ action: 'reschedule' }, 'runAt is missing; allowed: one of delay, delayMs, runAt'],
    [{ action: 'cancel', delay: '1h' }, "delay is '1h'; allowed: nothing, unless the action is reschedule or retry"],
    [{ action: 'retry', filter: { limit: 5 } }, 'limit'],
    [{ action: 'retry', dryRun: 'yes' }, "dryRun is 'yes'; allowed: true or false"],
    [{ action: 'retry', by: '' }, "by is ''; allowed: text of 1 to 256 characters"],
  ])('refuses %j', async (options, message) => {
    const { test } = kitOf()
    await expect(test.bulk.start(options as never)).rejects.toThrow(message)
    expect(test.store.all()).toEqual([])
  })
})

describe('a backfill', () => {
  const hourly = { type: 'work', cron: '0 * * * *', input: 'hour' } as const

  it('enqueues what is missing, and leaves alone what ran', async () => {
    const { test, runs } = kitOf()
    await test.schedules.put('hourly', hourly)
    await test.advance('3h')
    expect(runs).toHaveLength(3)
    const outcome = await test.schedules.backfill('hourly', {
      from: '2026-12-31T12:00:00Z',
      to: '2027-01-01T03:00:00Z',
    })
    if (outcome.kind !== 'started') throw new Error(outcome.kind)
    await test.advance('2m')
    expect(await test.bulk.get(outcome.bulk.id)).toMatchObject({
      action: 'backfill',
      state: 'COMPLETED',
      counts: { matched: 16, done: 13, already: 3 },
    })
    expect(runs).toHaveLength(16)
  })

  it('counts without enqueuing anything, in a dry run', async () => {
    const { test, runs } = kitOf()
    await test.schedules.put('hourly', hourly)
    await test.advance('3h')
    const range = { from: '2026-12-31T12:00:00Z', to: '2027-01-01T03:00:00Z' }
    const outcome = await test.schedules.backfill('hourly', { ...range, dryRun: true })
    if (outcome.kind !== 'started') throw new Error(outcome.kind)
    await test.advance('2m')
    expect(await test.bulk.get(outcome.bulk.id)).toMatchObject({
      state: 'COMPLETED',
      request: { dryRun: true },
      counts: { matched: 16, done: 0, already: 3 },
    })
    expect(runs).toHaveLength(3)
    const given = { ...range, dryRun: 'yes' } as unknown as typeof range
    await expect(test.schedules.backfill('hourly', given)).rejects.toThrow('true or false')
  })

  it('makes second jobs only if it is told to', async () => {
    const { test, runs } = kitOf()
    await test.schedules.put('hourly', hourly)
    await test.advance('3h')
    const range = { from: '2027-01-01T01:00:00Z', to: '2027-01-01T03:00:00Z' }
    await test.schedules.backfill('hourly', { ...range, again: true })
    await test.advance('2m')
    expect(runs).toHaveLength(6)
    await test.schedules.backfill('hourly', range)
    await test.advance('2m')
    expect(runs).toHaveLength(6)
  })

  it('refuses more than 10,000 occurrences, the future, and a schedule that there is not', async () => {
    const { test } = kitOf()
    await test.schedules.put('often', { type: 'work', cron: '* * * * *', input: 1 })
    const from = '2026-12-01T00:00:00Z'
    await expect(test.schedules.backfill('often', { from, to: '2026-12-31T00:00:00Z' })).rejects.toThrow(
      'at most 10000',
    )
    await expect(test.schedules.backfill('often', { from, to: '2027-02-01T00:00:00Z' })).rejects.toThrow('in the past')
    const to = '2026-12-01T01:00:00Z'
    expect(await test.schedules.backfill('nothing', { from, to })).toEqual({ kind: 'notFound' })
  })
})
