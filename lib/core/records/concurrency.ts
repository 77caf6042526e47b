/**
 * Concurrency of queues, set at run time: as it stands in the control record, over what the code says. It holds until
 * somebody resets it, or a deploy changes the code's own number.
 */
import { integerIn } from '../values/check-options.ts'
import { isEntries, type RecordChange } from './change.ts'
import type { StoredRecord } from './record.ts'

export interface ConcurrencyOverride {
  /** Batches at the same time, 2 to 1,000. */
  readonly value: number
  /** What the code said when it was set. */
  readonly code: number
  readonly at: number
  readonly by: string
  /** It was reset: the entry goes once the mapping has the code's number again. */
  readonly isOver: boolean
}

export type Overrides = ReadonlyMap<string, ConcurrencyOverride>

/** Lambda's own limits of a mapping. docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html */
export const [leastConcurrency, mostConcurrency] = [2, 1_000]

/** @throws InvalidInput */
export const concurrencyIn = (field: string, value: unknown): number =>
  integerIn(field, value, leastConcurrency, mostConcurrency)

/** Reads whatever the record holds; an entry that is no override counts as absent. */
export function overridesFrom(record: StoredRecord | undefined): Overrides {
  const map = record?.attributes['concurrency']
  if (map === undefined || !isEntries(map)) return new Map()
  return new Map(
    Object.entries(map).flatMap(([queue, entry]) => {
      if (typeof entry !== 'object') return []
      const { value, code, at, by, over } = entry
      if (typeof value !== 'number' || typeof code !== 'number' || typeof at !== 'number') return []
      const who = typeof by === 'string' ? by : 'unknown'
      return [[queue, { value, code, at, by: who, isOver: over === 1 }] as const]
    }),
  )
}

type SetChange = Extract<RecordChange, { readonly actions: unknown }>

/** @param record the control record as it was read */
export function overrideIfSeen(record: StoredRecord, queue: string, override: ConcurrencyOverride): SetChange {
  const { isOver, ...fields } = override
  const value = { ...fields, ...(isOver ? { over: 1 } : {}) }
  const map = record.attributes['concurrency']
  const hasMap = map !== undefined && isEntries(map)
  return {
    name: 'overrideIfSeen',
    guard: [...(hasMap ? [] : [{ attribute: 'concurrency', op: 'absent' } as const]), asSeen(record, queue)],
    actions: [
      hasMap
        ? { op: 'setEntry', attribute: 'concurrency', key: queue, value }
        : { op: 'set', attribute: 'concurrency', value: { [queue]: value } },
    ],
  }
}

/** Nothing holds for the queue any more. */
export const forgetOverrideIfSeen = (record: StoredRecord, queue: string): SetChange => ({
  name: 'forgetOverrideIfSeen',
  guard: [asSeen(record, queue)],
  actions: [{ op: 'removeEntry', attribute: 'concurrency', key: queue }],
})

function asSeen(record: StoredRecord, queue: string) {
  const seen = overridesFrom(record).get(queue)
  return seen === undefined
    ? ({ attribute: 'concurrency', key: queue, op: 'absent' } as const)
    : ({ attribute: 'concurrency', key: queue, field: 'at', op: '=', value: seen.at } as const)
}
