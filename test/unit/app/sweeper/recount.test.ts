import { expect, it } from 'vitest'
import { recordBatch } from '../../../../lib/app/record/record-batch.ts'
import { reconcile } from '../../../../lib/app/sweeper/reconcile.ts'
import { inStates, stockFrom } from '../../../../lib/core/history/stock.ts'
import { stockKey } from '../../../../lib/core/records/keys.ts'
import type { TelemetryEvent } from '../../../../lib/ports/telemetry.ts'
import { MemoryRecordStore } from '../../../../lib/testing/memory-record-store.ts'
import { runnerWith, startAt } from '../../../support/jobs.ts'

/** A runner with so many jobs that failed, of which the stream brought some. */
async function world(jobs: number) {
  const { test, work } = runnerWith(
    () => {
      throw new Error('dark')
    },
    { maxAttempts: 1 },
    { hasTicks: false, startAt },
  )
  for (let n = 0; n < jobs; n += 1) await test.enqueue(work, { n })
  await test.advance('1m')
  const { clock } = test.deps
  // The kit's own recorder has seen everything.
  const records = new MemoryRecordStore(clock, test.store)
  const changes = test.store.all().flatMap(({ id = '' }, index) => {
    const after = test.store.read(id)
    return after === undefined ? [] : [{ sequence: String(index + 1), at: clock.now(), after }]
  })
  const record = (from: number, to: number) =>
    recordBatch({ ...test.deps, records }, { shard: 's', changes: changes.slice(from, to) })
  const recount = async (): Promise<readonly TelemetryEvent[]> => {
    test.events.length = 0
    const scan = reconcile({ ...test.deps, records, scanner: test.store, isRecorded: true }, clock.now() + 900_000)
    await test.advance('1m')
    await scan
    return test.events.filter(({ name }) => name === 'counts_drift')
  }
  const failed = () => inStates(stockFrom(records.read(stockKey('default'))), 'FAILED')
  return { test, records, record, recount, failed }
}

it('finds the same as was counted, and says and writes nothing', async () => {
  const { records, record, recount, failed } = await world(3)
  await record(0, 3)
  expect(await recount()).toEqual([])
  expect(failed()).toBe(3)
  expect(records.read({ id: '#counts/default', part: 'recount' })).toBeUndefined()
})

it('corrects what two recounts in a row find, and reports it', async () => {
  const { record, recount, failed } = await world(5)
  await record(0, 3)
  expect(await recount()).toMatchObject([{ queue: 'default', jobs: 2, isRepeated: false }])
  expect(failed()).toBe(3)
  expect(await recount()).toMatchObject([{ queue: 'default', jobs: 2, isRepeated: true }])
  expect(failed()).toBe(5)
  expect(await recount()).toEqual([])
})

it('takes a difference that goes away for lag', async () => {
  const { record, recount, failed } = await world(5)
  await record(0, 3)
  expect(await recount()).toHaveLength(1)
  await record(3, 5)
  expect(await recount()).toEqual([])
  expect(failed()).toBe(5)
})

it('corrects at once where nothing was ever counted, or after a gap', async () => {
  const fresh = await world(4)
  expect(await fresh.recount()).toMatchObject([{ jobs: 4, isRepeated: false }])
  expect(fresh.failed()).toBe(4)
  const gap = await world(4)
  await gap.record(0, 2)
  const set = { op: 'set', attribute: 'gapAt', value: startAt } as const
  await gap.records.update([{ key: stockKey('default'), change: { name: 'gap', guard: [], actions: [set] } }])
  await gap.recount()
  expect(gap.failed()).toBe(4)
  expect(gap.records.read(stockKey('default'))?.attributes['gapAt']).toBeUndefined()
  expect(await gap.recount()).toEqual([])
})

it('waits where the recorder is behind: a job is newer than what was counted', async () => {
  const { test, record, recount, failed } = await world(2)
  await record(0, 2)
  await test.advance('10m')
  test.store.put({
    id: 'new',
    type: 'work',
    state: 'FAILED',
    input: '{}',
    insertedAt: test.clock.now(),
    queue: 'default',
  })
  expect(await recount()).toEqual([])
  expect(await recount()).toEqual([])
  expect(failed()).toBe(2)
})
