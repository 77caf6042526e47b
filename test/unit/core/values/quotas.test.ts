import { expect, it } from 'vitest'
import * as quotas from '../../../../lib/core/values/quotas.ts'
import * as times from '../../../../lib/core/values/times.ts'

const day = 86_400_000

it('the figures that AWS sets are those of its documentation', () => {
  expect(quotas).toMatchObject({
    maxItemBytes: 409_600,
    maxStatementsPerBatch: 25,
    maxKeysPerBatchGet: 100,
    maxMessagesPerBatch: 10,
    maxDelayMs: 900_000,
    maxVisibilityMs: 43_200_000,
    maxFunctionMs: 900_000,
  })
})

it('an insert leaves 12 KB free: for an error of 8 KB, tags, notify and what transitions add', () => {
  expect([times.itemReserveBytes, times.maxFinalErrorBytes]).toEqual([12_288, 8_192])
})

it('a job may lie ten years ahead, and a year back', () => {
  expect([times.maxAheadMs, times.maxPastMs]).toEqual([3_650 * day, 365 * day])
})
