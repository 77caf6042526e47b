/**
 * The control record: what the whole runner must know, read once by each tick. Sweeper and operators write it.
 *
 * Its attributes are maps by queue, so that two operators who change two queues never conflict. Reserved for what comes:
 * `schedules` (hash and count), `timeZones`, `paused`, `concurrency`, `window`, `behind`.
 */
import type { RecordChange } from './change.ts'
import { isEntries } from './change.ts'
import { controlKey } from './keys.ts'
import type { StoredRecord } from './record.ts'

export interface Control {
  /**
   * Queue → the highest number of shards that it ever had. A job keeps the shard it was born with, so a number that was
   * lowered must not hide it.
   */
  readonly shards: ReadonlyMap<string, number>
}

/** Reads whatever the record holds; an entry that is no number counts as absent. */
export function controlFrom(record: StoredRecord | undefined): Control {
  const shards = record?.attributes['shards']
  const entries = shards === undefined || !isEntries(shards) ? [] : Object.entries(shards)
  return {
    shards: new Map(entries.flatMap(([queue, count]) => (Number.isSafeInteger(count) ? [[queue, Number(count)]] : []))),
  }
}

/** The first control record there is. */
export const newControl = (shards: ReadonlyMap<string, number>): StoredRecord => ({
  ...controlKey,
  attributes: { shards: Object.fromEntries(shards) },
})

/** Raises the number of shards of these queues, unless one of them is as high by now. */
export function raiseShardsIfLower(
  record: StoredRecord,
  [first, ...rest]: readonly [Raise, ...(readonly Raise[])],
): RecordChange {
  const name = 'raiseShardsIfLower'
  if (!isEntries(record.attributes['shards'] ?? 0)) {
    // Somebody's edit: without its map, an entry cannot be written.
    const shards = Object.fromEntries([first, ...rest])
    return { name, guard: [], actions: [{ op: 'set', attribute: 'shards', value: shards }] }
  }
  const entry = ([queue, count]: Raise) => ({ op: 'setEntry', attribute: 'shards', key: queue, value: count }) as const
  return {
    name,
    guard: [first, ...rest].map(([key, value]) => ({ attribute: 'shards', key, op: '<', value, orAbsent: true })),
    actions: [entry(first), ...rest.map(entry)],
  }
}

export type Raise = readonly [queue: string, count: number]
