/** What people do with bulk acts and backfills: start, look, cancel. Their jobs do the work. */
import { backfillJob, bulkJob, hasSystemQueue } from '../../core/definition/system.ts'
import type { JobState } from '../../core/job/job.ts'
import { maxActorLength } from '../../core/records/audit.ts'
import { type Bulk, type BulkCounts, type BulkKind, bulkFrom, countsOf } from '../../core/records/bulk.ts'
import { bulkKey } from '../../core/records/keys.ts'
import { scheduleNameIn } from '../../core/schedule/check-schedule.ts'
import { boundedNext, timesIn } from '../../core/schedule/occurrences.ts'
import { integerIn, objectIn, refuseUnknownKeys, shortTextIn } from '../../core/values/check-options.ts'
import { InvalidInput } from '../../core/values/errors.ts'
import { formatInstant, instantOf } from '../../core/values/instant.ts'
import { fromJsonText } from '../../core/values/json.ts'
import type { Deps } from '../../ports/deps.ts'
import { enqueue } from '../enqueue/enqueue.ts'
import { type CancelOutcome, cancel } from '../operate/operate.ts'
import { schedulesNamed } from '../schedule/read-schedules.ts'
import { type BulkOptions, checkBulk, defaultRate, flagIn, maxRate } from './bulk-request.ts'
import { makeBulk, newBulk, readBulk } from './bulk-store.ts'
import type { BackfillRequest } from './run-backfill.ts'

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
function checkSystemQueue({ runner }: Deps, what: string): void {
  if (hasSystemQueue(runner)) return
  throw new InvalidInput(what, 'asked for', 'nothing: this deployment has no system queue (`systemQueue` is false)')
}

async function started(deps: Deps, kind: BulkKind, request: unknown): Promise<BulkView> {
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

export interface BackfillOptions {
  /** The first instant, included: a Date or ISO 8601 text with a zone. */
  readonly from: string | Date
  /** The last instant, included; not in the future. */
  readonly to: string | Date
  /** Occurrences that have a job get a second one. @default false: they are left alone */
  readonly again?: boolean
  /** Jobs a second. 1 to 1,000. @default 50 */
  readonly rate?: number
  /** Counts the occurrences, and those that have their job; enqueues nothing. @default false */
  readonly dryRun?: boolean
  /** Who asks. 1 to 256 characters. @default 'api' */
  readonly by?: string
}

export type BackfillOutcome = { readonly kind: 'started'; readonly bulk: BulkView } | { readonly kind: 'notFound' }

/** Occurrences of one backfill: each becomes a job. */
const maxOccurrences = 10_000

/**
 * Enqueues the occurrences of a schedule from one instant to another. Those that have their job already are left alone.
 * @throws InvalidInput, also when there are more than 10,000; Unavailable
 */
export async function startBackfill(deps: Deps, name: string, options: BackfillOptions): Promise<BackfillOutcome> {
  checkSystemQueue(deps, 'backfill')
  objectIn('backfill', options)
  refuseUnknownKeys('backfill', options, ['from', 'to', 'again', 'rate', 'dryRun', 'by'])
  scheduleNameIn('name', name)
  const now = deps.clock.now()
  const from = boundIn('from', options.from, now)
  const to = boundIn('to', options.to, now)
  if (from > to) throw new InvalidInput('from', options.from, 'an instant that is not after `to`')
  const again = flagIn('again', options.again ?? false)
  const dryRun = flagIn('dryRun', options.dryRun ?? false)
  const schedule = (await schedulesNamed(deps, [name])).get(name)
  if (schedule === undefined) return { kind: 'notFound' }
  const next = boundedNext(schedule.definition)
  const count = timesIn(next, { from: from - 1, until: to, limit: maxOccurrences + 1 }).length
  if (count > maxOccurrences) {
    throw new InvalidInput('to', options.to, `an instant up to which there are at most ${maxOccurrences} occurrences`)
  }
  const request: BackfillRequest = {
    schedule: name,
    from: formatInstant(from),
    to: formatInstant(to),
    again,
    rate: integerIn('rate', options.rate ?? defaultRate, 1, maxRate),
    dryRun,
    by: shortTextIn('by', options.by ?? 'api', maxActorLength),
  }
  return { kind: 'started', bulk: await started(deps, 'backfill', request) }
}

function boundIn(field: string, value: unknown, now: number): number {
  const at = instantOf(value)
  if (at !== undefined && at >= 0 && at <= now) return at
  throw new InvalidInput(field, value, 'a Date or ISO 8601 text with a zone, in the past')
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
