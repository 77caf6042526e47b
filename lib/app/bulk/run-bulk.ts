/**
 * Carries a bulk act on: as the job `lamplighter.bulk`, in runs that stop before their time is up. The page in hand is
 * written down before anything is done to its jobs, so a crash leaves no job that is done and not counted: the next run
 * acts on the same page, and what had moved already counts as that.
 */
import type { RunContext } from '../../core/definition/run-context.ts'
import { systemQueue } from '../../core/definition/system.ts'
import type { JobAct } from '../../core/job/acts.ts'
import { versionOf } from '../../core/job/acts.ts'
import type { Job } from '../../core/job/job.ts'
import { phaseOf } from '../../core/lookup/job-filter.ts'
import { type Bulk, type BulkCounts, countsOf, maxRefusedIds } from '../../core/records/bulk.ts'
import { LamplighterError, PreconditionFailed, Unavailable } from '../../core/values/errors.ts'
import { formatInstant, instantOf } from '../../core/values/instant.ts'
import type { Deps } from '../../ports/deps.ts'
import type { JobSummary } from '../lookup/job-summary.ts'
import { listJobs } from '../lookup/list-jobs.ts'
import { cancel, remove, requeue, reschedule, runNow } from '../operate/operate.ts'
import type { BulkRequest } from './bulk-request.ts'
import { makeBulk, newBulk, saveBulk } from './bulk-store.ts'

/** The part of the context that it needs. */
export type BulkContext = Pick<RunContext, 'job' | 'signal' | 'snooze'>

const pageSize = 100
/** Acts that are under way at once. */
const together = 10
/** How long one run works: its job's time limit is 60 s. */
export const sliceMs = 40_000

/**
 * @returns what was done, when nothing is left
 * @throws what `ctx.snooze` throws, to go on in another run; the signal's reason; Unavailable
 */
export async function runBulk(deps: Deps, request: BulkRequest, ctx: BulkContext): Promise<BulkCounts> {
  const now = deps.clock.now()
  const slice = { deps, request, ctx, stopAt: now + sliceMs }
  let bulk = await makeBulk(deps, newBulk(ctx.job.id, request.action, request, now))
  while (bulk.endedAt === undefined) {
    goOnOrStop(slice)
    bulk = bulk.pending.length === 0 ? await nextPage(slice, bulk) : await actOnPage(slice, bulk)
  }
  return countsOf(bulk)
}

interface Slice {
  readonly deps: Deps
  readonly request: BulkRequest
  readonly ctx: BulkContext
  readonly stopAt: number
}

function goOnOrStop({ deps, ctx, stopAt }: Slice): void {
  if (ctx.signal.aborted) throw ctx.signal.reason
  if (deps.clock.now() >= stopAt) ctx.snooze('0s')
}

/** Finds the next jobs and writes them down; ends the act after the last page. */
async function nextPage({ deps, request }: Slice, bulk: Bulk): Promise<Bulk> {
  const { jobs, next } = await listJobs(deps, {
    ...boundedFilter(request),
    limit: Math.min(pageSize, request.max - bulk.matched),
    ...(bulk.cursor === undefined ? {} : { cursor: bulk.cursor }),
  })
  const ids = jobs.filter(job => isMeant(request, job)).map(({ id }) => id)
  const isListed = next === undefined || bulk.matched + ids.length >= request.max
  const isLast = isListed && (ids.length === 0 || request.dryRun)
  return saveBulk(deps, bulk, {
    cursor: next,
    matched: bulk.matched + ids.length,
    pending: request.dryRun ? [] : ids,
    ...(isLast ? { endedAt: deps.clock.now() } : {}),
  })
}

/** Jobs that ended after it was asked for are not meant. Of waiting ones the index does not know when they were made. */
function boundedFilter({ filter, before }: BulkRequest): BulkRequest['filter'] {
  if (filter.phase === 'live') return filter
  const { to = before } = filter
  return { ...filter, to: to < before ? to : before }
}

const waitsForLater: ReadonlySet<string> = new Set(['SCHEDULED', 'RETRY'])

function isMeant({ action, before, runAt }: BulkRequest, job: JobSummary): boolean {
  if (job.queue === systemQueue || (job.insertedAt > before && phaseOf(job.state) === 'live')) return false
  // A job that was moved by this very act comes up again, later in the list.
  if (action === 'run') return waitsForLater.has(job.state)
  return action !== 'reschedule' || job.scheduledAt !== runAt
}

/** Acts on the jobs of the page, a few at a time, no faster than the rate; writes the counts once. */
async function actOnPage(slice: Slice, bulk: Bulk): Promise<Bulk> {
  const { deps, request, ctx, stopAt } = slice
  const counts = new Tally(bulk)
  const pending = [...bulk.pending]
  const size = Math.min(together, request.rate)
  while (pending.length > 0 && !ctx.signal.aborted && deps.clock.now() < stopAt) {
    const ids = pending.slice(0, size)
    const startedAt = deps.clock.now()
    const jobs = await deps.store.get(ids, 'control')
    const outcomes = await Promise.all(jobs.map(job => outcomeOf(deps, request, job)))
    // What could not be reached is asked again in the next run; what was done of this group will have moved by then.
    const failure = outcomes.find(outcome => outcome.kind === 'unavailable')
    if (failure?.kind === 'unavailable') throw failure.error
    for (const [index, outcome] of outcomes.entries()) counts.add(ids[index] ?? '', outcome)
    pending.splice(0, size)
    const mayTakeMs = (ids.length * 1_000) / request.rate
    await deps.clock.sleep(Math.max(0, startedAt + mayTakeMs - deps.clock.now()), ctx.signal)
  }
  const isOver = pending.length === 0 && (bulk.cursor === undefined || bulk.matched >= request.max)
  return saveBulk(deps, bulk, { ...counts.counts(), pending, ...(isOver ? { endedAt: deps.clock.now() } : {}) })
}

type Outcome =
  | { readonly kind: 'done' | 'already' | 'gone' }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'unavailable'; readonly error: Error }

async function outcomeOf(deps: Deps, request: BulkRequest, job: Job | undefined): Promise<Outcome> {
  if (job === undefined) return { kind: 'gone' }
  if (hasMoved(request, job)) return { kind: 'already' }
  try {
    const outcome = await acts[request.action](deps, job, request)
    if (outcome.kind === 'notFound') return { kind: 'gone' }
    return outcome.kind === 'notPossible' ? { kind: 'refused', why: outcome.why } : { kind: 'done' }
  } catch (error) {
    if (error instanceof PreconditionFailed) return { kind: 'already' }
    if (error instanceof LamplighterError && !(error instanceof Unavailable)) {
      return { kind: 'refused', why: `${error.name}: ${error.message}` }
    }
    return { kind: 'unavailable', error: error instanceof Error ? error : new Error(String(error)) }
  }
}

/** Whether the job is no longer what the filter found. */
function hasMoved({ action, filter, before, runAt }: BulkRequest, job: Job): boolean {
  if (phaseOf(job.state) !== filter.phase) return true
  if (filter.state !== undefined && job.state !== filter.state) return true
  if (job.finishedAt !== undefined) return job.finishedAt > (instantOf(before) ?? 0)
  if (action === 'run') return !waitsForLater.has(job.state)
  if (action === 'cancel') return job.cancelRequestedAt !== undefined
  return action === 'reschedule' && formatInstant(job.scheduledAt) === runAt
}

type Act = (
  deps: Deps,
  job: Job,
  request: BulkRequest,
) => Promise<{ readonly kind: string } & ({ readonly kind: 'notPossible'; readonly why: string } | object)>

const whenOf = ({ runAt }: BulkRequest) => (runAt === undefined ? {} : { runAt })
const seen = (job: Job) => ({ version: versionOf(job) })

const acts = {
  retry: (deps, job, request) => requeue(deps, job.id, whenOf(request), seen(job)),
  cancel: (deps, job) => cancel(deps, job.id, seen(job)),
  run: (deps, job) => runNow(deps, job.id, seen(job)),
  reschedule: (deps, job, request) => reschedule(deps, job.id, whenOf(request), seen(job)),
  delete: (deps, job) => remove(deps, job.id, seen(job)),
} as const satisfies Record<JobAct, Act>

/** So long may a reason be; it becomes a key of a map. */
const maxWhyLength = 120
const instants = /\d{4}-\d\d-\d\dT[\d:.]+Z/g
/** Reasons that are told apart; more become one. */
const maxReasons = 20
const otherReasons = 'other reasons'

/** Counts outcomes on top of what was counted before. */
class Tally {
  #done: number
  #already: number
  #gone: number
  readonly #refused: Map<string, number>
  readonly #refusedIds: string[]

  constructor({ done, already, gone, refused, refusedIds }: Bulk) {
    this.#done = done
    this.#already = already
    this.#gone = gone
    this.#refused = new Map(Object.entries(refused))
    this.#refusedIds = [...refusedIds]
  }

  add(id: string, outcome: Outcome): void {
    if (outcome.kind === 'done') this.#done += 1
    if (outcome.kind === 'already') this.#already += 1
    if (outcome.kind === 'gone') this.#gone += 1
    if (outcome.kind !== 'refused') return
    // A reason with a time of its own would be another reason for each job.
    const why = outcome.why.replaceAll(instants, '…').slice(0, maxWhyLength)
    const key = this.#refused.has(why) || this.#refused.size < maxReasons ? why : otherReasons
    this.#refused.set(key, (this.#refused.get(key) ?? 0) + 1)
    if (this.#refusedIds.length < maxRefusedIds) this.#refusedIds.push(id)
  }

  counts(): Omit<BulkCounts, 'matched'> & Pick<Bulk, 'refusedIds'> {
    return {
      done: this.#done,
      already: this.#already,
      gone: this.#gone,
      refused: Object.fromEntries(this.#refused),
      refusedIds: this.#refusedIds,
    }
  }
}
