/** Runs of one type that failed alike: same error name, same message but for numbers, ids and quoted texts. */
import { whyOf } from '../job/why.ts'
import type { RecordAction } from '../records/change.ts'
import { isEntries } from '../records/change.ts'
import { errorGroupKey } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import { formatInstant, parseInstant } from '../values/instant.ts'
import { groupBy } from '../values/lists.ts'
import type { Derivation } from './derivation.ts'
import { countedName, endedRunOf, enteredState, type JobChange } from './job-change.ts'
import { storedError, topFrameOf } from './stored-error.ts'

/** Ids that a group keeps. */
const maxIds = 5
/** Hours whose counts a group keeps: enough for a curve of two days, and for one write unit. */
const maxHours = 48
const hourMs = 3_600_000
const keepMs = 30 * 24 * hourMs
const maxMessageLength = 256
const hourLength = '2026-11-22T10'.length

interface Failure {
  readonly change: JobChange
  readonly queue: string
  readonly type: string
  readonly why: string
}

/** A run that failed, or a job that failed without one: both left an error in the item. */
function failureOf(change: JobChange): Failure | undefined {
  const { after } = change
  if (after?.error === undefined) return undefined
  const isRetried = endedRunOf(change)?.outcome === 'retried'
  if (!isRetried && enteredState(change) !== 'FAILED') return undefined
  const why = after.state === 'FAILED' ? (after.why ?? whyOf(after.error)) : whyOf(after.error)
  return { change, queue: countedName(after.queue), type: countedName(after.type), why }
}

/** One for each queue, type and error. */
export function errorDerivations(changes: readonly JobChange[]): readonly Derivation[] {
  const failures = changes.flatMap(change => failureOf(change) ?? [])
  const groups = groupBy(failures, ({ queue, type, why }) => JSON.stringify([queue, type, why]))
  return [...groups.values()].flatMap(some => {
    const [first] = some
    if (first === undefined) return []
    return [
      {
        key: errorGroupKey(first.queue, first.type, first.why),
        changes: some.map(({ change }) => change),
        actions: (record: StoredRecord | undefined, fresh: readonly JobChange[]) => groupActions(record, first, fresh),
      },
    ]
  })
}

function groupActions(
  record: StoredRecord | undefined,
  { type, why }: Failure,
  changes: readonly JobChange[],
): readonly RecordAction[] {
  const lastAt = Math.max(...changes.map(({ at }) => at))
  const firstAt = Math.min(...changes.map(({ at }) => at))
  const jobs = changes.flatMap(({ after }) => after ?? [])
  const failed = jobs.filter(({ state }) => state === 'FAILED')
  const error = storedError((failed.at(-1) ?? jobs.at(-1))?.error ?? '')
  const frame = topFrameOf(error.stack)
  const isKnown = typeof record?.attributes['firstAt'] === 'number'
  const hours = groupBy(changes, ({ at }) => `h:${formatInstant(at).slice(0, hourLength)}`)
  return [
    ...add('count', changes.length),
    ...add('jobsFailed', failed.length),
    ...[...hours].flatMap(([hour, some]) => add(hour, some.length)),
    ...oldHours(record, lastAt, new Set(hours.keys())),
    set('type', type),
    set('why', why),
    set('name', error.name),
    set('message', error.message.slice(0, maxMessageLength).toWellFormed()),
    ...(isKnown ? [] : [set('firstAt', firstAt)]),
    set('lastAt', lastAt),
    ...(frame === undefined ? [] : [set('frame', frame)]),
    { op: 'set', attribute: 'ids', value: lastIds(record, changes) },
    set('ttl', Math.ceil((lastAt + keepMs) / 1_000)),
  ]
}

const add = (attribute: string, amount: number): readonly RecordAction[] =>
  amount === 0 ? [] : [{ op: 'add', attribute, amount }]
const set = (attribute: string, value: string | number): RecordAction => ({ op: 'set', attribute, value })

const hourName = /^h:\d{4}-\d\d-\d\dT\d\d$/

function oldHours(record: StoredRecord | undefined, now: number, used: ReadonlySet<string>): readonly RecordAction[] {
  const oldest = `h:${formatInstant(now - maxHours * hourMs).slice(0, hourLength)}`
  return Object.keys(record?.attributes ?? {})
    .filter(name => hourName.test(name) && name < oldest && !used.has(name))
    .map(attribute => ({ op: 'remove', attribute }))
}

/** Id → when it failed: the latest few. */
function lastIds(record: StoredRecord | undefined, changes: readonly JobChange[]): Readonly<Record<string, number>> {
  const known = idsIn(record)
  const all = new Map([
    ...known,
    ...changes.flatMap(({ after, at }) => (after === undefined ? [] : [[after.id, at] as const])),
  ])
  return Object.fromEntries([...all].toSorted(([, a], [, b]) => b - a).slice(0, maxIds))
}

function idsIn(record: StoredRecord | undefined): readonly (readonly [id: string, at: number])[] {
  const ids = record?.attributes['ids']
  const entries = ids !== undefined && isEntries(ids) ? Object.entries(ids) : []
  return entries.flatMap(([id, at]) => (typeof at === 'number' ? [[id, at] as const] : []))
}

export interface ErrorGroup {
  readonly type: string
  /** As in the item and in the index: name and fingerprint. */
  readonly why: string
  readonly name: string
  /** Of the last failure, its first 256 characters. */
  readonly message: string
  /** Runs that ended so in the last 30 days without a pause of 30 days. */
  readonly count: number
  /** Jobs that ended FAILED with it. */
  readonly jobsFailed: number
  /** Start of the hour → runs that ended so; of the last 48 hours in which it happened. */
  readonly hours: ReadonlyMap<number, number>
  readonly firstAt: number
  readonly lastAt: number
  /** The latest five, the last first. */
  readonly ids: readonly string[]
  /** Where it was thrown; known once a job is FAILED with it. */
  readonly frame: string | undefined
}

/** Undefined for a record that is no group. */
export function errorGroupFrom(record: StoredRecord): ErrorGroup | undefined {
  const { type, why, name, message, count, jobsFailed, firstAt, lastAt, frame } = record.attributes
  if (typeof type !== 'string' || typeof why !== 'string' || typeof lastAt !== 'number') return undefined
  const hours = Object.entries(record.attributes).flatMap(([hour, value]) =>
    hourName.test(hour) && typeof value === 'number'
      ? [[parseInstant(`${hour.slice(2)}:00:00.000Z`) ?? 0, value] as const]
      : [],
  )
  return {
    type,
    why,
    name: typeof name === 'string' ? name : 'Error',
    message: typeof message === 'string' ? message : '',
    count: typeof count === 'number' ? count : 0,
    jobsFailed: typeof jobsFailed === 'number' ? jobsFailed : 0,
    hours: new Map(hours.toSorted(([a], [b]) => a - b)),
    firstAt: typeof firstAt === 'number' ? firstAt : lastAt,
    lastAt,
    ids: idsIn(record)
      .toSorted(([, a], [, b]) => b - a)
      .map(([id]) => id),
    frame: typeof frame === 'string' ? frame : undefined,
  }
}
