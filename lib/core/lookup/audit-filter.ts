/** What the audit is asked for: its filter, where a page starts, and the days that it walks back over. */
import { createHash } from 'node:crypto'
import { type AuditEntry, auditKeptMs, maxActorLength } from '../records/audit.ts'
import { integerIn, objectIn, refuseUnknownKeys } from '../values/check-options.ts'
import { InvalidInput } from '../values/errors.ts'
import { formatInstant, instantOf, parseInstant } from '../values/instant.ts'

export interface AuditOptions {
  /** A Date or ISO 8601 text with a zone. Acts are kept for 90 days. @default a week before `to` */
  readonly from?: string | Date
  /** @default now */
  readonly to?: string | Date
  readonly job?: string
  readonly queue?: string
  readonly schedule?: string
  readonly actor?: string
  /** 1 to 100. @default 50 */
  readonly limit?: number
  /** The `next` of the page before. */
  readonly cursor?: string
}

const filterNames = ['job', 'queue', 'schedule', 'actor'] as const
type Filter = Partial<Record<(typeof filterNames)[number], string>>

const weekMs = 7 * 86_400_000
const dayMs = 86_400_000

/** An instant of the day that holds the last part before this one: a part at midnight itself is of the day before. */
export const dayBefore = (part: string): number =>
  (parseInstant(part.slice(0, instantLength)) ?? 0) - (isBare(part) ? 1 : 0)
const instantLength = '2026-11-22T10:00:00.000Z'.length
const isBare = (part: string): boolean => part.length === instantLength
export const midnightOf = (at: number): string => formatInstant(Math.floor(at / dayMs) * dayMs)

export const matches = (entry: AuditEntry, filter: Filter): boolean =>
  filterNames.every(name => filter[name] === undefined || filter[name] === entry[name])

export interface AuditAsked {
  readonly filter: Filter
  /** Parts below this one are not shown. */
  readonly first: string
  /** Where to begin; excluded. */
  readonly start: string
  readonly limit: number
  readonly hash: string
}

/** @throws InvalidInput */
export function auditAsked(options: AuditOptions, now: number): AuditAsked {
  objectIn('options', options)
  refuseUnknownKeys('options', options, ['from', 'to', ...filterNames, 'limit', 'cursor'])
  const until = instantIn('to', options.to) ?? now
  const since = instantIn('from', options.from) ?? until - weekMs
  if (since > until) throw new InvalidInput('from', options.from, 'an instant before to')
  const filter = Object.fromEntries(
    filterNames.flatMap(name => (options[name] === undefined ? [] : [[name, nameIn(name, options[name])]])),
  )
  const hash = hashOf([options.from, options.to, filter])
  return {
    filter,
    first: formatInstant(Math.max(since, now - auditKeptMs)),
    start: options.cursor === undefined ? formatInstant(Math.min(until, now) + 1) : partOf(hash, options.cursor),
    limit: integerIn('limit', options.limit ?? 50, 1, 100),
    hash,
  }
}

const instantRule = 'a Date or ISO 8601 text with a zone, such as 2027-01-31T09:00:00Z'

function instantIn(field: string, given: unknown): number | undefined {
  if (given === undefined) return undefined
  const at = instantOf(given)
  if (at === undefined) throw new InvalidInput(field, given, instantRule)
  return at
}

function nameIn(field: string, given: unknown): string {
  if (typeof given === 'string' && given !== '' && given.length <= maxActorLength) return given
  throw new InvalidInput(field, given, `text of 1 to ${maxActorLength} characters`)
}

const hashOf = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 12)

export const cursorOf = (hash: string, part: string): string =>
  Buffer.from(JSON.stringify([hash, part])).toString('base64url')

const cursorRule = 'what a page with the same options gave as `next`'
const partForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z(?:#[\w%-]{1,64})?$/

/** @throws InvalidInput */
function partOf(hash: string, cursor: unknown): string {
  const [given, part] = cursorValues(cursor)
  const isPart =
    typeof part === 'string' && partForm.test(part) && parseInstant(part.slice(0, instantLength)) !== undefined
  if (!isPart || typeof given !== 'string') throw new InvalidInput('cursor', cursor, cursorRule)
  if (given !== hash) throw new InvalidInput('cursor', cursor, cursorRule, 'belongs to a list with other options')
  return part
}

function cursorValues(cursor: unknown): readonly unknown[] {
  if (typeof cursor !== 'string' || cursor.length > 400) return []
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}
