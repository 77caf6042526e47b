/** Puts inputs that are too large for their items, and brings them back. */
import type { JobContract } from '../core/definition/contract.ts'
import type { Job } from '../core/job/job.ts'
import {
  bodyOf,
  defaultInlineBytes,
  expiryOf,
  isTooLargeForRecord,
  isTooLargeInline,
  movedOut,
  movedToObject,
  objectExpiryOf,
  type PayloadObject,
  whereaboutsOf,
} from '../core/records/payload.ts'
import type { RecordKey, StoredRecord } from '../core/records/record.ts'
import { PayloadExpires, Unavailable } from '../core/values/errors.ts'
import { mapBounded } from '../core/values/lists.ts'
import { repeatFailed } from '../core/values/repeat-failed.ts'
import type { Deps } from '../ports/deps.ts'
import type { PayloadStore } from '../ports/payload-store.ts'
import type { PutOutcome, RecordStore } from '../ports/record-store.ts'

/** A job as it is to be written, and what has to be put before it. */
export interface PlacedInput {
  readonly job: Job
  /** The record or the object that holds the input, where the item does not: to be put before the job. */
  readonly payload: StoredRecord | PayloadObject | undefined
}

/** A new job with its input where its contract has it: in the item, or next to it, or in the bucket where there is one. */
export function placedInput({ payloads }: Pick<Deps, 'payloads'>, contract: JobContract, job: Job): PlacedInput {
  const { inlineInput = defaultInlineBytes, policy } = contract
  if (!isTooLargeInline(job.input, inlineInput)) return { job, payload: undefined }
  if (payloads === undefined || !isTooLargeForRecord(job.input)) return movedOut(job, policy.keepFailedMs)
  return movedToObject(job, policy.keepFailedMs)
}

type PayloadDeps = Pick<Deps, 'records' | 'payloads' | 'clock'>

/** Beyond the SDK's own retries. */
const delaysMs = [100, 400]

/**
 * Before the jobs themselves: a job never points to nothing. One whose put fails afterwards leaves a record behind, which
 * its time to live removes.
 * @returns for each payload the error that kept it from being put; undefined where it is there
 */
export async function putPayloads(
  deps: PayloadDeps,
  payloads: readonly (StoredRecord | PayloadObject)[],
): Promise<readonly (Error | undefined)[]> {
  if (payloads.length === 0) return []
  const records = payloads.filter(one => 'part' in one)
  const puts = await repeatFailed(records, asked => deps.records.putIfAbsent(asked), isFailed, {
    clock: deps.clock,
    delaysMs,
  })
  // A record that is there is one's own: its key holds the token of the request.
  const byRecord = new Map(records.map((record, index) => [record, errorOf(puts[index])]))
  return mapBounded(payloads, objectsAtOnce, async one =>
    'part' in one ? byRecord.get(one) : (deps.payloads?.put(one) ?? new Unavailable('payload', 'there is no bucket')),
  )
}

/** Each may take 4 MB of memory. */
const objectsAtOnce = 4

function errorOf(outcome: PutOutcome | undefined): Error | undefined {
  if (outcome === undefined) return new Unavailable('payload', 'no answer')
  return outcome.kind === 'failed' ? outcome.error : undefined
}

const isFailed = ({ kind }: PutOutcome): boolean => kind === 'failed'

export type LoadedInput =
  | { readonly kind: 'loaded'; readonly input: string }
  /** It has expired, or somebody has deleted it. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'unknown' }

interface Reads {
  readonly records: Pick<RecordStore, 'get'>
  readonly payloads?: Pick<PayloadStore, 'get'>
}

/** The input of a job as JSON text, wherever it is. @throws Unavailable */
export async function loadInput({ records, payloads }: Reads, job: Job): Promise<LoadedInput> {
  const whereabouts = whereaboutsOf(job)
  if (whereabouts.kind === 'inline') return { kind: 'loaded', input: job.input }
  if (whereabouts.kind === 'unknown') return whereabouts
  // Without the bucket nobody here can tell what became of it.
  if (whereabouts.kind === 'object' && payloads === undefined) return { kind: 'unknown' }
  const input =
    whereabouts.kind === 'object'
      ? await payloads?.get(whereabouts.key)
      : bodyOf((await records.get([whereabouts.key]))[0])
  return input === undefined ? { kind: 'gone' } : { kind: 'loaded', input }
}

/**
 * A job is not placed at a time at which its input is gone: one record is read, and none for an input in the item.
 * @throws PayloadExpires, Unavailable
 */
export async function checkPayloadLasts({ records }: Reads, job: Job, dueAt: number): Promise<void> {
  const whereabouts = whereaboutsOf(job)
  if (whereabouts.kind === 'inline' || whereabouts.kind === 'unknown') return
  const expiresAt =
    whereabouts.kind === 'object' ? objectExpiryOf(job, whereabouts.key) : await recordExpiry(records, whereabouts.key)
  if (dueAt >= expiresAt) throw new PayloadExpires(job.id, expiresAt)
}

async function recordExpiry(records: Reads['records'], key: RecordKey): Promise<number> {
  const [payload] = await records.get([key])
  return payload === undefined ? 0 : expiryOf(payload)
}
