/** Puts inputs that are too large for their items, and brings them back. */
import type { Job } from '../core/job/job.ts'
import { bodyOf, expiryOf, whereaboutsOf } from '../core/records/payload.ts'
import type { StoredRecord } from '../core/records/record.ts'
import { PayloadExpires, Unavailable } from '../core/values/errors.ts'
import { repeatFailed } from '../core/values/repeat-failed.ts'
import type { Deps } from '../ports/deps.ts'
import type { PutOutcome, RecordStore } from '../ports/record-store.ts'

type PayloadDeps = Pick<Deps, 'records' | 'clock'>

/** Beyond the SDK's own retries. */
const delaysMs = [100, 400]

/**
 * Before the jobs themselves: a job never points to nothing. One whose put fails afterwards leaves a record behind, which
 * its time to live removes.
 * @returns for each payload the error that kept it from being put; undefined where it is there
 */
export async function putPayloads(
  { records, clock }: PayloadDeps,
  payloads: readonly StoredRecord[],
): Promise<readonly (Error | undefined)[]> {
  if (payloads.length === 0) return []
  const outcomes = await repeatFailed(payloads, asked => records.putIfAbsent(asked), isFailed, { clock, delaysMs })
  // A record that is there is one's own: its key holds the token of the request.
  return payloads.map((_, index) => {
    const outcome = outcomes[index]
    if (outcome === undefined) return new Unavailable('payload', 'no answer')
    return outcome.kind === 'failed' ? outcome.error : undefined
  })
}

const isFailed = ({ kind }: PutOutcome): boolean => kind === 'failed'

export type LoadedInput =
  | { readonly kind: 'loaded'; readonly input: string }
  /** It has expired, or somebody has deleted it. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'unknown' }

interface Reads {
  readonly records: Pick<RecordStore, 'get'>
}

/** The input of a job as JSON text, wherever it is. @throws Unavailable */
export async function loadInput({ records }: Reads, job: Job): Promise<LoadedInput> {
  const whereabouts = whereaboutsOf(job)
  if (whereabouts.kind === 'inline') return { kind: 'loaded', input: job.input }
  if (whereabouts.kind === 'unknown') return whereabouts
  const [payload] = await records.get([whereabouts.key])
  const input = bodyOf(payload)
  return input === undefined ? { kind: 'gone' } : { kind: 'loaded', input }
}

/**
 * A job is not placed at a time at which its input is gone: one record is read, and none for an input in the item.
 * @throws PayloadExpires, Unavailable
 */
export async function checkPayloadLasts({ records }: Reads, job: Job, dueAt: number): Promise<void> {
  const whereabouts = whereaboutsOf(job)
  if (whereabouts.kind !== 'record') return
  const [payload] = await records.get([whereabouts.key])
  const expiresAt = payload === undefined ? 0 : expiryOf(payload)
  if (dueAt >= expiresAt) throw new PayloadExpires(job.id, expiresAt)
}
