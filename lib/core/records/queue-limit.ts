/**
 * Limits of queues, set at run time: as they stand in the control record, over what the code says. One holds until somebody
 * takes it away; a deploy changes nothing about it.
 */
import type { Limit } from '../definition/contract.ts'
import { queueLimitIn } from '../definition/limit.ts'
import { isEntries, type RecordChange } from './change.ts'
import type { Fields, RecordValue, StoredRecord } from './record.ts'

export interface QueueLimit {
  readonly limit: Limit
  /** Since when, epoch milliseconds. */
  readonly at: number
  readonly by: string
}

export type QueueLimits = ReadonlyMap<string, QueueLimit>

const attribute = 'limits'

/** Reads whatever the record holds; an entry that allows nothing sound counts as absent. */
export function limitsFrom(record: StoredRecord | undefined): QueueLimits {
  const map = record?.attributes[attribute]
  if (map === undefined || !isEntries(map)) return new Map()
  return new Map(
    Object.entries(map).flatMap(([queue, entry]) => {
      if (typeof entry !== 'object') return []
      const limit = limitFrom(entry)
      if (limit === undefined || typeof entry['at'] !== 'number') return []
      const by = typeof entry['by'] === 'string' ? entry['by'] : 'unknown'
      return [[queue, { limit, at: entry['at'], by }] as const]
    }),
  )
}

/** What somebody's edit made of it may be out of range. */
function limitFrom({ concurrency, count, per, burst }: Fields): Limit | undefined {
  const rate = count === undefined ? {} : { rate: { count, per, ...(burst === undefined ? {} : { burst }) } }
  try {
    return queueLimitIn('limit', { ...(concurrency === undefined ? {} : { concurrency }), ...rate } as Limit)
  } catch {
    return undefined
  }
}

type SetChange = Extract<RecordChange, { readonly actions: unknown }>

/** @param record the control record as it was read */
export function limitIfSeen(record: StoredRecord, queue: string, { limit, at, by }: QueueLimit): SetChange {
  const { concurrency, rate } = limit
  const value = {
    at,
    by,
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(rate === undefined ? {} : { count: rate.count, per: rate.per }),
    ...(rate?.burst === undefined ? {} : { burst: rate.burst }),
  }
  const [limits, gates] = [record.attributes[attribute], record.attributes['gates']]
  const [hasLimits, hasGates] = [isMap(limits), isMap(gates)]
  return {
    name: 'limitIfSeen',
    guard: [
      ...(hasLimits ? [] : [{ attribute, op: 'absent' } as const]),
      ...(hasGates ? [] : [{ attribute: 'gates', op: 'absent' } as const]),
      asSeen(record, queue),
    ],
    actions: [
      hasLimits
        ? { op: 'setEntry', attribute, key: queue, value }
        : { op: 'set', attribute, value: { [queue]: value } },
      // The ticks look at gates of these queues, also once the limit is gone: jobs may still be in line.
      hasGates
        ? { op: 'setEntry', attribute: 'gates', key: queue, value: 1 }
        : { op: 'set', attribute: 'gates', value: { [queue]: 1 } },
    ],
  }
}

const isMap = (value: RecordValue | undefined): boolean => value !== undefined && isEntries(value)

/** What the code says holds again. */
export const unlimitIfSeen = (record: StoredRecord, queue: string): SetChange => ({
  name: 'unlimitIfSeen',
  guard: [asSeen(record, queue)],
  actions: [{ op: 'removeEntry', attribute, key: queue }],
})

function asSeen(record: StoredRecord, queue: string) {
  const seen = limitsFrom(record).get(queue)
  return seen === undefined
    ? ({ attribute, key: queue, op: 'absent' } as const)
    : ({ attribute, key: queue, field: 'at', op: '=', value: seen.at } as const)
}
