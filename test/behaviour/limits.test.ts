import { describe, expect, it } from 'vitest'
import { reconcile } from '../../lib/app/sweeper/reconcile.ts'
import { resendAll } from '../../lib/app/sweeper/resend-all.ts'
import { toItem } from '../../lib/aws/dynamodb/item.ts'
import { newGate } from '../../lib/core/records/gate.ts'
import { sample } from '../contract/conformance/sample.ts'
import { startAt } from '../support/jobs.ts'
import { type Input, limitedKit, statesOf } from '../support/limits.ts'

describe('a limit by key', () => {
  it('is never exceeded, and keeps nobody of another key', async () => {
    const { test, enqueue, most, gate, tickets } = limitedKit()
    for (let n = 0; n < 9; n += 1) await enqueue('a')
    const { id } = await enqueue('b')
    await test.advance('1500ms')
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED' })
    await test.drain()
    expect(Object.fromEntries(most)).toEqual({ a: 2, b: 1 })
    expect(test.events.filter(({ name }) => name === 'job_completed')).toHaveLength(10)
    expect([gate().held.size, gate('b').held.size, tickets()]).toEqual([0, 0, []])
  })

  it('hands a place on at once: no tick is needed', async () => {
    const { test, enqueue, order } = limitedKit({ test: { hasTicks: false } })
    for (let n = 0; n < 6; n += 1) await enqueue('a')
    await test.advance('3500ms')
    expect(order).toHaveLength(6)
  })

  it('lets the urgent go first, then the earlier due', async () => {
    const { test, enqueue, order } = limitedKit({ limit: { key: ({ tenant }) => tenant, concurrency: 1 } })
    const first = await enqueue('a')
    await test.settle()
    const low = await enqueue('a', { priority: 5 })
    await test.advance('10ms')
    const usual = await enqueue('a')
    await test.advance('10ms')
    const later = await enqueue('a')
    await test.advance('10ms')
    const urgent = await enqueue('a', { priority: -5 })
    await test.drain()
    expect(order).toEqual([first, urgent, usual, later, low].map(({ id }) => id))
  })

  it('gives the place back when a run fails, snoozes or is cancelled, and asks again for the next attempt', async () => {
    let runs = 0
    const { test, enqueue, gate } = limitedKit({
      limit: { key: ({ tenant }) => tenant, concurrency: 1 },
      run: (_, ctx) => {
        runs += 1
        if (runs === 1) throw new Error('no')
        if (runs === 2) ctx.snooze('10s')
      },
    })
    const first = await enqueue('a')
    await test.settle()
    expect([(await test.get(first.id))?.state, gate().held.size]).toEqual(['RETRY', 0])
    const second = await enqueue('a')
    await test.drain()
    expect(await statesOf(test, [first.id, second.id])).toEqual(['COMPLETED', 'COMPLETED'])
    expect(gate().held.size).toBe(0)
  })

  it('holds across heartbeats that outlast the lease', async () => {
    const { test, enqueue, most } = limitedKit({
      timeout: '10s',
      limit: { key: ({ tenant }) => tenant, concurrency: 1 },
      run: async (_, ctx) => {
        for (let beats = 0; beats < 20; beats += 1) {
          await test.clock.sleep(6_000)
          await ctx.heartbeat()
        }
      },
    })
    const ids = [(await enqueue('a')).id, (await enqueue('a')).id]
    await test.drain()
    expect(await statesOf(test, ids)).toEqual(['COMPLETED', 'COMPLETED'])
    expect(most.get('a')).toBe(1)
  })
})

describe('a job in line', () => {
  const one = { limit: { key: ({ tenant }: Input) => tenant, concurrency: 1 } }

  it('is AVAILABLE, says so, and has neither a message nor a start', async () => {
    const { test, enqueue, tickets } = limitedKit(one)
    const holder = await enqueue('a', {}, 30_000)
    await test.settle()
    const first = await enqueue('a')
    await test.advance('1s')
    const { id } = await enqueue('a')
    await test.advance('1s')
    expect(await test.get(id)).toMatchObject({
      state: 'AVAILABLE',
      gate: 'sync/a',
      attempt: 0,
      parked: expect.any(String),
    })
    expect(tickets()).toEqual([first.id, id])
    const explained = await test.explain(id)
    expect(explained?.reasons[0]).toMatchObject({ code: 'limit', gate: 'sync/a', heldBy: [holder.id], ahead: 1 })
    const listed = await test.list({ state: 'AVAILABLE' })
    expect(listed.jobs.map(job => [job.id, job.gate])).toEqual([
      [first.id, 'sync/a'],
      [id, 'sync/a'],
    ])
    // A job that waits at a gate has no message that could be lost.
    await resendAll(test.deps)
    const report = await reconcile({ ...test.deps, scanner: test.store }, test.clock.now() + 60_000)
    expect(report).toMatchObject({ adopted: 0, forgotten: 0, setAside: 0 })
    expect(await test.get(id)).toMatchObject({ state: 'AVAILABLE' })
  })

  it('costs no message while it waits for days, and is looked at less and less often', async () => {
    const { test, enqueue } = limitedKit(one)
    const until = startAt + 72 * 3_600_000
    const holder = { type: 'sync', owner: 'x', gate: 'sync/a', leaseUntil: until, lookAt: until }
    test.store.putItem(toItem({ ...sample('IN_PROGRESS', holder), id: 'holder' }))
    await test.records.putIfAbsent([newGate('sync/a', startAt, { jobId: 'holder', permit: { by: 'x', until } })])
    const { id } = await enqueue('a')
    await test.settle()
    const looks: number[] = []
    let lookAt = test.store.read(id)?.lookAt
    for (let hours = 0; hours < 48; hours += 1) {
      await test.advance('1h')
      const next = test.store.read(id)?.lookAt
      if (next !== lookAt) looks.push(((next ?? 0) - test.clock.now()) / 3_600_000)
      lookAt = next
    }
    expect(test.store.read(id)).toMatchObject({ state: 'AVAILABLE', attempt: 0 })
    expect(looks.length).toBeLessThanOrEqual(9)
    expect(test.events.filter(event => event.name === 'job_dispatched' && event.id === id)).toEqual([])
  })

  it.each(['cancel', 'delete'] as const)('leaves the line with a %s; the next one is not kept', async act => {
    const { test, enqueue, tickets, order } = limitedKit({ ...one, timeout: '14m' })
    await enqueue('a', {}, 600_000)
    await test.settle()
    const gone = await enqueue('a')
    await test.advance('5m')
    const next = await enqueue('a')
    await test.settle()
    await test[act](gone.id)
    await test.drain()
    expect(order).not.toContain(gone.id)
    expect(order.at(-1)).toBe(next.id)
    expect(tickets()).toEqual([])
  })

  it('that is run now becomes the first in line, and does not jump the limit', async () => {
    const { test, enqueue, order, most } = limitedKit(one)
    await enqueue('a', {}, 5_000)
    await test.settle()
    const early = await enqueue('a', { priority: -3 })
    await test.settle()
    const late = await enqueue('a')
    await test.settle()
    expect(await test.runNow(late.id)).toMatchObject({ kind: 'placed' })
    await test.settle()
    expect(await test.get(late.id)).toMatchObject({ state: 'AVAILABLE', parked: expect.any(String), priority: -100 })
    await test.drain()
    expect(order.slice(1)).toEqual([late.id, early.id])
    expect(most.get('a')).toBe(1)
  })

  it('that is rescheduled leaves the line until then', async () => {
    const { test, enqueue, order } = limitedKit(one)
    await enqueue('a', {}, 5_000)
    await test.settle()
    const { id } = await enqueue('a')
    await test.settle()
    await test.reschedule(id, { delay: '1h' })
    expect(await test.get(id)).toMatchObject({ state: 'SCHEDULED' })
    expect(await test.get(id)).not.toHaveProperty('parked')
    await test.advance('10m')
    expect(order).toHaveLength(1)
    await test.drain()
    expect(order).toHaveLength(2)
  })

  it('that must have started by now is cancelled by whoever looks through the line', async () => {
    const { test, enqueue, order } = limitedKit(one)
    await enqueue('a', {}, 50_000)
    await test.settle()
    const { id } = await enqueue('a', { startBy: '10s' })
    await test.settle()
    await test.advance('51s')
    expect(await test.get(id)).toMatchObject({ state: 'CANCELLED', code: 'expired', attempt: 0 })
    expect(order).toHaveLength(1)
  })

  it('passes the gate again as a new generation, with the key of its new input', async () => {
    const { test, sync, enqueue } = limitedKit(one)
    const { id } = await test.enqueue(sync, { tenant: 'a' })
    await test.drain()
    await enqueue('b', {}, 10_000)
    await test.settle()
    await test.requeue(id, { input: { tenant: 'b' } })
    await test.settle()
    expect(await test.get(id)).toMatchObject({ state: 'AVAILABLE', gate: 'sync/b', generation: 2 })
    await test.drain()
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED' })
  })

  it('waits out the pause of its queue, and the limit holds after it', async () => {
    const { test, enqueue, most } = limitedKit()
    for (let n = 0; n < 5; n += 1) await enqueue('a', {}, 20_000)
    await test.settle()
    await test.queues.pause('default')
    for (let n = 0; n < 5; n += 1) await enqueue('a')
    await test.advance('1h')
    expect(test.events.filter(({ name }) => name === 'job_completed').length).toBeLessThan(10)
    await test.queues.resume('default')
    await test.drain('20m')
    expect(test.events.filter(({ name }) => name === 'job_completed')).toHaveLength(10)
    expect(most.get('a')).toBe(2)
  })
})
