import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { Job, JobAttribute, RawJob } from '../../core/job/job.ts'
import { formatInstant, isPlain, parseInstant } from '../../core/values/instant.ts'
import type { TimelineRow } from '../../ports/job-store.ts'

/** An item as the SDK reads and writes it. */
export type Item = Record<string, AttributeValue>

/**
 * How an attribute stands in the table. Instants are ISO 8601 UTC with milliseconds, so that people can read them in
 * the console and text sorts as time does. Guards compare the text of a `comparedInstant`: where a console edit spelt the
 * same instant in another way, the job says so (`missing`), and is adopted again (T19), which writes it anew. Of a
 * `reserved` attribute the presence counts, whatever a later release or an edit puts there; `next` is text of ours, if it
 * can be read.
 */
type Kind = 'text' | 'texts' | 'count' | 'number' | 'instant' | 'comparedInstant' | 'indexInstant' | 'reserved'

const kinds: { readonly [K in JobAttribute]: Kind } = {
  id: 'text',
  type: 'text',
  queue: 'text',
  state: 'text',
  input: 'text',
  result: 'text',
  error: 'text',
  why: 'text',
  onFailed: 'text',
  failureOf: 'text',
  priority: 'count',
  tags: 'texts',
  notify: 'text',
  attempt: 'count',
  attemptsLeft: 'count',
  maxAttempts: 'count',
  crashes: 'count',
  snoozes: 'count',
  maxSnoozes: 'count',
  generation: 'count',
  depth: 'count',
  context: 'text',
  tenant: 'text',
  schedule: 'text',
  occurrence: 'instant',
  timezone: 'text',
  missedBefore: 'count',
  after: 'text',
  overlap: 'text',
  code: 'text',
  dispatches: 'count',
  scheduledAt: 'comparedInstant',
  startBy: 'instant',
  insertedAt: 'instant',
  startedAt: 'instant',
  finishedAt: 'instant',
  leaseUntil: 'instant',
  cancelRequestedAt: 'instant',
  progress: 'number',
  fence: 'count',
  owner: 'text',
  lastOwner: 'text',
  request: 'text',
  replacement: 'text',
  shard: 'count',
  life: 'text',
  fmt: 'count',
  lane: 'text',
  lookAt: 'indexInstant',
  ttl: 'count',
  ref: 'text',
  // Whatever an edit left there: a start that does not see it would be refused without end.
  gate: 'reserved',
  parked: 'instant',
  beyond: 'count',
  pass: 'count',
  wakes: 'count',
  parent: 'text',
  endBy: 'instant',
  batch: 'count',
  next: 'reserved',
}
const attributes = Object.entries(kinds) as readonly (readonly [JobAttribute, Kind])[]

const kindOf: ReadonlyMap<string, Kind> = new Map(attributes)

/** All but those that decide nothing and may take 400 KB. */
export const controlAttributes = attributes.flatMap(([name]) => (name === 'input' || name === 'result' ? [] : [name]))

/** Outside of these years the text would not sort as time does. */
const earliest = Date.parse('0000-01-01T00:00:00.000Z')
const latest = Date.parse('9999-12-31T23:59:59.999Z')

/**
 * One value of one attribute, for an item, a statement or a guard.
 * @throws RangeError for an instant that is not a number
 */
export function encode(name: JobAttribute, value: string | number | readonly string[]): AttributeValue {
  switch (kinds[name]) {
    case 'text':
    case 'reserved':
      return { S: String(value) }
    case 'texts':
      return { L: (value as readonly string[]).map(text => ({ S: text })) }
    case 'count':
    case 'number':
      return { N: String(value) }
    case 'instant':
    case 'comparedInstant':
    case 'indexInstant':
      return { S: formatInstant(Math.min(latest, Math.max(earliest, Number(value)))) }
  }
}

export function toItem(job: Job | RawJob): Item {
  const item: Item = {}
  for (const [name] of attributes) {
    const value = job[name]
    if (value !== undefined) item[name] = encode(name, value)
  }
  return item
}

/**
 * Reads whatever an item holds. Attributes that are not ours are passed over; one of a wrong type counts as absent.
 * Never throws: one damaged item must not spoil a batch.
 */
export function fromItem(item: Item): RawJob {
  const raw: Record<string, unknown> = {}
  const misspelt: JobAttribute[] = []
  // By what is there: an item has half of the attributes that one may have.
  for (const name of Object.keys(item)) {
    const kind = kindOf.get(name)
    const stored = item[name]
    const value = kind === undefined || stored === undefined ? undefined : decode(kind, stored)
    if (value === undefined) continue
    raw[name] = value
    if (kind === 'comparedInstant' && stored?.S !== formatInstant(Number(value))) misspelt.push(name as JobAttribute)
  }
  return misspelt.length === 0 ? raw : { ...raw, missing: misspelt }
}

/**
 * A row of the `timeline` index as it is projected.
 * @param until stands for a time that nobody can read: whoever looks at the item sees the damage and sets it aside
 */
export function timelineRow(item: Item, until: number): TimelineRow | undefined {
  const { id, lookAt = until, type, why } = fromItem(item)
  if (id === undefined) return undefined
  return { id, lookAt, ...(type === undefined ? {} : { type }), ...(why === undefined ? {} : { why }) }
}

/** As `timelineRow`, for lists: undefined where nobody can read the time. */
export function timedRow(item: Item): TimelineRow | undefined {
  const row = timelineRow(item, Number.NaN)
  return row === undefined || Number.isNaN(row.lookAt) ? undefined : row
}

function decode(kind: Kind, { S: text, N: digits, L: list }: AttributeValue): unknown {
  switch (kind) {
    case 'text':
      return text
    case 'texts':
      return list === undefined ? undefined : textsOf(list)
    case 'count':
      return numberOf(digits, Number.isSafeInteger)
    case 'number':
      return numberOf(digits, Number.isFinite)
    case 'instant':
    case 'comparedInstant':
      return text === undefined ? undefined : parseInstant(text)
    case 'indexInstant':
      return text === undefined ? undefined : canonicalInstant(text)
    case 'reserved':
      return text ?? digits ?? 'present'
  }
}

function numberOf(digits: string | undefined, isFit: (value: number) => boolean): number | undefined {
  const value = Number(digits ?? 'absent')
  return isFit(value) ? value : undefined
}

function textsOf(list: readonly AttributeValue[]): readonly string[] | undefined {
  const texts = list.flatMap(({ S: text }) => (text === undefined ? [] : [text]))
  return texts.length === list.length ? texts : undefined
}

/**
 * `lookAt` is compared as text by the guards and by the index. Another spelling of the same instant could never be matched
 * by "as it was read", so it counts as absent: an AVAILABLE item is then adopted (T19), which writes it anew.
 */
function canonicalInstant(text: string): number | undefined {
  const value = parseInstant(text)
  return value !== undefined && (isPlain(text) || formatInstant(value) === text) ? value : undefined
}
