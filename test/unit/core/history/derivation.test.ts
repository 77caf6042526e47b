import { expect, it } from 'vitest'
import { nextCount } from '../../../../lib/core/history/derivation.ts'
import { flowDerivations, flowFrom } from '../../../../lib/core/history/flow.ts'
import { inStates, stockDerivations, stockFrom } from '../../../../lib/core/history/stock.ts'
import { countingRecords, jobWith, shard, sunday } from '../../../support/job-changes.ts'

const inserts = (count: number, types = 1) =>
  Array.from({ length: count }, (_, index) => ({
    sequence: String(100 + index),
    at: sunday,
    after: jobWith({ id: `job-${index}`, type: `type-${index % types}` }),
  }))

it('counts a batch that comes again with other bounds once', async () => {
  const { count } = countingRecords()
  const changes = inserts(10)
  for (const [from, to] of [
    [0, 4],
    [0, 7],
    [3, 10],
    [0, 10],
  ]) {
    await count(stockDerivations(changes.slice(from, to))[0])
  }
  const stored = await count(stockDerivations(changes)[0])
  expect(inStates(stockFrom(stored), 'RESERVED')).toBe(10)
})

it('is refused when another invocation was faster', async () => {
  const { records, count } = countingRecords()
  const [derivation] = stockDerivations(inserts(3))
  if (derivation === undefined) throw new Error('nothing derived')
  const late = nextCount(derivation, undefined, { shard, now: sunday })
  await count(derivation)
  if (late === undefined) throw new Error('nothing to count')
  const [outcome] = await records.update([{ key: derivation.key, change: late }])
  expect(outcome?.kind).toBe('refused')
  expect(nextCount(derivation, records.read(derivation.key), { shard, now: sunday })).toBeUndefined()
})

it('takes several writes where one would be too large, and moves its position with each', async () => {
  const { records, count } = countingRecords()
  const changes = inserts(500, 250)
  const [minute] = flowDerivations(changes, new Map())
  if (minute === undefined) throw new Error('nothing derived')
  const first = nextCount(minute, undefined, { shard, now: sunday })
  expect(first !== undefined && 'actions' in first ? first.actions.length : 0).toBeLessThanOrEqual(200)
  await count(minute)
  const { types } = flowFrom(records.read(minute.key))
  expect([...types.values()].reduce((sum, { enqueued }) => sum + enqueued, 0)).toBe(500)
})
