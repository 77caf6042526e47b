/**
 * The control record: what the whole runner must know, read once by each tick. Sweeper and operators write it.
 *
 * Its attributes are maps by queue, so that two operators who change two queues never conflict. Pauses are read in
 * pause.ts, concurrency in concurrency.ts, limits in queue-limit.ts.
 */
import type { RecordChange } from './change.ts'
import { isEntries } from './change.ts'
import { type Overrides, overridesFrom } from './concurrency.ts'
import { controlKey } from './keys.ts'
import { type Pauses, pauseOf, pausesFrom } from './pause.ts'
import { limitsFrom, type QueueLimits } from './queue-limit.ts'
import type { StoredRecord } from './record.ts'

export interface Control extends Pauses {
  /**
   * Queue → the highest number of shards that it ever had. A job keeps the shard it was born with, so a number that was
   * lowered must not hide it.
   */
  readonly shards: ReadonlyMap<string, number>
  /** Queue → its concurrency, where somebody has set it at run time. */
  readonly concurrency: Overrides
  /** Queue → its limit, where somebody has set one at run time. */
  readonly limits: QueueLimits
  /** Queues whose jobs ever had a limit. */
  readonly gates: readonly string[]
  /** Queues that ever had a window. */
  readonly windows: readonly string[]
  /** Of all schedules that code defines, as they are registered. Absent: none ever was. */
  readonly scheduleHash?: string
  /** Schedules that fire or are paused. Without any, a tick does not look for them. */
  readonly scheduleCount: number
  /** Version of the time zones' data by which schedules were placed, such as `2026c`. */
  readonly timeZones?: string
  /** There is an event bus: acts on schedules and queues write their events. Absent: there is none. */
  readonly isPublishing?: true
}

const published = 'events'

/** Reads whatever the record holds; an entry that is no number counts as absent. */
export function controlFrom(record: StoredRecord | undefined): Control {
  const shards = record?.attributes['shards']
  const entries = shards === undefined || !isEntries(shards) ? [] : Object.entries(shards)
  const { scheduleHash, scheduleCount, timeZones, publishes, gates, windows } = record?.attributes ?? {}
  return {
    ...(typeof scheduleHash === 'string' ? { scheduleHash } : {}),
    ...(typeof timeZones === 'string' ? { timeZones } : {}),
    ...(publishes === published ? { isPublishing: true } : {}),
    ...pausesFrom(record),
    concurrency: overridesFrom(record),
    limits: limitsFrom(record),
    gates: gates === undefined || !isEntries(gates) ? [] : Object.keys(gates),
    windows: windows === undefined || !isEntries(windows) ? [] : Object.keys(windows),
    scheduleCount: typeof scheduleCount === 'number' ? scheduleCount : 0,
    shards: new Map(entries.flatMap(([queue, count]) => (Number.isSafeInteger(count) ? [[queue, Number(count)]] : []))),
  }
}

/** Changes whenever somebody pauses, resumes, scales or limits the queue, and when a pause ends by itself. */
export function queueVersionOf(
  control: Pick<Control, 'paused' | 'resumedAt' | 'concurrency' | 'limits'>,
  queue: string,
  now: number,
): string {
  const standing = [pauseOf(control, queue, now), control.concurrency.get(queue), control.limits.get(queue)]
  return standing.map(one => one?.at ?? 0).join('.')
}

/** The first control record there is. */
export const newControl = (shards: ReadonlyMap<string, number>): StoredRecord => ({
  ...controlKey,
  attributes: { shards: Object.fromEntries(shards) },
})

export type Raise = readonly [queue: string, count: number]

/**
 * Raises the number of shards of these queues, unless one of them is as high by now. What somebody's edit left in the
 * place of a number or of the whole map is written over: it must not stop every tick.
 */
export function raiseShardsIfLower(
  record: StoredRecord,
  [first, ...rest]: readonly [Raise, ...(readonly Raise[])],
): Extract<RecordChange, { readonly actions: unknown }> {
  const name = 'raiseShardsIfLower'
  const raises = [first, ...rest]
  const stored = record.attributes['shards']
  if (stored === undefined || !isEntries(stored)) {
    return { name, guard: [], actions: [{ op: 'set', attribute: 'shards', value: Object.fromEntries(raises) }] }
  }
  const isSound = ([queue]: Raise) => !Object.hasOwn(stored, queue) || Number.isSafeInteger(stored[queue])
  const entry = ([queue, count]: Raise) => ({ op: 'setEntry', attribute: 'shards', key: queue, value: count }) as const
  return {
    name,
    guard: raises
      .filter(isSound)
      .map(([key, value]) => ({ attribute: 'shards', key, op: '<', value, orAbsent: true }) as const),
    actions: [entry(first), ...rest.map(entry)],
  }
}

/** Writes down that jobs of a queue have limits, unless another tick was faster. */
export const noteGates = ({ gates }: Control, queue: string): RecordChange => ({
  name: 'noteGates',
  guard: gates.length === 0 ? [{ attribute: 'gates', op: 'absent' }] : [],
  actions: [
    gates.length === 0
      ? { op: 'set', attribute: 'gates', value: { [queue]: 1 } }
      : { op: 'setEntry', attribute: 'gates', key: queue, value: 1 },
  ],
})

/** Writes down that a queue has a window, unless another tick was faster. */
export const noteWindow = ({ windows }: Pick<Control, 'windows'>, queue: string): RecordChange => ({
  name: 'noteWindow',
  guard: windows.length === 0 ? [{ attribute: 'windows', op: 'absent' }] : [],
  actions: [
    windows.length === 0
      ? { op: 'set', attribute: 'windows', value: { [queue]: 1 } }
      : { op: 'setEntry', attribute: 'windows', key: queue, value: 1 },
  ],
})

/** Counts schedules that come or go. */
export const countSchedules = (difference: number): RecordChange => ({
  name: 'countSchedules',
  guard: [],
  actions: [{ op: 'add', attribute: 'scheduleCount', amount: difference }],
  makes: true,
})

/**
 * The same within a registration, whose token stands in the place of the hash: refused once another sweeper has begun
 * one, so that one that stood still cannot write over what a newer one has registered.
 */
export function countIfRegistering(token: string, difference: number): RecordChange {
  const stays = { op: 'set', attribute: 'scheduleHash', value: token } as const
  return {
    name: 'countIfRegistering',
    guard: [{ attribute: 'scheduleHash', op: '=', value: token }],
    actions: difference === 0 ? [stays] : [stays, { op: 'add', attribute: 'scheduleCount', amount: difference }],
  }
}

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

/** Whether there is an event bus. The sweeper writes it down, so that whoever acts knows it without being told. */
export const notePublishing = (isPublishing: boolean): RecordChange => ({
  name: 'notePublishing',
  guard: [],
  actions: [
    isPublishing ? { op: 'set', attribute: 'publishes', value: published } : { op: 'remove', attribute: 'publishes' },
  ],
})
