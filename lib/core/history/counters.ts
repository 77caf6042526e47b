/** Counters of a derived record: attributes `<type>:<name>`, changed by an amount, so that two shards never conflict. */
import type { RecordAction } from '../records/change.ts'
import type { RecordAttributes } from '../records/record.ts'
import { countedName } from './job-change.ts'

/** Amounts by attribute. */
export class Tally {
  readonly #amounts = new Map<string, number>()

  /** @param type of a job; a name that is too long for a counter counts under another */
  count(type: string, name: string, amount = 1): void {
    const attribute = `${countedName(type)}:${name}`
    this.#amounts.set(attribute, (this.#amounts.get(attribute) ?? 0) + amount)
  }

  actions(): readonly RecordAction[] {
    return [...this.#amounts].flatMap(([attribute, amount]) =>
      amount === 0 ? [] : [{ op: 'add', attribute, amount } as const],
    )
  }
}

/** Type → name → number. Attributes of another form, and names that are not asked for, are passed over. */
export function countersOf(
  attributes: RecordAttributes,
  isName: (name: string) => boolean,
): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const types = new Map<string, Map<string, number>>()
  for (const [attribute, value] of Object.entries(attributes)) {
    // A type may hold a colon, a counter's name never does.
    const colon = attribute.lastIndexOf(':')
    const [type, name] = [attribute.slice(0, colon), attribute.slice(colon + 1)]
    if (colon < 1 || typeof value !== 'number' || !isName(name)) continue
    const counters = types.get(type) ?? new Map<string, number>()
    types.set(type, counters.set(name, value))
  }
  return types
}

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
