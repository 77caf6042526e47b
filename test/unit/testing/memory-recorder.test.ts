import { expect, it } from 'vitest'
import { flowFrom } from '../../../lib/core/history/flow.ts'
import { runFrom } from '../../../lib/core/history/run-record.ts'
import { inStates, stockFrom } from '../../../lib/core/history/stock.ts'
import { minuteKey, partsOf, stockKey } from '../../../lib/core/records/keys.ts'
import { runnerWith, startAt } from '../../support/jobs.ts'

it('the kit counts, and keeps the runs of each job', async () => {
  let isFirst = true
  const { test, work } = runnerWith(
    () => {
      if (!isFirst) return 1
      isFirst = false
      throw new Error('dark')
    },
    {},
    { startAt },
  )
  const { id } = await test.enqueue(work, { n: 1 })
  await test.drain()
  const stock = stockFrom(test.records.read(stockKey('default')))
  expect([inStates(stock, 'COMPLETED'), inStates(stock, 'RESERVED', 'RETRY', 'IN_PROGRESS')]).toEqual([1, 0])
  const minute = flowFrom(test.records.read(minuteKey('default', startAt))).types.get('work')
  expect(minute).toMatchObject({ enqueued: 1, started: 2, retried: 1, completed: 1 })
  const life = test.store.read(id)?.life ?? ''
  const runs = await test.records.query({ id, prefix: partsOf('run', { id, life }), limit: 10 })
  expect(runs.records.map(record => runFrom(record)?.outcome)).toEqual(['retried', 'completed'])
})

it('an ended job that expires is no longer counted', async () => {
  const { test, work } = runnerWith(() => 1, { keep: { completed: '1h' } }, { startAt })
  await test.enqueue(work, { n: 1 })
  await test.advance('2h')
  const counted = stockFrom(test.records.read(stockKey('default')))
  expect(counted.types.has('work')).toBe(false)
  expect(counted.asOf).toBe(test.clock.now())
})
