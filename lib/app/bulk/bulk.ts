/** What people do with bulk acts and backfills: start, look, cancel. Their jobs do the work. */
import { backfillJob, bulkJob, hasSystemQueue } from '../../core/definition/system.ts'
import type { JobState } from '../../core/job/job.ts'
import { type Bulk, type BulkCounts, type BulkKind, bulkFrom, countsOf } from '../../core/records/bulk.ts'
import { bulkKey } from '../../core/records/keys.ts'
import { integerIn, refuseUnknownKeys } from '../../core/values/check-options.ts'
import { InvalidInput } from '../../core/values/errors.ts'
import { formatInstant } from '../../core/values/instant.ts'
import { fromJsonText } from '../../core/values/json.ts'
import type { Deps } from '../../ports/deps.ts'
import { enqueue } from '../enqueue/enqueue.ts'
import { type CancelOutcome, cancel } from '../operate/operate.ts'
import { type BulkOptions, checkBulk } from './bulk-request.ts'
import { makeBulk, newBulk, readBulk } from './bulk-store.ts'

/** A bulk act or a backfill, as it stands. */
export interface BulkView {
  readonly id: string
  readonly action: BulkKind
  /** Of its job; absent when that is gone. COMPLETED: all is done. */
  readonly state?: JobState
  /** What was asked for, with all defaults. */
  readonly request: unknown
  readonly counts: BulkCounts
  /** The first 50 ids that were refused. */
  readonly refusedIds: readonly string[]
  readonly madeAt: string
  readonly endedAt?: string
}

/** @throws InvalidInput */
export function checkSystemQueue({ runner }: Deps, what: string): void {
  if (hasSystemQueue(runner)) return
  throw new InvalidInput(what, 'asked for', 'nothing: this deployment has no system queue (`systemQueue` is false)')
}

/** Enqueues the job that does the work. */
export async function started(deps: Deps, kind: BulkKind, request: unknown): Promise<BulkView> {
  const type = kind === 'backfill' ? backfillJob.type : bulkJob.type
  const { id, state } = await enqueue(deps, { type, input: request })
  const bulk = newBulk(id, kind, request, deps.clock.now())
  // Its job makes the record as well: this one shows it until then. Without it the act has started all the same, and a
  // caller who was told otherwise would start another.
  return viewOf(await makeBulk(deps, bulk).catch(() => bulk), state)
}

/**
 * Retries, cancels, deletes, runs or reschedules every job that matches a filter, as a job of its own.
 * @example await startBulk(deps, { action: 'retry', filter: { queue: 'mails', why: 'TimeoutError' }, rate: 100 })
 * @throws InvalidInput; Unavailable
 */
export async function startBulk(deps: Deps, options: BulkOptions): Promise<BulkView> {
  checkSystemQueue(deps, 'bulk')
  const request = checkBulk(options, deps.clock.now())
  return started(deps, request.action, request)
}

/** Undefined when there is none. @throws InvalidInput, Unavailable */
export async function getBulk(deps: Deps, id: string): Promise<BulkView | undefined> {
  if (typeof id !== 'string' || id === '') throw new InvalidInput('id', id, 'the id of a bulk act')
  const [bulk, [job]] = await Promise.all([readBulk(deps, id), deps.store.get([id], 'control')])
  return bulk === undefined ? undefined : viewOf(bulk, job?.state)
}

export interface BulkPage {
  readonly bulks: readonly BulkView[]
  readonly next: string | undefined
}

/**
 * Bulk acts and backfills of the last 90 days, the newest first.
 * @param options `limit`: 1 to 100, default 20; `cursor`: what the page before gave as `next`
 * @throws InvalidInput, Unavailable
 */
export async function listBulks(
  deps: Deps,
  options: { readonly limit?: number; readonly cursor?: string } = {},
): Promise<BulkPage> {
  refuseUnknownKeys('bulks', options, ['limit', 'cursor'])
  const { limit = 20, cursor } = options
  integerIn('limit', limit, 1, 100)
  const { id } = bulkKey('')
  const page = await deps.records.query({
    id,
    prefix: '',
    limit,
    isDescending: true,
    ...(cursor === undefined ? {} : { from: cursor }),
  })
  const bulks = page.records.flatMap(record => bulkFrom(record) ?? [])
  const jobs = await deps.store.get(
    bulks.map(bulk => bulk.id),
    'control',
  )
  return { bulks: bulks.map((bulk, index) => viewOf(bulk, jobs[index]?.state)), next: page.next }
}

/** Stops it: what is done stays done, and is counted. @throws InvalidInput, Unavailable */
export async function cancelBulk(deps: Deps, id: string): Promise<CancelOutcome> {
  return (await getBulk(deps, id)) === undefined ? { kind: 'notFound' } : cancel(deps, id)
}

function viewOf(bulk: Bulk, state: JobState | undefined): BulkView {
  const { id, kind, request, refusedIds, madeAt, endedAt } = bulk
  return {
    id,
    action: kind,
    ...(state === undefined ? {} : { state }),
    request: fromJsonText(request),
    counts: countsOf(bulk),
    refusedIds,
    madeAt: formatInstant(madeAt),
    ...(endedAt === undefined ? {} : { endedAt: formatInstant(endedAt) }),
  }
}
