/** Enqueues the occurrences of a schedule in a stretch of its past, as the job `lamplighter.backfill`. */
import { hasWindows } from '../../core/definition/runner.ts'
import { jobIdFromKey } from '../../core/job/ids.ts'
import { type Bulk, type BulkCounts, countsOf } from '../../core/records/bulk.ts'
import { boundedNext, type Occurrence, occurrenceOf, timesIn } from '../../core/schedule/occurrences.ts'
import { takenBackCode } from '../../core/transitions/cancel.ts'
import { inTable } from '../../core/transitions/enqueue.ts'
import { Unavailable } from '../../core/values/errors.ts'
import { instantOf } from '../../core/values/instant.ts'
import type { Deps } from '../../ports/deps.ts'
import { jobOf, withInput } from '../schedule/plan-firing.ts'
import { putOccurrences } from '../schedule/put-occurrences.ts'
import { schedulesNamed } from '../schedule/read-schedules.ts'
import { sendOrPull } from '../send.ts'
import { makeBulk, newBulk, saveBulk } from './bulk-store.ts'
import { type BulkContext, sliceMs } from './run-bulk.ts'

/** As the job gets it. JSON. */
export interface BackfillRequest {
  readonly schedule: string
  /** ISO 8601, both included. */
  readonly from: string
  readonly to: string
  /** Whether occurrences that ran get a second job. */
  readonly again: boolean
  readonly rate: number
  /** Counts, and enqueues nothing. Absent in requests of releases before this one. */
  readonly dryRun?: boolean
  readonly by: string
}

const together = 25

/**
 * @returns how many occurrences there are, got a job, and had one
 * @throws what `ctx.snooze` throws; the signal's reason; Unavailable; what the schedule's input function throws
 */
export async function runBackfill(deps: Deps, request: BackfillRequest, ctx: BulkContext): Promise<BulkCounts> {
  const now = deps.clock.now()
  const stopAt = now + sliceMs
  let bulk = await makeBulk(deps, newBulk(ctx.job.id, 'backfill', request, now))
  while (bulk.endedAt === undefined) {
    if (ctx.signal.aborted) throw ctx.signal.reason
    if (deps.clock.now() >= stopAt) ctx.snooze('0s')
    const startedAt = deps.clock.now()
    const size = Math.min(together, request.rate)
    bulk = await backfillSome(deps, request, bulk, size)
    if (bulk.endedAt !== undefined) break
    // A count holds nobody up.
    const pauseMs = request.dryRun === true ? 0 : startedAt + (size * 1_000) / request.rate - deps.clock.now()
    await deps.clock.sleep(Math.max(0, pauseMs), ctx.signal)
  }
  return countsOf(bulk)
}

/** The cursor is the time of the last occurrence that is done. */
async function backfillSome(deps: Deps, request: BackfillRequest, bulk: Bulk, limit: number): Promise<Bulk> {
  const { schedule: name, again, dryRun = false } = request
  const now = deps.clock.now()
  const schedule = (await schedulesNamed(deps, [name])).get(name)
  if (schedule === undefined) return saveBulk(deps, bulk, { endedAt: now, refused: { 'the schedule is gone': 1 } })
  const definition = withInput(deps.runner, schedule.definition)
  const from = bulk.cursor === undefined ? epochOf(request.from) - 1 : Number(bulk.cursor)
  const times = timesIn(boundedNext(definition), { from, until: epochOf(request.to), limit })
  const occurrences = times.map(time => {
    const occurrence = occurrenceOf(definition, time)
    // The same id in each run of this backfill, so that a repeated page makes no second job.
    return again ? { ...occurrence, jobId: jobIdFromKey('lamplighter.backfill', `${bulk.id}:${time}`) } : occurrence
  })
  const there = await deps.store.get(
    occurrences.map(({ jobId }) => jobId),
    'control',
  )
  const missing = occurrences.filter((_, index) => {
    const job = there[index]
    return job === undefined || job.code === takenBackCode
  })
  if (!dryRun) await enqueueAll(deps, definition, missing)
  const isLast = times.length < limit
  return saveBulk(deps, bulk, {
    matched: bulk.matched + times.length,
    done: bulk.done + (dryRun ? 0 : missing.length),
    already: bulk.already + (times.length - missing.length),
    cursor: String(times.at(-1) ?? from),
    ...(isLast ? { endedAt: deps.clock.now() } : {}),
  })
}

/** @throws Unavailable */
async function enqueueAll(
  deps: Deps,
  definition: ReturnType<typeof withInput>,
  occurrences: readonly Occurrence[],
): Promise<void> {
  const now = deps.clock.now()
  const made = await Promise.all(
    occurrences.map(occurrence => jobOf(deps, definition, { occurrence, after: undefined, now })),
  )
  // The next tick sends them, as far as their queue has room; the others join its line.
  const jobs = made.map(job => (hasWindows(deps.runner, [job.queue]) ? inTable(job) : job))
  const stored = await putOccurrences(deps, jobs)
  await sendOrPull(
    deps,
    jobs.flatMap(job => stored.get(job) ?? []),
  )
  if (jobs.every(job => stored.has(job))) return
  throw new Unavailable(`backfill of ${definition.name}`, 'some jobs could not be written')
}

const epochOf = (instant: string): number => instantOf(instant) ?? 0
