/** An input that its job's item does not hold: a record of its own, put before the job. Pure. */
import { isOurRef, type Job } from '../job/job.ts'
import { utf8Bytes } from '../values/json.ts'
import { inputKey } from './keys.ts'
import type { RecordKey, StoredRecord } from './record.ts'

/** Larger inputs leave the item, unless the contract says otherwise: each change of the item would be billed with them. */
export const defaultInlineBytes = 4 * 1024
/** How long a payload outlives the time at which its job is due: for retries, snoozes and late requeues. */
const payloadSpareMs = 90 * 86_400_000

/** What the item holds in the place of an input that is elsewhere. */
const elsewhere = 'null'
const recordPrefix = 'record:'

/** A job whose item holds no input, and the record that does. */
export interface MovedOut {
  readonly job: Job
  readonly payload: StoredRecord
}

export const isTooLargeInline = (input: string, maxBytes: number): boolean =>
  // Three bytes are the most that a UTF-16 unit takes.
  input.length * 3 > maxBytes && utf8Bytes(input) > maxBytes

/**
 * The key holds the life and the request of the job: a refused duplicate overwrites nothing. Its time to live is set once,
 * since a later change would be billed with the whole payload.
 * @param keepMs how long the job is kept after its end
 */
export function movedOut(job: Job, keepMs: number): MovedOut {
  const key = inputKey({ id: job.id, life: job.life ?? '' }, job.request ?? '')
  const expiresAt = Math.max(job.scheduledAt, job.insertedAt) + payloadSpareMs + keepMs
  return {
    job: { ...job, input: elsewhere, ref: `${recordPrefix}${key.part}` },
    payload: { ...key, attributes: { body: job.input, ttl: Math.ceil(expiresAt / 1_000) } },
  }
}

/** Where the input of a job is. */
export type Whereabouts =
  | { readonly kind: 'inline' }
  | { readonly kind: 'record'; readonly key: RecordKey }
  /** A later release has put it where this one cannot look. */
  | { readonly kind: 'unknown' }

export function whereaboutsOf({ id, ref }: Pick<Job, 'id' | 'ref'>): Whereabouts {
  if (ref === undefined) return { kind: 'inline' }
  return isOurRef(ref) ? { kind: 'record', key: { id, part: ref.slice(recordPrefix.length) } } : { kind: 'unknown' }
}

/** The input's JSON text; undefined for a record that holds none. */
export function bodyOf(payload: StoredRecord | undefined): string | undefined {
  const body = payload?.attributes['body']
  return typeof body === 'string' ? body : undefined
}

/** Epoch milliseconds until which the payload is there. */
export const expiryOf = ({ attributes: { ttl } }: StoredRecord): number =>
  typeof ttl === 'number' ? ttl * 1_000 : Number.POSITIVE_INFINITY
