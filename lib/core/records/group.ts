/**
 * Groups: jobs that somebody waits for, as sets of numbers. Who sees that a child has ended takes its number out; a set that
 * is emptied is gone, and goes out of the root's. Taken out twice a number changes nothing, so nothing is counted.
 */
import type { GroupName } from '../job/parent.ts'
import type { RecordChange } from './change.ts'
import { groupChunkKey, groupKey } from './keys.ts'
import type { RecordKey, StoredRecord } from './record.ts'

/** Numbers in one record: with its key it stays below 1 KB, a write unit. */
const chunkSize = 256

const dayMs = 86_400_000
/** As long as cells: longer than the longest workflow. */
const keptMs = 400 * dayMs

/** What the root of a group says. */
export interface Group {
  readonly of: number
  readonly madeAt: number
  /** Its children end with whoever waits for them. */
  readonly isBound: boolean
  /** Chunks with children that nobody has seen to end. Empty: all have ended. */
  readonly open: readonly number[]
}

export interface NewGroup {
  readonly of: number
  readonly madeAt: number
  readonly isBound: boolean
  /** For how long the job that waits is kept after its end. */
  readonly keepMs: number
}

export const keyOfGroup = (group: GroupName): RecordKey => groupKey(group, group.generation, group.name)
export const keyOfChunk = (group: GroupName, chunk: number): RecordKey =>
  groupChunkKey(group, group.generation, group.name, chunk)

export const chunkOf = (index: number): number => Math.floor(index / chunkSize)

const upTo = (count: number, from = 0): readonly number[] => Array.from({ length: count }, (_, index) => from + index)

/** Root and chunks of a new group: put before its first child, or a child could end unseen. */
export function groupRecords(group: GroupName, made: NewGroup): readonly StoredRecord[] {
  const { of, madeAt, isBound, keepMs } = made
  const ttl = Math.ceil((madeAt + keptMs + keepMs) / 1_000)
  const chunks = upTo(Math.ceil(of / chunkSize))
  const root = {
    ...keyOfGroup(group),
    attributes: { name: group.name, of, madeAt, ...(isBound ? { bound: 1 } : {}), pending: new Set(chunks), ttl },
  }
  return [
    root,
    ...chunks.map(chunk => ({
      ...keyOfChunk(group, chunk),
      attributes: {
        pending: new Set(upTo(Math.min(chunkSize, of - chunk * chunkSize), chunk * chunkSize)),
        ttl,
      },
    })),
  ]
}

/** Undefined for a record that is no root. */
export function groupFrom(record: StoredRecord | undefined): Group | undefined {
  const { of, madeAt, bound } = record?.attributes ?? {}
  if (record === undefined || typeof of !== 'number' || typeof madeAt !== 'number') return undefined
  return { of, madeAt, isBound: bound !== undefined, open: pendingIn(record) }
}

/** The name of the group whose root this is; undefined for a chunk. */
export function nameOfRoot({ attributes }: StoredRecord): string | undefined {
  const { name, of } = attributes
  return typeof name === 'string' && typeof of === 'number' ? name : undefined
}

/** What is left in a root or in a chunk. */
export function pendingIn(record: StoredRecord | undefined): readonly number[] {
  const pending = record?.attributes['pending']
  return pending instanceof Set ? [...(pending as ReadonlySet<number>)].toSorted((a, b) => a - b) : []
}

/** Takes numbers out of a root or a chunk; refused where there is none. */
export const takeOut = (numbers: readonly number[]): RecordChange => ({
  name: 'takeOut',
  guard: [],
  actions: [{ op: 'deleteNumbers', attribute: 'pending', numbers }],
})

const hourMs = 3_600_000

/**
 * When whoever waits looks for itself, should nobody wake it: an hour after the group was made, then each time it has waited
 * as long again, and each day.
 */
export const nextLook = (madeAt: number, now: number): number =>
  now + Math.min(24 * hourMs, Math.max(hourMs, now - madeAt))
