import fc from 'fast-check'
import { expect, it } from 'vitest'
import { bucketOf, quantileOf, sumOf, totalOf } from '../../../../lib/core/history/counters.ts'

it.each([
  [0, 0],
  [0.9, 0],
  [1, 1],
  [2, 2],
  [3, 2],
  [4, 3],
  [1_000, 10],
  [1e20, 40],
])('%d ms are in bucket %i', (milliseconds, bucket) => expect(bucketOf(milliseconds)).toBe(bucket))

it('a quantile lies in the bucket of the value that it stands for', () => {
  const values = fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 1, maxLength: 200 })
  fc.assert(
    fc.property(values, fc.constantFrom(0.5, 0.95, 0.99, 1), (milliseconds, fraction) => {
      const histogram = sumOf(milliseconds.map(value => new Map([[bucketOf(value), 1]])))
      const sorted = milliseconds.toSorted((a, b) => a - b)
      const exact = sorted[Math.ceil(fraction * sorted.length) - 1] ?? 0
      const found = quantileOf(histogram, fraction) ?? -1
      const bucket = bucketOf(exact)
      expect(found).toBeGreaterThanOrEqual(bucket === 0 ? 0 : 2 ** (bucket - 1))
      expect(found).toBeLessThanOrEqual(2 ** bucket)
      expect(totalOf(histogram)).toBe(milliseconds.length)
    }),
  )
})

it('nothing has no quantile', () => expect(quantileOf(new Map(), 0.5)).toBeUndefined())
