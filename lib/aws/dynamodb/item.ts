import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { Job, JobAttribute, RawJob } from '../../core/job/job.ts'
import { formatInstant, isPlain, parseInstant } from '../../core/values/instant.ts'

/** An item as the SDK reads and writes it. */
export type Item = Record<string, AttributeValue>

/**
 * How an attribute stands in the table. Instants are ISO 8601 UTC with milliseconds, so that people can read them in
 * the console and text sorts as time does.
 */
type Kind = 'text' | 'texts' | 'count' | 'number' | 'instant' | 'indexInstant'

const kinds: { readonly [K in JobAttribute]: Kind } = {
  id: 'text',
  type: 'text',
  queue: 'text',
  state: 'text',
  input: 'text',
  result: 'text',
  error: 'text',
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
  dispatches: 'count',
  scheduledAt: 'instant',
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
  shard: 'count',
  fmt: 'count',
  lane: 'text',
  lookAt: 'indexInstant',
  ttl: 'count',
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
      return { S: String(value) }
    case 'texts':
      return { L: (value as readonly string[]).map(text => ({ S: text })) }
    case 'count':
    case 'number':
      return { N: String(value) }
    case 'instant':
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
  // By what is there: an item has half of the attributes that one may have.
  for (const name of Object.keys(item)) {
    const kind = kindOf.get(name)
    const stored = item[name]
    const value = kind === undefined || stored === undefined ? undefined : decode(kind, stored)
    if (value !== undefined) raw[name] = value
  }
  return raw
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
      return text === undefined ? undefined : parseInstant(text)
    case 'indexInstant':
      return text === undefined ? undefined : canonicalInstant(text)
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
