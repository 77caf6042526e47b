import { describe, expect, it } from 'vitest'
import { keepInLine, type ParkedJob } from '../../lib/app/gates/line.ts'
import { startAvailable } from '../../lib/app/sweeper/start-available.ts'
import { tick } from '../../lib/app/sweeper/tick.ts'
import { runBatch } from '../../lib/app/worker/run-batch.ts'
import { toItem } from '../../lib/aws/dynamodb/item.ts'
import { toRecordItem } from '../../lib/aws/dynamodb/record-item.ts'
import type { Job } from '../../lib/core/job/job.ts'
import { leaveIfSeen, newGate, promiseTo, watchIfIdle } from '../../lib/core/records/gate.ts'
import { gateKey } from '../../lib/core/records/keys.ts'
import { handle } from '../../lib/define/handle.ts'
import { sample } from '../contract/conformance/sample.ts'
import { startAt } from '../support/jobs.ts'
import { type Input, limitedKit, statesOf } from '../support/limits.ts'
import { recordsOver } from '../support/store-over.ts'

describe('what a crash leaves behind', () => {
  const one = { limit: { key: ({ tenant }: Input) => tenant, concurrency: 1 } }
  const hold = async ({ test }: ReturnType<typeof limitedKit>, jobId: string, by: string, until: number) => {
    await test.records.putIfAbsent([newGate('sync/a', startAt, { jobId, permit: { by, until } })])
  }

  it('the place of a run that has ended: freed by the next tick', async () => {
    const kit = limitedKit(one)
    kit.test.store.putItem(toItem({ ...sample('COMPLETED', { type: 'sync', lastOwner: 'o' }), id: 'gone' }))
    await hold(kit, 'gone', 'o', startAt + 3_600_000)
    const { id } = await kit.enqueue('a')
    await kit.test.advance('10s')
    expect(await kit.test.get(id)).toMatchObject({ state: 'AVAILABLE' })
    await kit.test.advance('1m')
    expect(await kit.test.get(id)).toMatchObject({ state: 'COMPLETED' })
    expect(kit.test.events.find(({ name }) => name === 'gate_repaired')).toMatchObject({ freed: 1, handedOut: 1 })
  })

  it('the place of a run whose lease is over stays the job’s until the job is taken back', async () => {
    const kit = limitedKit(one)
    const held = { type: 'sync', owner: 'o', gate: 'sync/a', leaseUntil: startAt + 1_000, lookAt: startAt + 3_600_000 }
    kit.test.store.putItem(toItem({ ...sample('IN_PROGRESS', held), id: 'dead' }))
    await hold(kit, 'dead', 'o', startAt + 1_000)
    const { id } = await kit.enqueue('a')
    await kit.test.advance('10m')
    expect(await kit.test.get(id)).toMatchObject({ state: 'AVAILABLE' })
    await kit.test.advance('2h')
    // Its input is none of ours: what counts is that it was taken back, and gave its place.
    expect(await statesOf(kit.test, ['dead', id])).toEqual(['FAILED', 'COMPLETED'])
  })

  it('a promise whose job was not handed out: rolled forward by the next tick', async () => {
    const kit = limitedKit({ ...one, test: { hasTicks: false } })
    await kit.enqueue('a', {}, 30_000)
    await kit.test.settle()
    const { id } = await kit.enqueue('a')
    await kit.test.settle()
    const until = startAt + 3_600_000
    const permit = { by: promiseTo(2), until }
    kit.test.records.keep(gateKey('sync/a'), undefined)
    await kit.test.records.putIfAbsent([newGate('sync/a', startAt, { jobId: id, permit })])
    await kit.test.records.update([{ key: gateKey('sync/a'), change: watchIfIdle('default', 'sync/a', startAt) }])
    await kit.test.tick()
    await kit.test.advance('5s')
    expect(await kit.test.get(id)).toMatchObject({ state: 'COMPLETED', attempt: 1 })
  })

  it('a job in line without a ticket: its own look brings one', async () => {
    const kit = limitedKit({ ...one, timeout: '10m' })
    await kit.enqueue('a', {}, 590_000)
    await kit.test.settle()
    const { id } = await kit.enqueue('a')
    await kit.test.settle()
    for (const record of kit.test.records.all()) if (record.part.startsWith('wait#')) kit.test.records.expire(record)
    await kit.test.advance('592s')
    expect(await kit.test.get(id)).toMatchObject({ state: 'AVAILABLE' })
    await kit.test.advance('5m')
    expect(await kit.test.get(id)).toMatchObject({ state: 'COMPLETED' })
  })

  it('a ticket that comes just as the sweeper leaves the gate: the gate is looked at again', async () => {
    const kit = limitedKit({ ...one, test: { hasTicks: false } })
    await kit.enqueue('a', {}, 600_000)
    await kit.test.settle()
    const { id } = await kit.enqueue('a')
    await kit.test.settle()
    for (const record of kit.test.records.all()) if (record.part.startsWith('wait#')) kit.test.records.expire(record)
    const { records, clock } = kit.test
    const update: typeof records.update = async changes => {
      const isTicket = changes.some(({ change }) => change.name === 'queueUp')
      // Nobody is in line yet.
      if (isTicket) await records.update([{ key: gateKey('sync/a'), change: leaveIfSeen(kit.gate().lookAt ?? 0) }])
      return records.update(changes)
    }
    const racing = recordsOver(records, { update })
    expect(kit.gate().lookAt).toBeDefined()
    await keepInLine({ records: racing, clock }, [kit.test.store.read(id) as ParkedJob])
    expect(kit.tickets()).toEqual([id])
    expect(kit.gate().lookAt).toBeDefined()
  })

  it('a gate that cannot be looked at again: the job is looked at again soon', async () => {
    const kit = limitedKit({ ...one, test: { hasTicks: false } })
    await kit.enqueue('a', {}, 600_000)
    await kit.test.settle()
    const { id } = await kit.enqueue('a')
    await kit.test.settle()
    const { records, clock } = kit.test
    await records.update([{ key: gateKey('sync/a'), change: leaveIfSeen(kit.gate().lookAt ?? 0) }])
    const failed = { kind: 'failed', error: new Error('throttled') } as const
    const update: typeof records.update = changes =>
      changes.some(({ change }) => change.name === 'watchIfIdle')
        ? Promise.resolve(changes.map(() => failed))
        : records.update(changes)
    const throttled = recordsOver(records, { update })
    const job = kit.test.store.read(id) as ParkedJob
    const patient = { now: () => clock.now(), turn: () => clock.turn(), sleep: () => Promise.resolve() }
    expect(await keepInLine({ records: throttled, clock: patient }, [job])).toEqual([id])
    expect(await keepInLine({ records, clock }, [job])).toEqual([])
    expect(kit.gate().lookAt).toBeDefined()
  })

  it('a gate that is gone, permits and all: jobs go on', async () => {
    const kit = limitedKit({ ...one, timeout: '14m' })
    const first = await kit.enqueue('a', {}, 600_000)
    await kit.test.settle()
    const { id } = await kit.enqueue('a')
    await kit.test.settle()
    kit.test.records.expire(gateKey('sync/a'))
    await kit.test.drain()
    expect(await statesOf(kit.test, [first.id, id])).toEqual(['COMPLETED', 'COMPLETED'])
  })

  it('a map of permits that somebody removed in the console is made anew', async () => {
    const kit = limitedKit(one)
    kit.test.records.putItem(toRecordItem({ ...gateKey('sync/a'), attributes: { held: 'nobody' } }))
    kit.test.records.putItem(toRecordItem({ ...gateKey('sync/a'), attributes: { ttl: 5 } }))
    const { id } = await kit.enqueue('a')
    await kit.test.drain()
    expect(await kit.test.get(id)).toMatchObject({ state: 'COMPLETED' })
  })
})

describe('where a job gets its gate', () => {
  it('a foreign writer need not know of it', async () => {
    const { test, most } = limitedKit({ limit: { key: ({ tenant }) => tenant, concurrency: 1 } })
    const ids = ['f1', 'f2', 'f3']
    for (const id of ids) test.store.put({ id, type: 'sync', state: 'AVAILABLE', input: '{"tenant":"a"}' })
    // As the stream brings them.
    await startAvailable(
      test.deps,
      test.store.all().map(({ id = '' }) => test.store.read(id) as Job),
    )
    await test.drain()
    expect(await statesOf(test, ids)).toEqual(['COMPLETED', 'COMPLETED', 'COMPLETED'])
    expect(most.get('a')).toBe(1)
    expect(test.store.read('f1')).toMatchObject({ gate: 'sync/a' })
  })

  it('an input without a key is refused at enqueue, and nothing is written', async () => {
    const { test, sync } = limitedKit({ limit: { key: () => '', concurrency: 1 } })
    await expect(test.enqueue(sync, { tenant: 'a' })).rejects.toThrow(
      "limit.key is ''; allowed: a function that gives text",
    )
    expect(test.store.allItems()).toEqual([])
  })

  it('what a foreign writer put without a key is set aside, and keeps nobody', async () => {
    const key = ({ tenant }: Input) => (tenant === 'bad' ? '' : tenant)
    const { test, enqueue } = limitedKit({ limit: { key, concurrency: 1 } })
    test.store.put({ id: 'f', type: 'sync', state: 'AVAILABLE', input: '{"tenant":"bad"}' })
    await startAvailable(test.deps, [test.store.read('f') as Job])
    const { id } = await enqueue('a')
    await test.advance('5m')
    expect(await statesOf(test, ['f', id])).toEqual(['AVAILABLE', 'COMPLETED'])
    expect(test.events.find(({ name }) => name === 'job_set_aside')).toMatchObject({ id: 'f' })
  })

  it('code without the limit hands out who waits, and starts jobs past a gate that is full', async () => {
    const { test, sync, enqueue } = limitedKit({ limit: { key: ({ tenant }) => tenant, concurrency: 1 } })
    await test.records.putIfAbsent([
      newGate('sync/a', startAt, { jobId: 'other', permit: { by: 'o', until: startAt + 3_600_000 } }),
    ])
    const { id } = await enqueue('a')
    await test.settle()
    expect(await test.get(id)).toMatchObject({ state: 'AVAILABLE' })
    await test.tick()
    // The next deployment: the same type, its limit taken out.
    const { limit: _, ...open } = sync
    const runner = { ...test.deps.runner, jobs: { sync: open } }
    await tick({ ...test.deps, runner }, test.clock.now() + 60_000)
    expect(test.store.read(id)).toMatchObject({ state: 'RESERVED', fence: 2 })
    const body = JSON.stringify({ v: 2, id, fence: 2, type: 'sync', at: 0, gate: 'sync/a', promised: true })
    const deliveries = [{ messageId: 'm', receipt: 'r', body, receives: 1 }]
    const handler = handle(open as typeof sync, () => 'done')
    await runBatch({ ...test.deps, runner, loggerFor: () => silent }, [handler], {
      queue: 'default',
      deliveries,
      endAt: test.clock.now() + 600_000,
    })
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', result: 'done' })
  })
})

const silent = { debug() {}, info() {}, warn() {}, error() {} }
