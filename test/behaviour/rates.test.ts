import { describe, expect, it, vi } from 'vitest'
import { startAvailable } from '../../lib/app/sweeper/start-available.ts'
import { runBatch } from '../../lib/app/worker/run-batch.ts'
import { toItem } from '../../lib/aws/dynamodb/item.ts'
import type { JobRate } from '../../lib/core/definition/contract.ts'
import type { Job } from '../../lib/core/job/job.ts'
import { messageOf } from '../../lib/core/job/message.ts'
import { promiseTo, takeIfFree, watchIfIdle } from '../../lib/core/records/gate.ts'
import { gateKey } from '../../lib/core/records/keys.ts'
import { handle } from '../../lib/define/handle.ts'
import type { Outgoing } from '../../lib/ports/job-queue.ts'
import { startAt } from '../support/jobs.ts'
import { type Input, limitedKit, statesOf } from '../support/limits.ts'

const key = ({ tenant }: Input): string => tenant

/** Jobs with a rate, and when each of them started: milliseconds since the first. */
function rated(rate: JobRate, more: { readonly concurrency?: number } & Parameters<typeof limitedKit>[0] = {}) {
  const { concurrency, run, ...options } = more
  const starts: { readonly id: string; readonly tenant: string; readonly at: number }[] = []
  const kit: ReturnType<typeof limitedKit> = limitedKit({
    limit: { key, rate, ...(concurrency === undefined ? {} : { concurrency }) },
    ...options,
    run: async (input, ctx) => {
      starts.push({ id: ctx.job.id, tenant: input.tenant, at: kit.test.clock.now() })
      if (run === undefined) await kit.test.clock.sleep(input.ms ?? 10)
      else await run(input, ctx)
    },
  })
  const times = (tenant = 'a') => starts.flatMap(start => (start.tenant === tenant ? [start.at - startAt] : []))
  return { ...kit, starts, times }
}

/** The most starts in any window of this length, its end left out. */
const mostIn = (times: readonly number[], windowMs: number): number =>
  Math.max(0, ...times.map(from => times.filter(at => at >= from && at < from + windowMs).length))

describe('a rate', () => {
  it('gives each job a slot of its own, and keeps nobody of another key', async () => {
    const { test, enqueue, times } = rated({ count: 2, per: '1s' })
    for (let n = 0; n < 10; n += 1) await enqueue('a')
    await enqueue('b')
    await test.drain('2m')
    expect(times()).toEqual([0, 500, 1_000, 1_500, 2_000, 2_500, 3_000, 3_500, 4_000, 4_500])
    expect(times('b')).toHaveLength(1)
    expect(test.events.filter(({ name }) => name === 'job_completed')).toHaveLength(11)
  })

  it.each([undefined, 5])('starts nothing in a slot that was long in coming (concurrency: %s)', async concurrency => {
    const { test, enqueue, times } = rated({ count: 1, per: '10s' }, concurrency === undefined ? {} : { concurrency })
    // The gate is there.
    await enqueue('a')
    await test.advance('1m')
    const update = test.records.update.bind(test.records)
    vi.spyOn(test.records, 'update').mockImplementationOnce(async updates => {
      await test.clock.sleep(30_000)
      return update(updates)
    })
    await enqueue('a')
    await test.advance('30s')
    await enqueue('a')
    await test.drain('2m')
    const [, second = 0, third = 0] = times()
    expect(times()).toHaveLength(3)
    expect(third - second).toBeGreaterThanOrEqual(10_000)
  })

  it('lets a burst go at once', async () => {
    const { test, enqueue, times } = rated({ count: 1, per: '10s', burst: 3 })
    for (let n = 0; n < 5; n += 1) await enqueue('a')
    await test.drain('2m')
    expect(times()).toEqual([0, 0, 0, 10_000, 20_000])
  })

  it('beyond a minute jobs wait in line, without a message, and start in their order', async () => {
    const { test, enqueue, times, tickets, starts } = rated({ count: 1, per: '10s' })
    const ids: string[] = []
    for (let n = 0; n < 12; n += 1) {
      ids.push((await enqueue('a')).id)
      await test.advance('10ms')
    }
    await test.advance('1s')
    expect(tickets()).toHaveLength(5)
    expect(await statesOf(test, ids.slice(7))).toEqual(Array(5).fill('AVAILABLE'))
    await test.drain('10m')
    expect(starts.map(({ id }) => id)).toEqual(ids)
    expect(times().map(at => Math.round(at / 1_000))).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110])
    expect(tickets()).toEqual([])
  })

  it('an urgent job overtakes those in line', async () => {
    const { test, enqueue, starts } = rated({ count: 1, per: '10s' })
    for (let n = 0; n < 20; n += 1) await enqueue('a', { priority: 5 })
    await test.advance('1s')
    const { id } = await enqueue('a', { priority: -5 })
    await test.drain('10m')
    expect(starts).toHaveLength(21)
    expect(starts.findIndex(start => start.id === id)).toBeLessThanOrEqual(8)
  })

  it('a retry takes another slot', async () => {
    let runs = 0
    const { test, enqueue, times } = rated(
      { count: 1, per: '20s' },
      {
        run: () => {
          runs += 1
          if (runs < 3) throw new Error('no')
        },
      },
    )
    await enqueue('a')
    await test.drain('10m')
    expect(times()).toEqual([0, 20_000, 40_000])
  })

  it('together with places: both hold', async () => {
    const { test, enqueue, times, most } = rated({ count: 5, per: '1s' }, { concurrency: 2, run: undefined as never })
    for (let n = 0; n < 20; n += 1) await enqueue('a', {}, 1_000)
    await test.drain('5m')
    expect(times()).toHaveLength(20)
    expect(most.get('a')).toBeLessThanOrEqual(2)
    expect(mostIn(times(), 1_000)).toBeLessThanOrEqual(6)
  })
})

describe('a job with a slot', () => {
  const hourly = { count: 1, per: '40s' } as const

  it('says when it starts, and why not before', async () => {
    const { test, enqueue } = rated(hourly)
    await enqueue('a')
    await test.settle()
    const { id } = await enqueue('a')
    await test.settle()
    const job = test.store.read(id)
    expect(job).toMatchObject({ state: 'RESERVED', pass: 1, scheduledAt: startAt + 40_000, attempt: 0 })
    expect((await test.explain(id))?.reasons[0]).toMatchObject({
      code: 'rate',
      gate: 'sync/a',
      until: new Date(startAt + 40_000).toISOString(),
    })
    expect(test.events.find(({ name }) => name === 'job_booked')).toMatchObject({ id, gate: 'sync/a', waitMs: 40_000 })
    await enqueue('a')
    await test.advance('1s')
    const last = await enqueue('a')
    await test.settle()
    expect((await test.explain(last.id))?.reasons[0]).toMatchObject({
      code: 'limit',
      ahead: 1,
      until: new Date(startAt + 120_000).toISOString(),
      text: expect.stringContaining('a job starts every 40 s, and 1 job is ahead of it'),
    })
  })

  it('whose workers stand still past it takes another: no bunch starts after a pause', async () => {
    const { test, enqueue, times } = rated({ count: 1, per: '5s' })
    for (let n = 0; n < 10; n += 1) await enqueue('a')
    await test.advance('7s')
    await test.queues.pause('default')
    await test.advance('20m')
    await test.queues.resume('default')
    await test.drain('1h')
    const sorted = times().toSorted((a, b) => a - b)
    expect(sorted).toHaveLength(10)
    for (const [n, at] of sorted.entries()) expect(at - (sorted[n - 1] ?? -5_000)).toBeGreaterThanOrEqual(5_000)
  })

  it('that is run now, or made to wait, does not keep its slot', async () => {
    const { test, enqueue, times } = rated(hourly)
    await enqueue('a')
    const { id } = await enqueue('a')
    await test.settle()
    await test.runNow(id)
    await test.settle()
    expect(times()).toEqual([0])
    expect(test.store.read(id)).toMatchObject({ scheduledAt: startAt })
    await test.drain('10m')
    expect(times()).toEqual([0, 80_000])
  })

  it('whose message is near its thousandth receive gets a fresh one, which says the slot', async () => {
    const { test, sync, enqueue } = rated(hourly)
    await enqueue('a')
    const { id } = await enqueue('a')
    await test.settle()
    const sent: Outgoing[] = []
    test.deps.queue.send = async (_, messages) => {
      sent.push(...messages)
      return messages.map(() => ({ kind: 'sent' }))
    }
    const message = { ...messageOf(test.store.read(id) as Job, 0), slot: undefined }
    const deliveries = [{ messageId: 'm', receipt: 'r', body: JSON.stringify(message), receives: 901 }]
    const handlers = [handle(sync, async () => {})]
    const invocation = { queue: 'default', deliveries, endAt: test.clock.now() + 900_000 }
    const kept = await runBatch(test.deps, handlers, invocation)
    expect(kept).toEqual([])
    expect(sent).toMatchObject([{ message: { v: 3, id, slot: startAt + 40_000 }, delayMs: 40_000 }])
  })

  it('that is cancelled leaves the slot unused', async () => {
    const { test, enqueue, times } = rated({ count: 1, per: '10s' })
    const ids = [await enqueue('a'), await enqueue('a'), await enqueue('a')].map(one => one.id)
    await test.settle()
    await test.cancel(ids[1] ?? '')
    await test.drain('10m')
    expect(times()).toEqual([0, 20_000])
  })

  it('that must have started by then is cancelled', async () => {
    const { test, enqueue, times } = rated(hourly)
    await enqueue('a')
    const { id } = await enqueue('a', { startBy: '30s' })
    await test.drain('10m')
    expect(times()).toEqual([0])
    expect(await test.get(id)).toMatchObject({ state: 'CANCELLED', code: 'expired' })
  })

  it('and that is debounced meanwhile takes another', async () => {
    const { test, sync, enqueue, times } = rated(hourly)
    await enqueue('a')
    await test.settle()
    const unique = { key: 'k', until: 'started', onConflict: 'replace' } as const
    const { id } = await test.enqueue(sync, { tenant: 'a' }, { unique })
    await test.settle()
    expect(test.store.read(id)).toMatchObject({ pass: 1 })
    await test.enqueue(sync, { tenant: 'a' }, { unique, delay: '50s' })
    expect(test.store.read(id)).toMatchObject({ pass: 0, scheduledAt: startAt + 50_000 })
    await test.drain('10m')
    expect(times()).toEqual([0, expect.toSatisfy((at: number) => at >= 80_000)])
  })
})

describe('a gate with a rate', () => {
  it('of the type as a whole, where no key is given', async () => {
    const { test, enqueue, starts } = rated({ count: 1, per: '1s' }, { limit: { rate: { count: 1, per: '1s' } } })
    for (const tenant of ['a', 'b', 'c']) await enqueue(tenant)
    await test.drain('1m')
    expect(starts.map(({ at }) => at - startAt)).toEqual([0, 1_000, 2_000])
  })

  it('takes jobs of foreign writers, which need not know of it', async () => {
    const { test, times } = rated({ count: 1, per: '2s' })
    for (const id of ['x', 'y']) {
      const input = { S: JSON.stringify({ tenant: 'a' }) }
      test.store.putItem({ id: { S: id }, type: { S: 'sync' }, state: { S: 'AVAILABLE' }, input })
    }
    await startAvailable(test.deps, [test.store.read('x') as Job, test.store.read('y') as Job])
    expect(test.store.read('x')).toMatchObject({ gate: 'sync/a', pass: 0 })
    await test.drain('5m')
    expect(times()).toEqual([0, 2_000])
  })

  it('is left alone by a release that knows no rates: the job carries `pass`, its messages are of format 3', async () => {
    const { test, enqueue } = rated({ count: 1, per: '1s' })
    const { id } = await enqueue('a')
    const job = test.store.read(id) as Job
    expect(job).toMatchObject({ pass: 0 })
    expect(messageOf(job, 0)).toMatchObject({ v: 3 })
    await test.drain()
    // Also once it has ended: a retry must not be sent by such a release.
    expect(test.store.read(id)).toMatchObject({ state: 'COMPLETED', pass: 0 })
  })

  it('that an edit has spoilt, or a slower rate of former code has left, begins anew', async () => {
    for (const tat of [{ S: 'soon' }, { N: String((startAt + 86_400_000) * 1_000) }]) {
      const { test, enqueue, times } = rated({ count: 1, per: '1s' })
      test.records.putItem({ id: { S: gateKey('sync/a').id }, part: { S: 'gate' }, held: { M: {} }, tat })
      for (let n = 0; n < 3; n += 1) await enqueue('a')
      await test.drain('2m')
      expect(times()).toEqual([0, 1_000, 2_000])
    }
  })

  it('with places whose promise was left by a crash: its job asks for another slot', async () => {
    const { test, enqueue, times } = rated({ count: 1, per: '10s' }, { concurrency: 1 })
    await enqueue('a')
    await test.settle()
    const { id } = await enqueue('a')
    await test.settle()
    const job = test.store.read(id) as Job
    // As the pump leaves it that dies between promise and T5.
    test.store.putItem(toItem({ ...job, state: 'AVAILABLE', parked: startAt, pass: 0, scheduledAt: startAt }))
    await test.records.update([
      {
        key: gateKey('sync/a'),
        change: takeIfFree({ jobId: id, permit: { by: promiseTo(2), until: startAt + 200_000 }, max: 1, now: startAt }),
      },
      { key: gateKey('sync/a'), change: watchIfIdle('default', 'sync/a', startAt) },
    ])
    await test.drain('20m')
    expect(times()).toHaveLength(2)
    expect((times()[1] ?? 0) % 10_000).toBeLessThan(1)
  })
})
