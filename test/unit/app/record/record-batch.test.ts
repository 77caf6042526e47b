import { expect, it } from 'vitest'
import { recordBatch } from '../../../../lib/app/record/record-batch.ts'
import { errorGroupFrom } from '../../../../lib/core/history/error-group.ts'
import { flowFrom } from '../../../../lib/core/history/flow.ts'
import { runFrom } from '../../../../lib/core/history/run-record.ts'
import { inStates, stockFrom } from '../../../../lib/core/history/stock.ts'
import { hourKey, minuteKey, runKey, stockKey } from '../../../../lib/core/records/keys.ts'
import { Unavailable, Unwritable } from '../../../../lib/core/values/errors.ts'
import { changesOf, jobWith, sunday } from '../../../support/job-changes.ts'
import { failing, recording } from '../../../support/recording.ts'

const running = jobWith({ state: 'IN_PROGRESS', owner: 'A', attempt: 1, startedAt: sunday })
const error = '{"name":"Oops","message":"dark"}'
const failed = jobWith({ state: 'FAILED', attempt: 1, finishedAt: sunday + 40, error, why: 'Oops#1' })
const life = changesOf(undefined, jobWith(), running, failed)
const batch = { shard: 'shard-1', changes: life }

it('derives counts, history and an event from what happened to a job', async () => {
  const { deps, records, published } = recording()
  expect(await recordBatch(deps, batch)).toBeUndefined()
  expect(inStates(stockFrom(records.read(stockKey('mails'))), 'FAILED')).toBe(1)
  const minute = flowFrom(records.read(minuteKey('mails', sunday)))
  expect(minute.types.get('send-mail')).toMatchObject({ enqueued: 1, started: 1, failed: 1, runMs: 40 })
  // As the stock says after the batch.
  expect(minute).toMatchObject({ waiting: 0, failed: 1 })
  expect(flowFrom(records.read(hourKey('mails', sunday))).types.get('send-mail')).toMatchObject({ failed: 1 })
  const run = records.read(runKey({ id: 'job-1', life: 'k3J9aQ' }, 1, 1))
  expect(run === undefined ? undefined : runFrom(run)).toMatchObject({ outcome: 'failed', runMs: 40 })
  const { records: groups } = await records.query({ id: '#errors/mails', prefix: '', limit: 5 })
  expect(groups.map(errorGroupFrom)).toMatchObject([{ count: 1, jobsFailed: 1, ids: ['job-1'] }])
  expect(published).toMatchObject([{ kind: 'failed', id: 'job-1', error: 'Oops: dark', generation: 1, attempt: 1 }])
})

it('counts once what comes again, in other parts, and by another shard of the same table', async () => {
  const { deps, records, published } = recording()
  for (const [from, to] of [
    [0, 2],
    [1, 3],
    [0, 3],
  ]) {
    await recordBatch(deps, { shard: 'shard-1', changes: life.slice(from, to) })
  }
  const other = changesOf(undefined, jobWith({ id: 'job-2' })).map(change => ({ ...change, sequence: '7' }))
  await recordBatch(deps, { shard: 'shard-2', changes: other })
  const stock = stockFrom(records.read(stockKey('mails')))
  expect([inStates(stock, 'FAILED'), inStates(stock, 'RESERVED')]).toEqual([1, 1])
  expect(flowFrom(records.read(minuteKey('mails', sunday))).types.get('send-mail')).toMatchObject({ enqueued: 2 })
  // At least once, and known by its id.
  expect(new Set(published.map(({ eventId }) => eventId)).size).toBe(1)
})

it('asks for the batch again when a write fails, and then counts the rest', async () => {
  const { deps, records, published } = recording(failing([new Unavailable('DynamoDB', 'throttled')]))
  expect((await recordBatch(deps, batch))?.sequence).toBe('100')
  expect(published).toEqual([])
  expect(await recordBatch(deps, batch)).toBeUndefined()
  expect(inStates(stockFrom(records.read(stockKey('mails'))), 'FAILED')).toBe(1)
  expect(flowFrom(records.read(minuteKey('mails', sunday))).types.get('send-mail')).toMatchObject({ failed: 1 })
})

it('asks for the batch again when nothing can be read', async () => {
  const { deps } = recording(records => ({
    putIfAbsent: entries => records.putIfAbsent(entries),
    update: updates => records.update(updates),
    query: query => records.query(query),
    due: (...page) => records.due(...page),
    transact: (...given) => records.transact(...given),
    get: () => Promise.reject(new Unavailable('DynamoDB', 'gone')),
  }))
  expect((await recordBatch(deps, batch))?.sequence).toBe('100')
})

it('goes on without a record that no table takes, and says so', async () => {
  const { deps, reports, published } = recording(failing([new Unwritable('too large')]))
  expect(await recordBatch(deps, batch)).toBeUndefined()
  expect(reports).toMatchObject([{ name: 'record_set_aside', id: '#counts/mails', error: 'too large' }])
  expect(published).toHaveLength(1)
})

it('does not count what another invocation has counted in the meantime', async () => {
  let isFirst = true
  const { deps, records } = recording(store => ({
    putIfAbsent: entries => store.putIfAbsent(entries),
    query: query => store.query(query),
    due: (...page) => store.due(...page),
    transact: (...given) => store.transact(...given),
    get: keys => store.get(keys),
    async update(updates) {
      // Its answer was lost: the same writes arrive once more.
      if (isFirst) await store.update(updates)
      isFirst = false
      return store.update(updates)
    },
  }))
  expect(await recordBatch(deps, batch)).toBeUndefined()
  expect(inStates(stockFrom(records.read(stockKey('mails'))), 'FAILED')).toBe(1)
})

it('reports a gap where the next change is nearly forgotten, and marks the counts', async () => {
  const { deps, records, reports, clock } = recording()
  const day = 24 * 3_600_000
  await recordBatch(deps, { shard: 'shard-1', changes: life.slice(0, 1) })
  // The recorder was away for two days; the stream remembers one.
  clock.at = sunday + 2 * day
  const late = life.slice(1).map(change => ({ ...change, at: sunday + day + 60_000 }))
  await recordBatch(deps, { shard: 'shard-2', changes: late })
  expect(reports).toMatchObject([{ name: 'recorder_gap', fromAt: sunday, untilAt: sunday + day + 60_000 }])
  const { records: gaps } = await records.query({ id: '#recorder', prefix: 'gap#', limit: 5 })
  expect(gaps.map(({ attributes }) => attributes['fromAt'])).toEqual([sunday])
  expect(records.read(stockKey('mails'))?.attributes['gapAt']).toBe(sunday + day + 60_000)
  await recordBatch(deps, { shard: 'shard-2', changes: late })
  expect(reports).toHaveLength(1)
})

it('a batch that says nothing of interest writes nothing', async () => {
  const { deps, records } = recording()
  expect(
    await recordBatch(deps, { shard: 's', changes: changesOf(running, { ...running, progress: 4 }) }),
  ).toBeUndefined()
  expect(records.read(stockKey('mails'))).toBeUndefined()
})
