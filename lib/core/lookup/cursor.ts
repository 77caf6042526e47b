/**
 * Where the next page of a list starts: the last row that was looked at. It names its lane only to be compared: which
 * lanes are read follows from the filter, so a forged cursor can show nothing that its caller could not ask for.
 */
import { createHash } from 'node:crypto'
import { InvalidInput } from '../values/errors.ts'
import { isPlain, lastInstant } from '../values/instant.ts'
import { parsedList } from '../values/json.ts'
import type { JobFilter } from './job-filter.ts'

export interface ListPlace {
  readonly lookAt: number
  readonly lane: string
  readonly id: string
}

const version = 1
const hashLength = 12
/** Four times what a cursor of ours takes at most: an id of 2 KB. */
const maxCursorLength = 12_000
const allowed = 'what a page with the same options gave as `next`'

/** The options under which a cursor holds: all but page size. */
export function filterHash(filter: JobFilter): string {
  const entries = Object.entries(filter).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256').update(JSON.stringify(entries)).digest('base64url').slice(0, hashLength)
}

export const cursorText = (filter: JobFilter, { lookAt, lane, id }: ListPlace): string =>
  Buffer.from(JSON.stringify([version, filterHash(filter), lookAt, lane, id])).toString('base64url')

/** @throws InvalidInput for a cursor that no page with this filter gave */
export function placeFrom(filter: JobFilter, cursor: unknown): ListPlace {
  const [given, hash, lookAt, lane, id, ...rest] = valuesIn(cursor)
  const isOurs = given === version && rest.length === 0 && typeof hash === 'string'
  if (!isOurs || typeof lane !== 'string' || typeof id !== 'string' || id === '') throw refused(cursor)
  if (!Number.isSafeInteger(lookAt) || Number(lookAt) < 0 || Number(lookAt) > lastInstant) throw refused(cursor)
  if (hash !== filterHash(filter)) {
    throw new InvalidInput('cursor', cursor, allowed, 'belongs to a list with other options')
  }
  return { lookAt: Number(lookAt), lane, id }
}

const refused = (cursor: unknown): InvalidInput => new InvalidInput('cursor', cursor, allowed)

function valuesIn(cursor: unknown): readonly unknown[] {
  if (typeof cursor !== 'string' || cursor.length > maxCursorLength || !/^[\w-]+$/.test(cursor)) return []
  return parsedList(Buffer.from(cursor, 'base64url').toString())
}

/** Where a page over the lanes of records starts: a lane by its number, and in it the row after which it goes on. */
export interface LanePlace {
  readonly lane: number
  readonly from?: string
}

/** A row of a lane, as a page's `next` names it. */
export interface PlacedRow {
  readonly id: string
  readonly part: string
}

export function placeAfterPage({ lane }: LanePlace, next: string | undefined, lanes: number): LanePlace | undefined {
  if (next !== undefined) return { lane, from: next }
  return lane + 1 < lanes ? { lane: lane + 1 } : undefined
}

export const lanePlaceText = ({ lane, from }: LanePlace): string =>
  Buffer.from(JSON.stringify(from === undefined ? [lane] : [lane, from])).toString('base64url')

/**
 * @param isRow whether the lane can hold such a row: a store must not be asked for another
 * @throws InvalidInput
 */
export function lanePlaceFrom(
  cursor: unknown,
  lanes: number,
  isRow: (lane: number, row: PlacedRow) => boolean,
): LanePlace {
  const [lane, from, ...more] = valuesIn(cursor)
  const isLane = typeof lane === 'number' && Number.isInteger(lane) && lane >= 0 && lane < lanes
  if (!isLane || more.length > 0) throw new InvalidInput('cursor', cursor, ofAPage)
  if (from === undefined) return { lane }
  if (typeof from === 'string') {
    const [lookAt, id, part, ...rest] = parsedList(from)
    const isWhole = typeof lookAt === 'string' && isPlain(lookAt) && rest.length === 0
    if (isWhole && typeof id === 'string' && typeof part === 'string' && isRow(lane, { id, part })) {
      return { lane, from }
    }
  }
  throw new InvalidInput('cursor', cursor, ofAPage)
}

const ofAPage = 'what a page gave as `next`'
