/**
 * The control record: what the whole runner must know, read once by each tick. Sweeper and operators write it.
 *
 * Its attributes are maps by queue, so that two operators who change two queues never conflict. Reserved for what comes:
 * `paused`, `concurrency`, `window`, `behind`.
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
  /** Of all schedules that code defines, as they are registered. Absent: none ever was. */
  readonly scheduleHash?: string
  /** Schedules that fire or are paused. Without any, a tick does not look for them. */
  readonly scheduleCount: number
  /** Version of the time zones' data by which schedules were placed, such as `2026c`. */
  readonly timeZones?: string
}

/** Reads whatever the record holds; an entry that is no number counts as absent. */
export function controlFrom(record: StoredRecord | undefined): Control {
  const shards = record?.attributes['shards']
  const entries = shards === undefined || !isEntries(shards) ? [] : Object.entries(shards)
  const { scheduleHash, scheduleCount, timeZones } = record?.attributes ?? {}
  return {
    ...(typeof scheduleHash === 'string' ? { scheduleHash } : {}),
    ...(typeof timeZones === 'string' ? { timeZones } : {}),
    scheduleCount: typeof scheduleCount === 'number' ? scheduleCount : 0,
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

/** Counts schedules that come or go. */
export const countSchedules = (difference: number): RecordChange => ({
  name: 'countSchedules',
  guard: [],
  actions: [{ op: 'add', attribute: 'scheduleCount', amount: difference }],
  makes: true,
})

/** Writes what a registration has done, unless another one was faster. */
export function setIfSeen(
  attribute: 'scheduleHash' | 'timeZones',
  seen: string | undefined,
  value: string,
): RecordChange {
  return {
    name: `set${attribute === 'timeZones' ? 'TimeZones' : 'ScheduleHash'}IfSeen`,
    guard: [seen === undefined ? { attribute, op: 'absent' } : { attribute, op: '=', value: seen }],
    actions: [{ op: 'set', attribute, value }],
    makes: true,
  }
}
