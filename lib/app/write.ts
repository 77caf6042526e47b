/**
 * The one way in which a use case changes a job: apply, recognise the own write whose answer was lost, try again what
 * failed, and report the event that the transition names.
 */

import { type Job, notifyOf } from '../core/job/job.ts'
import { isOwnWrite } from '../core/transitions/own-write.ts'
import type { Transition, TransitionEvent } from '../core/transitions/transition.ts'
import { InvalidInput, Unwritable } from '../core/values/errors.ts'
import { formatInstant } from '../core/values/instant.ts'
import { type Patience, repeatFailed } from '../core/values/repeat-failed.ts'
import type { Clock } from '../ports/clock.ts'
import type { Change, ChangeOutcome, JobStore } from '../ports/job-store.ts'
import type { Telemetry, TelemetryEvent } from '../ports/telemetry.ts'

export interface WriteDeps {
  readonly store: Pick<JobStore, 'apply' | 'get'>
  readonly clock: Pick<Clock, 'now' | 'sleep'>
  readonly telemetry: Telemetry
}

export interface WriteOptions extends Patience {
  /** Reads an item whose write failed to the last: the write may have been carried out. @default false */
  readonly looksAfterFailure?: boolean
}

/** What became of a write. */
export type Written =
  /** Carried out, by this call or by an earlier try whose answer was lost. `job` is undefined after a deletion only. */
  | { readonly kind: 'written'; readonly job: Job; readonly isRepeat: boolean }
  /** The guard did not hold, and the item does not carry this write. The stored item, undefined when there is none. */
  | { readonly kind: 'refused'; readonly job: Job | undefined }
  /** Nobody knows whether it was carried out; `isHopeless` when no repeat can ever succeed. */
  | { readonly kind: 'failed'; readonly error: Error; readonly isHopeless: boolean }

/** Carries out changes; answers per change, in the order given. An item may be in the list only once. Never rejects. */
export async function writeAll(
  deps: WriteDeps,
  changes: readonly Change[],
  options: WriteOptions,
): Promise<readonly Written[]> {
  const outcomes = await repeatFailed(
    changes,
    async asked => {
      const answers = await deps.store.apply(asked)
      return asked.map((change, index) => answered(deps, change, answers[index]))
    },
    isWorthRepeating,
    { ...options, clock: deps.clock },
  )
  const found =
    options.looksAfterFailure === true ? await foundAfterFailure(deps, changes, outcomes) : new Map<string, Job>()
  return changes.map((change, index) => {
    const written = writtenOf(change.transition, outcomes[index] ?? noAnswer, found.get(change.id))
    if (written.kind === 'written') report(deps, change.transition, written.job)
    return written
  })
}

/** As `writeAll`, for one change. */
export async function write(deps: WriteDeps, change: Change, options: WriteOptions): Promise<Written> {
  const [written] = await writeAll(deps, [change], options)
  return written ?? { ...noAnswer, isHopeless: false }
}

const noAnswer = { kind: 'failed', error: new Error('no answer') } as const

/** A write that is wrong in itself is refused for ever: an item that outgrows its limit, a time that is no number. */
const isHopeless = (error: Error): boolean => error instanceof Unwritable || error instanceof InvalidInput

const isWorthRepeating = (outcome: ChangeOutcome): boolean => outcome.kind === 'failed' && !isHopeless(outcome.error)

/** Each failure is reported, the last one too: without that an outcome could be lost without a trace. */
function answered({ telemetry }: WriteDeps, { id, transition }: Change, outcome: ChangeOutcome = noAnswer) {
  if (outcome.kind !== 'failed') return outcome
  const error = outcome.error.message
  if (isHopeless(outcome.error)) telemetry.emit({ name: 'job_set_aside', id, error })
  else telemetry.emit({ name: 'store_failed', id, transition: transition.name, error })
  return outcome
}

async function foundAfterFailure(
  { store }: WriteDeps,
  changes: readonly Change[],
  outcomes: readonly ChangeOutcome[],
): Promise<ReadonlyMap<string, Job>> {
  const ids = changes.flatMap(({ id }, index) => (outcomes[index]?.kind === 'failed' ? [id] : []))
  if (ids.length === 0) return new Map()
  try {
    const jobs = await store.get(ids)
    return new Map(jobs.flatMap(job => (job === undefined ? [] : [[job.id, job] as const])))
  } catch {
    // The store does not answer at all: the write stays unknown.
    return new Map()
  }
}

function writtenOf(transition: Transition, outcome: ChangeOutcome, found: Job | undefined): Written {
  switch (outcome.kind) {
    case 'applied':
      return { kind: 'written', job: outcome.job, isRepeat: false }
    case 'refused':
      // Not for a deletion: nothing tells who deleted the item, and there is no job to hand back.
      return outcome.job !== undefined && isOwnWrite(transition, outcome.job)
        ? { kind: 'written', job: outcome.job, isRepeat: true }
        : { kind: 'refused', job: outcome.job }
    case 'failed':
      return found !== undefined && isOwnWrite(transition, found)
        ? { kind: 'written', job: found, isRepeat: true }
        : { kind: 'failed', error: outcome.error, isHopeless: isHopeless(outcome.error) }
  }
}

/** Reports a change that was carried out. For a deletion `job` is the item as it was. */
export function report(
  { telemetry, clock }: Pick<WriteDeps, 'telemetry' | 'clock'>,
  transition: Transition,
  job: Job,
): void {
  for (const event of reportsOf(transition, job, clock.now())) telemetry.emit(event)
}

/**
 * What a change that was carried out has to report. A change that counts a crash reports the crash first: the attempt
 * that crashed is the one before the start that took the job over.
 * @param job the item after the change
 */
export function reportsOf({ event, set, add }: Transition, job: Job, now: number): readonly TelemetryEvent[] {
  if (event === undefined) return []
  const reported = reportOf(event, job, now)
  if (set.crashes === undefined || event.name === 'job_crashed') return [reported]
  const attempt = job.attempt - (add?.attempt ?? 0)
  return [{ name: 'job_crashed', ...fieldsOf(job), attempt, crashes: set.crashes }, reported]
}

const fieldsOf = ({ id, type, queue }: Job) => ({ id, type, queue })

function reportOf(event: TransitionEvent, job: Job, now: number): TelemetryEvent {
  const fields = fieldsOf(job)
  const { attempt } = job
  const retryInMs = Math.max(0, job.scheduledAt - now)
  const startedAt = job.startedAt ?? now
  switch (event.name) {
    case 'job_started':
      return { name: event.name, ...fields, attempt, lateMs: Math.max(0, startedAt - job.scheduledAt) }
    case 'job_completed': {
      const runMs = Math.max(0, (job.finishedAt ?? now) - startedAt)
      return { name: event.name, ...fields, ...notifyOf(job), attempt, runMs }
    }
    case 'job_retry':
      return { ...event, ...fields, ...notifyOf(job), attempt, retryInMs }
    case 'job_failed':
      return { ...event, ...fields, ...notifyOf(job), attempt }
    case 'job_snoozed':
      return { name: event.name, ...fields, attempt, retryInMs }
    case 'job_suspended': {
      const { state, scheduledAt } = job
      return { name: event.name, ...fields, attempt, isWaiting: state === 'WAITING', until: formatInstant(scheduledAt) }
    }
    case 'job_cancelled':
      return { name: event.name, ...fields, ...notifyOf(job), attempt }
    case 'job_crashed':
      return { name: event.name, ...fields, attempt, crashes: job.crashes ?? 0 }
    case 'job_dispatched':
      return { name: event.name, ...fields, delayMs: retryInMs, dispatches: job.dispatches ?? 0 }
    case 'job_parked':
      return { name: event.name, ...fields, gate: job.gate ?? '' }
    case 'job_booked':
      return { name: event.name, ...fields, gate: job.gate ?? '', waitMs: retryInMs }
    case 'job_adopted':
    case 'job_moved':
    case 'job_tidied':
    case 'job_requeued':
    case 'job_rescheduled':
    case 'job_deleted':
    case 'job_woken':
    case 'job_cancel_requested':
      return { name: event.name, ...fields }
  }
}
