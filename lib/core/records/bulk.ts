/** What a bulk act or a backfill has done so far, as a record: its job carries it on from there after a crash. */
import { fromJsonText } from '../values/json.ts'
import type { RecordAction, RecordChange } from './change.ts'
import { bulkKey } from './keys.ts'
import type { RecordAttributes, RecordValue, StoredRecord } from './record.ts'

/** Kinds of what can be done with many jobs, and the backfill of a schedule. */
export const bulkKinds = ['retry', 'cancel', 'delete', 'run', 'reschedule', 'backfill'] as const
export type BulkKind = (typeof bulkKinds)[number]

export interface BulkCounts {
  /** Jobs that the filter found; of a backfill, occurrences. */
  readonly matched: number
  readonly done: number
  /** Moved before their turn came: by this act before a crash, or by somebody else. */
  readonly already: number
  /** Deleted before their turn came. */
  readonly gone: number
  /** Why → how many. */
  readonly refused: Readonly<Record<string, number>>
}

export interface Bulk extends BulkCounts {
  /** Of its job. */
  readonly id: string
  readonly kind: BulkKind
  /** What was asked for, as JSON. */
  readonly request: string
  readonly madeAt: number
  /** Where the next page begins; absent before the first. */
  readonly cursor?: string
  /** Jobs of the page in hand that are still to be acted on. */
  readonly pending: readonly string[]
  /** The first ids that were refused, at most `maxRefusedIds`. */
  readonly refusedIds: readonly string[]
  /** Absent while there is more to do. */
  readonly endedAt?: number
  /** One more with each write. */
  readonly version: number
  /** Epoch seconds. */
  readonly ttl: number
}

/** Without what a run needs to go on. */
export const countsOf = ({ matched, done, already, gone, refused }: Bulk): BulkCounts => ({
  matched,
  done,
  already,
  gone,
  refused,
})

/** So many refused ids are kept: the record must stay small. */
export const maxRefusedIds = 50

function attributesOfBulk(bulk: Bulk): RecordAttributes {
  const { id: _, pending, refusedIds, refused, ...rest } = bulk
  return {
    ...rest,
    pending: JSON.stringify(pending),
    refusedIds: JSON.stringify(refusedIds),
    refused: JSON.stringify(refused),
  }
}

export const recordOfBulk = (bulk: Bulk): StoredRecord => ({ ...bulkKey(bulk.id), attributes: attributesOfBulk(bulk) })

/** Undefined for a record that is in no shape of ours. */
export function bulkFrom({ part, attributes }: StoredRecord): Bulk | undefined {
  const { kind, request, madeAt, endedAt, cursor, version, ttl } = attributes
  if (!bulkKinds.includes(kind as BulkKind) || typeof request !== 'string') return undefined
  if (typeof madeAt !== 'number' || typeof version !== 'number') return undefined
  return {
    id: part,
    kind: kind as BulkKind,
    request,
    madeAt,
    version,
    ttl: numberOf(ttl),
    matched: numberOf(attributes['matched']),
    done: numberOf(attributes['done']),
    already: numberOf(attributes['already']),
    gone: numberOf(attributes['gone']),
    pending: listOf(attributes['pending']),
    refusedIds: listOf(attributes['refusedIds']),
    refused: refusedFrom(attributes['refused']),
    ...(typeof cursor === 'string' ? { cursor } : {}),
    ...(typeof endedAt === 'number' ? { endedAt } : {}),
  }
}

const numberOf = (value: RecordValue | undefined): number => (typeof value === 'number' ? value : 0)

function parsed(value: RecordValue | undefined): unknown {
  if (typeof value !== 'string') return undefined
  try {
    return fromJsonText(value)
  } catch {
    return undefined
  }
}

function listOf(value: RecordValue | undefined): readonly string[] {
  const list = parsed(value)
  return Array.isArray(list) ? list.filter(one => typeof one === 'string') : []
}

function refusedFrom(value: RecordValue | undefined): Readonly<Record<string, number>> {
  const counts = parsed(value)
  if (typeof counts !== 'object' || counts === null || Array.isArray(counts)) return {}
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => typeof count === 'number'))
}

/** Of two runs of one job that overlap, one writes. `after.version` must be one more. */
export function saveBulkIfSeen(before: Bulk, after: Bulk): RecordChange {
  const attributes = attributesOfBulk(after)
  const isCursorGone = before.cursor !== undefined && after.cursor === undefined
  const actions: RecordAction[] = Object.entries(attributes).map(([attribute, value]) => ({
    op: 'set',
    attribute,
    value,
  }))
  if (isCursorGone) actions.push({ op: 'remove', attribute: 'cursor' })
  return {
    name: 'saveBulkIfSeen',
    guard: [{ attribute: 'version', op: '=', value: before.version }],
    actions: actions as [RecordAction, ...RecordAction[]],
  }
}
