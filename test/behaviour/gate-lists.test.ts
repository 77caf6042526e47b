/** What people see of limits: the gates of a queue, who holds their places and who waits. */
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import type { GatesOptions } from '../../lib/app/lookup/gates.ts'
import { toRecordItem } from '../../lib/aws/dynamodb/record-item.ts'
import { lanePlaceText } from '../../lib/core/lookup/cursor.ts'
import { gateKey, ticketPrefix } from '../../lib/core/records/keys.ts'
import { defineJob } from '../../lib/define/define-job.ts'
import { defineRunner } from '../../lib/define/define-runner.ts'
import { handle } from '../../lib/define/handle.ts'
import { createTestRunner } from '../../lib/testing.ts'
import { startAt } from '../support/jobs.ts'
import { limitedKit, statesOf } from '../support/limits.ts'

const at = (ms: number): string => new Date(startAt + ms).toISOString()
const one = { limit: { key: ({ tenant }: { tenant: string }) => tenant, concurrency: 1 } }

describe('gates of a queue', () => {
  it('show what limits them, who holds their places, how many wait and since when', async () => {
    const { test, enqueue } = limitedKit(one)
    const { id: runs } = await enqueue('a', {}, 60_000)
    await test.advance('1s')
    const { id: waits } = await enqueue('a', {}, 60_000)
    await enqueue('free', {}, 60_000)
    await test.advance('1s')
    expect(await test.queues.gates('default')).toEqual({
      gates: [
        {
          gate: 'sync/a',
          type: 'sync',
          key: 'a',
          limit: { concurrency: 1 },
          since: at(1_000),
          held: [{ job: runs, until: expect.stringMatching(/^2027-01-01T/) }],
          waiting: { count: 1, isExact: true },
        },
      ],
    })
    const gate = await test.queues.gate('default', 'sync/a')
    expect(gate?.line).toEqual([{ id: waits, type: 'sync', priority: 0, scheduledAt: at(1_000), parked: at(1_000) }])
    // Nobody waits there, and somebody holds a place.
    expect(await test.queues.gate('default', 'sync/free')).toMatchObject({
      held: [{}],
      waiting: { count: 0, isExact: true },
      line: [],
    })
    await test.drain()
    expect(await test.queues.gates('default')).toEqual({ gates: [] })
    expect(await test.queues.gate('default', 'sync/a')).toMatchObject({ held: [], waiting: { count: 0 } })
  })

  it('say that a place is promised to a message which is under way', async () => {
    const { test, enqueue } = limitedKit({ ...one, test: { hasTicks: false } })
    await enqueue('a', {}, 10_000)
    await test.settle()
    const { id } = await enqueue('a', {}, 1_000)
    await test.settle()
    await test.queues.pause('default')
    await test.advance('12s')
    expect(await test.queues.gate('default', 'sync/a')).toMatchObject({
      held: [{ job: id, isPromised: true }],
      waiting: { count: 0 },
    })
  })

  it('of a rate say when the next start may be', async () => {
    const { test, enqueue } = limitedKit({ limit: { key: ({ tenant }) => tenant, rate: { count: 1, per: '10s' } } })
    for (let n = 0; n < 12; n += 1) await enqueue('a', {}, 1)
    await test.advance('1s')
    const [gate] = (await test.queues.gates('default'))?.gates ?? []
    expect(gate).toMatchObject({
      gate: 'sync/a',
      limit: { rate: { count: 1, per: '10s' } },
      held: [],
      waiting: { count: 5, isExact: true },
      nextSlotAt: at(70_000),
    })
    expect(gate?.limit).not.toHaveProperty('key')
  })

  it('whose rate somebody has spoilt in the console begins anew: nobody is kept from looking', async () => {
    const { test, enqueue } = limitedKit({
      limit: { key: ({ tenant }) => tenant, concurrency: 1, rate: { count: 1, per: '10s' } },
    })
    await enqueue('a', {}, 60_000)
    await test.settle()
    const { id } = await enqueue('a')
    await test.advance('1s')
    const record = test.records.read(gateKey('sync/a'))
    test.records.putItem(toRecordItem({ ...gateKey('sync/a'), attributes: { ...record?.attributes, tat: 9e30 } }))
    expect((await test.queues.gates('default'))?.gates).toMatchObject([{ nextSlotAt: at(1_000) }])
    expect(await test.queues.gate('default', 'sync/a')).toMatchObject({ line: [{ id }], nextSlotAt: at(1_000) })
    expect((await test.explain(id))?.reasons[0]).toMatchObject({ code: 'limit', ahead: 0 })
  })

  it('the line is by priority, then by time; who was cancelled is not in it', async () => {
    const { test, enqueue } = limitedKit(one)
    await enqueue('a', {}, 60_000)
    await test.settle()
    const ids: string[] = []
    for (const priority of [5, 0, -3]) ids.push((await enqueue('a', { priority })).id)
    await test.advance('1s')
    await test.cancel(ids[1] ?? '')
    const gate = await test.queues.gate('default', 'sync/a')
    expect(gate?.line.map(({ id, priority }) => [id, priority])).toEqual([
      [ids[2], -3],
      [ids[0], 5],
    ])
    expect((await test.queues.gate('default', 'sync/a', { limit: 1 }))?.line).toHaveLength(1)
  })

  it('of a whole queue, with the limit that somebody set', async () => {
    const { test, enqueue } = limitedKit({ limit: undefined as never })
    await test.queues.limit('default', { concurrency: 1 })
    for (let n = 0; n < 3; n += 1) await enqueue('a', {}, 60_000)
    await test.advance('1s')
    const page = await test.queues.gates('default')
    expect(page?.gates).toMatchObject([{ gate: '/default', limit: { concurrency: 1 }, waiting: { count: 2 } }])
    expect(page?.gates[0]).not.toHaveProperty('type')
    expect(await test.queues.gate('default', '/default')).toMatchObject({ line: [{ type: 'sync' }, { type: 'sync' }] })
    expect(await test.queues.gate('default', '/mails')).toBeUndefined()
  })

  it('many of them come page by page, each once', async () => {
    const { test, enqueue } = limitedKit(one)
    const tenants = Array.from({ length: 25 }, (_, n) => `t${n}`)
    for (const tenant of tenants) for (let n = 0; n < 2; n += 1) await enqueue(tenant, {}, 60_000)
    await test.advance('1s')
    const found: string[] = []
    let cursor: string | undefined
    do {
      const page = await test.queues.gates('default', { limit: 7, ...(cursor === undefined ? {} : { cursor }) })
      expect(page?.gates.length).toBeLessThanOrEqual(7)
      found.push(...(page?.gates.map(({ key = '' }) => key) ?? []))
      cursor = page?.next
    } while (cursor !== undefined)
    expect(found.toSorted()).toEqual(tenants.toSorted())
  })

  it('a long line is counted up to 100 in a list, up to 1,000 of one gate', async () => {
    const { test, enqueue } = limitedKit(one)
    await enqueue('a', {}, 600_000)
    await test.settle()
    const { id } = gateKey('sync/a')
    await enqueue('a')
    await test.advance('1s')
    // Tickets of nobody: each counts until the line comes to it.
    await test.records.putIfAbsent(
      Array.from({ length: 1_200 }, (_, n) => ({ id, part: `${ticketPrefix}0900#${n}`, attributes: { parkedAt: 1 } })),
    )
    expect((await test.queues.gates('default'))?.gates).toMatchObject([{ waiting: { count: 100, isExact: false } }])
    expect(await test.queues.gate('default', 'sync/a', { limit: 100 })).toMatchObject({
      waiting: { count: 1_000, isExact: false },
      line: [{}],
    })
  })

  it('of a queue that never was: undefined', async () => {
    const { test } = limitedKit(one)
    expect(await test.queues.gates('nowhere')).toBeUndefined()
    expect(await test.queues.gate('nowhere', 'sync/a')).toBeUndefined()
  })

  it.each([
    [{ limit: 0 }, 'limit is 0; allowed: a whole number from 1 to 100'],
    [{ limit: 101 }, 'limit is 101; allowed: a whole number from 1 to 100'],
    [{ cursor: 'x' }, "cursor is 'x'; allowed: what a page gave as `next`"],
    [{ cursor: lanePlaceText({ lane: 4 }) }, 'cursor is'],
    [{ cursor: lanePlaceText({ lane: 0, from: '["2027-01-01T00:00:00.000Z","#control","control"]' }) }, 'cursor is'],
    [{ cursors: 'x' }, 'gates.cursors'],
  ])('%o is refused', async (options, text) => {
    const { test } = limitedKit(one)
    await expect(test.queues.gates('default', options as GatesOptions)).rejects.toThrow(text)
  })
})

describe('a list of jobs in line', () => {
  const mail = defineJob({ type: 'mail', queue: 'mails', input: v.object({}) })
  const windowed = () =>
    createTestRunner({
      runner: defineRunner({ jobs: [mail], queues: { mails: { window: 1 } } }),
      handlers: [handle(mail, () => undefined)],
      startAt,
      patienceMs: 10,
      hasTicks: false,
    })

  it('shows those at a gate, and no others', async () => {
    const { test, enqueue } = limitedKit(one)
    await enqueue('a', {}, 60_000)
    await test.settle()
    const { id } = await enqueue('a')
    await enqueue('b', { delay: '1h' })
    await test.advance('1s')
    const { jobs } = await test.list({ parked: true })
    expect(jobs).toMatchObject([{ id, gate: 'sync/a', parked: at(0), state: 'AVAILABLE' }])
    expect((await test.list()).jobs).toHaveLength(3)
  })

  it('which a bulk act takes, too: all in line are cancelled, and nobody else', async () => {
    const { test, enqueue } = limitedKit(one)
    const { id: runs } = await enqueue('a', {}, 20_000)
    await test.settle()
    const waiting = [(await enqueue('a')).id, (await enqueue('a')).id]
    const { id: later } = await enqueue('b', { delay: '10m' })
    await test.advance('1s')
    await test.bulk.start({ action: 'cancel', filter: { parked: true } })
    await test.advance('10s')
    expect(await statesOf(test, [...waiting, later, runs])).toEqual([
      'CANCELLED',
      'CANCELLED',
      'SCHEDULED',
      'IN_PROGRESS',
    ])
  })

  it('and those that wait until their queue has room; the queue says since when it is behind', async () => {
    const test = windowed()
    await test.queues.pause('mails')
    await test.advance('6s')
    for (let n = 0; n < 4; n += 1) await test.enqueue(mail, {})
    expect((await test.list({ parked: true, queue: 'mails' })).jobs).toHaveLength(3)
    expect(await test.queues.get('mails')).toMatchObject({ behind: { since: at(6_000) } })
    await test.queues.resume('mails')
    await test.advance('1s')
    await test.tick()
    await test.drain()
    expect(await test.queues.get('mails')).not.toHaveProperty('behind')
  })

  it.each([
    [{ parked: false }, 'parked is false; allowed: true, or nothing'],
    [{ parked: true, phase: 'failed' }, "parked is true; allowed: nothing, unless `phase` is 'live'"],
  ])('%o is refused', async (options, text) => {
    await expect(windowed().list(options as never)).rejects.toThrow(text)
  })
})
