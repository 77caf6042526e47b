/**
 * Pauses of queues, as they stand in the control record: the flag there alone carries a pause. A paused queue takes new
 * jobs and starts none. States stay as they are: a pause is the queue's, not its jobs'.
 */
import { isEntries, type RecordChange } from './change.ts'
import type { StoredRecord } from './record.ts'

export interface Pause {
  /** Since when, epoch milliseconds. */
  readonly at: number
  /** When it ends by itself. Absent: somebody must resume the queue. */
  readonly until?: number
  readonly by: string
  readonly why?: string
}

export interface Pauses {
  readonly paused: ReadonlyMap<string, Pause>
  /** Queue → when it was resumed last. */
  readonly resumedAt: ReadonlyMap<string, number>
}

export const noPauses: Pauses = { paused: new Map(), resumedAt: new Map() }

/** How long a message of a paused queue waits before somebody looks again, in milliseconds. A receive costs a request. */
export const pausedWaitMs = 300_000

/**
 * How long a resumed queue has to work off what was due in its pause, before that counts as late or forgotten.
 */
const afterResumeMs = 3_600_000

/** Reads whatever the record holds; an entry without a time is no pause. */
export function pausesFrom(record: StoredRecord | undefined): Pauses {
  return {
    paused: new Map(
      entriesOf(record, 'paused').flatMap(([queue, { at, until, by, why }]) =>
        typeof at === 'number'
          ? [
              [
                queue,
                {
                  at,
                  ...(typeof until === 'number' ? { until } : {}),
                  by: typeof by === 'string' ? by : 'unknown',
                  ...(typeof why === 'string' ? { why } : {}),
                },
              ] as const,
            ]
          : [],
      ),
    ),
    resumedAt: new Map(
      entriesOf(record, 'resumed').flatMap(([queue, { at }]) => (typeof at === 'number' ? [[queue, at] as const] : [])),
    ),
  }
}

type Field = Readonly<Record<string, unknown>>

function entriesOf(record: StoredRecord | undefined, attribute: string): readonly (readonly [string, Field])[] {
  const map = record?.attributes[attribute]
  if (map === undefined || !isEntries(map)) return []
  return Object.entries(map).flatMap(([queue, fields]) =>
    typeof fields === 'object' ? [[queue, fields] as const] : [],
  )
}

/** The pause of a queue that holds now. One whose time is over holds no longer, whether or not a tick has removed it. */
export function pauseOf({ paused }: Pauses, queue: string, now: number): Pause | undefined {
  const pause = paused.get(queue)
  return pause === undefined || (pause.until !== undefined && pause.until <= now) ? undefined : pause
}

/** When the queue began to work again, if that is less than so long ago. @default an hour */
export function resumedWithin(pauses: Pauses, queue: string, now: number, withinMs = afterResumeMs): boolean {
  const pause = pauses.paused.get(queue)
  const at = Math.max(pauses.resumedAt.get(queue) ?? 0, pause?.until ?? 0)
  return at <= now && now - at < withinMs
}

type SetChange = Extract<RecordChange, { readonly actions: unknown }>

/** The entry itself, or a map that holds nothing else where there is none. */
const entryIn = (
  record: StoredRecord,
  attribute: string,
  queue: string,
  value: Readonly<Record<string, string | number>>,
) => {
  const map = record.attributes[attribute]
  return map !== undefined && isEntries(map)
    ? ({ op: 'setEntry', attribute, key: queue, value } as const)
    : ({ op: 'set', attribute, value: { [queue]: value } } as const)
}

/** Nobody made the map in the meantime, where this change makes it. */
const mapAsSeen = (record: StoredRecord, attribute: string) =>
  record.attributes[attribute] === undefined ? [{ attribute, op: 'absent' } as const] : []

/** @param record the control record as it was read; it has no pause of this queue that holds */
export function pauseIfSeen(record: StoredRecord, queue: string, pause: Pause): SetChange {
  const seen = pausesFrom(record).paused.get(queue)
  return {
    name: 'pauseIfSeen',
    guard: [
      ...mapAsSeen(record, 'paused'),
      seen === undefined
        ? ({ attribute: 'paused', key: queue, op: 'absent' } as const)
        : ({ attribute: 'paused', key: queue, field: 'at', op: '=', value: seen.at } as const),
    ],
    actions: [entryIn(record, 'paused', queue, { ...pause })],
  }
}

/** @param at when it was resumed: now, or when its pause ended by itself */
export function resumeIfSeen(record: StoredRecord, queue: string, seen: Pause, at: number): SetChange {
  return {
    name: 'resumeIfSeen',
    guard: [...mapAsSeen(record, 'resumed'), { attribute: 'paused', key: queue, field: 'at', op: '=', value: seen.at }],
    actions: [{ op: 'removeEntry', attribute: 'paused', key: queue }, entryIn(record, 'resumed', queue, { at })],
  }
}
