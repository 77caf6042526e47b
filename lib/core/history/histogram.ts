/** How long things took, in buckets that double: bucket 0 is below 1 ms, bucket k is 2^(k−1) up to 2^k ms. */

/** Bucket → how many. */
export type Histogram = ReadonlyMap<number, number>

/** 2^39 ms are 17 years. */
const lastBucket = 40

export const bucketOf = (milliseconds: number): number =>
  milliseconds < 1 ? 0 : Math.min(lastBucket, Math.floor(Math.log2(milliseconds)) + 1)

const lowerBound = (bucket: number): number => (bucket === 0 ? 0 : 2 ** (bucket - 1))
const upperBound = (bucket: number): number => 2 ** bucket

export const totalOf = (histogram: Histogram): number => [...histogram.values()].reduce((sum, count) => sum + count, 0)

export function sumOf(histograms: readonly Histogram[]): Histogram {
  const sum = new Map<number, number>()
  for (const one of histograms) for (const [bucket, count] of one) sum.set(bucket, (sum.get(bucket) ?? 0) + count)
  return sum
}

/**
 * The milliseconds below which this fraction of the values lies, interpolated within its bucket: never further off than
 * the bucket is wide.
 * @param fraction 0 to 1, such as 0.95
 * @returns undefined for an empty histogram
 */
export function quantileOf(histogram: Histogram, fraction: number): number | undefined {
  const total = totalOf(histogram)
  if (total === 0) return undefined
  const wanted = Math.min(1, Math.max(0, fraction)) * total
  let below = 0
  const buckets = [...histogram].filter(([, count]) => count > 0).toSorted(([a], [b]) => a - b)
  for (const [bucket, count] of buckets) {
    if (below + count >= wanted) {
      const share = (wanted - below) / count
      return lowerBound(bucket) + share * (upperBound(bucket) - lowerBound(bucket))
    }
    below += count
  }
  return upperBound(buckets.at(-1)?.[0] ?? 0)
}
