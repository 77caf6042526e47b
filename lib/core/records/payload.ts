/** An input that its job's item does not hold: a record of its own, put before the job. Pure. */
import { isOurRef, type Job } from '../job/job.ts'
import { utf8Bytes } from '../values/json.ts'
import { inputKey } from './keys.ts'
import type { RecordKey, StoredRecord } from './record.ts'

/** An input that no table holds, and the key of the object that does. */
export interface PayloadObject {
  readonly key: string
  /** JSON. */
  readonly body: string
}

/** Larger inputs leave the item, unless the contract says otherwise: each change of the item would be billed with them. */
export const defaultInlineBytes = 4 * 1024
/** How long a payload outlives the time at which its job is due: for retries, snoozes and late requeues. */
const dayMs = 86_400_000
const payloadSpareMs = 90 * dayMs

/** What the item holds in the place of an input that is elsewhere. */
const elsewhere = 'null'
const recordPrefix = 'record:'
const objectPrefix = 's3:'

/** A job whose item holds no input, and the record that does. */
export interface MovedOut {
  readonly job: Job
  readonly payload: StoredRecord
}

/** Larger inputs go into the bucket, where there is one: a record of DynamoDB holds 400 KB, and writes cost by the KB. */
const maxRecordBytes = 300 * 1024
/** What a bucket may hold for a job: a function of Lambda takes a request of 6 MB, and a worker holds ten inputs. */
export const maxObjectBytes = 4 * 1024 * 1024

/** Days after which objects expire, by the part of their key that says so. S3 knows no time to live of an object. */
export const objectDays = [128, 256, 512, 1_024, 2_048, 4_096, 8_192] as const
export const daysPart = (days: number): string => String(days).padStart(4, '0')

export const isTooLargeForRecord = (input: string): boolean => isTooLargeInline(input, maxRecordBytes)

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

/** A job whose input is an object: in the first class of days that outlives it. */
export function movedToObject(job: Job, keepMs: number): { readonly job: Job; readonly payload: PayloadObject } {
  const waitMs = Math.max(0, job.scheduledAt - job.insertedAt)
  const days = (waitMs + payloadSpareMs + keepMs) / dayMs
  const kept = objectDays.find(one => one >= days) ?? objectDays.at(-1) ?? 0
  const key = `input/${daysPart(kept)}/${encodeURIComponent(job.id)}/${job.life ?? ''}/${job.request ?? ''}`
  return { job: { ...job, input: elsewhere, ref: `${objectPrefix}${key}` }, payload: { key, body: job.input } }
}

/** Epoch milliseconds until which the object of a job is there. */
export const objectExpiryOf = ({ insertedAt }: Pick<Job, 'insertedAt'>, key: string): number =>
  insertedAt + Number(key.split('/')[1]) * dayMs

/** Where the input of a job is. */
export type Whereabouts =
  | { readonly kind: 'inline' }
  | { readonly kind: 'record'; readonly key: RecordKey }
  | { readonly kind: 'object'; readonly key: string }
  /** A later release has put it where this one cannot look. */
  | { readonly kind: 'unknown' }

export function whereaboutsOf({ id, ref }: Pick<Job, 'id' | 'ref'>): Whereabouts {
  if (ref === undefined) return { kind: 'inline' }
  if (!isOurRef(ref)) return { kind: 'unknown' }
  if (ref.startsWith(objectPrefix)) return { kind: 'object', key: ref.slice(objectPrefix.length) }
  return { kind: 'record', key: { id, part: ref.slice(recordPrefix.length) } }
}

/** The input's JSON text; undefined for a record that holds none. */
export function bodyOf(payload: StoredRecord | undefined): string | undefined {
  const body = payload?.attributes['body']
  return typeof body === 'string' ? body : undefined
}

/** Epoch milliseconds until which the payload is there. */
export const expiryOf = ({ attributes: { ttl } }: StoredRecord): number =>
  typeof ttl === 'number' ? ttl * 1_000 : Number.POSITIVE_INFINITY
