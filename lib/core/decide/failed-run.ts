/** What becomes of a run that did not return a value: retried, failed or snoozed. */
import { backoffMs, boundedDelayMs } from '../definition/backoff.ts'
import { reactionTo } from '../definition/handler-errors.ts'
import type { JobPolicy } from '../definition/policy.ts'
import { type Job, maxAttemptsOf, maxSnoozesOf } from '../job/job.ts'
import { type JobError, normaliseError } from '../job/job-error.ts'
import { formatMs } from '../values/duration.ts'

export type FailedRun =
  | {
      readonly kind: 'retry'
      readonly delayMs: number
      readonly error: JobError
      /** Failures in a row, where progress makes them fewer than the job's counters say. */
      readonly failures?: number
    }
  | { readonly kind: 'failed'; readonly error: JobError }
  | {
      readonly kind: 'snoozed'
      readonly delayMs: number
      /** Put off more often than the job may be, but it has got on in between. */
      readonly isBeyond?: true
    }

/** What the decision depends on, apart from what happened. */
export interface FailureContext {
  /** As it was started: with this attempt counted. */
  readonly job: Job
  readonly policy: JobPolicy
  /** Uniform in [0, 1): the jitter. */
  readonly fraction: number
  /** The last attempt that left something from which later ones go on. Absent: none did, or nobody looked. */
  readonly progressedAt?: number | undefined
}

/**
 * Failures in a row, this one included: `maxAttempts` bounds those without progress in between. After progress the next
 * failure is the first of a new row; also a crash, of which nobody wrote down that the run had got further.
 */
export function failuresInRow({ job, progressedAt }: Pick<FailureContext, 'job' | 'progressedAt'>): number {
  const counted = job.attempt - (job.snoozes ?? 0)
  return progressedAt === undefined ? counted : Math.min(counted, job.attempt - progressedAt + 1)
}

/** What the counters are too high by, because of progress; undefined where they are right. */
const countedAnew = (context: FailureContext): { readonly failures?: number } =>
  failuresInRow(context) === failuresInRow({ job: context.job }) ? {} : { failures: failuresInRow(context) }

/**
 * How often the job was put off in a row, before this run: `maxSnoozes` bounds that. The counter of a job that gets on goes
 * up with each rest, and says nothing. Of the runs since progress those that failed do not count.
 */
export function snoozesInRow(context: Pick<FailureContext, 'job' | 'progressedAt'>): number {
  const { job, progressedAt } = context
  const counted = job.snoozes ?? 0
  if (progressedAt === undefined) return counted
  return Math.min(counted, Math.max(0, job.attempt - progressedAt - failuresInRow(context)))
}

/** Once more, later, at no cost; undefined where the job was put off too often. */
function putOff(context: FailureContext, delayMs: number): FailedRun | undefined {
  const most = maxSnoozesOf(context.job)
  if (snoozesInRow(context) >= most) return undefined
  return { kind: 'snoozed', delayMs, ...((context.job.snoozes ?? 0) < most ? {} : { isBeyond: true }) }
}

/** Attempts left after this one. */
const leftOf = (context: FailureContext): number =>
  context.progressedAt === undefined ? context.job.attemptsLeft : maxAttemptsOf(context.job) - failuresInRow(context)

/** Whether no attempt is left after this one. */
export const isLastFailure = (context: FailureContext): boolean => leftOf(context) < 1

/** A failure after which the job is tried again. */
export const retryAfter = (context: FailureContext, error: JobError, delayMs: number): FailedRun => ({
  kind: 'retry',
  error,
  delayMs,
  ...countedAnew(context),
})

/** The handler threw. */
export function decideThrown(context: FailureContext, thrown: unknown): FailedRun {
  const reaction = reactionTo(thrown)
  switch (reaction.kind) {
    case 'failForGood':
      return { kind: 'failed', error: normaliseError(thrown) }
    case 'snooze':
      return decideSnooze(context, reaction.delayMs)
    case 'retryAfter': {
      const wishMs = boundedDelayMs(reaction.delayMs)
      const delayMs = reaction.isExact ? wishMs : Math.max(wishMs, ownDelayMs(context))
      return retryOrFail(context, normaliseError(thrown), delayMs)
    }
    case 'retry':
      return retryOrFail(context, normaliseError(thrown), ownDelayMs(context))
  }
}

/** The run had no outcome when its time was up. */
export function decideTimedOut(context: FailureContext): FailedRun {
  const message = `no outcome within ${formatMs(context.policy.timeoutMs)}`
  return retryOrFail(context, { name: 'TimedOut', message }, ownDelayMs(context))
}

/** Another invocation must run the job: no attempt is used up, unless it has been put off too often. */
export function decideUnrun(context: FailureContext, delayMs: number): FailedRun {
  const error = { name: 'NoTimeLeft', message: 'the function had no time left to run the job' }
  return putOff(context, delayMs) ?? retryOrFail(context, error, delayMs)
}

/** A job that only ever snoozes would never end. */
function decideSnooze(context: FailureContext, delayMs: number): FailedRun {
  const message = `snoozed ${maxSnoozesOf(context.job)} times`
  return putOff(context, boundedDelayMs(delayMs)) ?? { kind: 'failed', error: { name: 'TooManySnoozes', message } }
}

const retryOrFail = (context: FailureContext, error: JobError, delayMs: number): FailedRun =>
  isLastFailure(context) ? { kind: 'failed', error } : retryAfter(context, error, delayMs)

const ownDelayMs = (context: FailureContext): number =>
  backoffMs(context.policy.backoff, failuresInRow(context), context.fraction)
