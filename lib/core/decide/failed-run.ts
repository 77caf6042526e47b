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
      /** The run got further before it failed: attempts count from here on. */
      readonly hasProgressed?: true
    }
  | { readonly kind: 'failed'; readonly error: JobError }
  | { readonly kind: 'snoozed'; readonly delayMs: number }

/** What the decision depends on, apart from what happened. */
export interface FailureContext {
  /** As it was started: with this attempt counted. */
  readonly job: Job
  readonly policy: JobPolicy
  /** Uniform in [0, 1): the jitter. */
  readonly fraction: number
  /** Since its start the run has left what later runs go on from. */
  readonly hasProgressed?: boolean
}

/**
 * `maxAttempts` bounds failures in a row without progress. After progress a failure is the first of a new row: all
 * attempts are left but this one.
 */
export function countedFrom({ job, hasProgressed = false }: Pick<FailureContext, 'job' | 'hasProgressed'>): Job {
  return hasProgressed ? { ...job, attemptsLeft: maxAttemptsOf(job) - 1, snoozes: job.attempt - 1 } : job
}

/** Failures in a row, this one included. */
export const failuresInRow = (job: Job): number => job.attempt - (job.snoozes ?? 0)

/** The handler threw. */
export function decideThrown(context: FailureContext, thrown: unknown): FailedRun {
  const reaction = reactionTo(thrown)
  switch (reaction.kind) {
    case 'failForGood':
      return { kind: 'failed', error: normaliseError(thrown) }
    case 'snooze':
      return decideSnooze(context.job, reaction.delayMs)
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
  if ((context.job.snoozes ?? 0) < maxSnoozesOf(context.job)) return { kind: 'snoozed', delayMs }
  const error = { name: 'NoTimeLeft', message: 'the function had no time left to run the job' }
  return retryOrFail(context, error, delayMs)
}

/** A job that only ever snoozes would never end. */
function decideSnooze(job: Job, delayMs: number): FailedRun {
  const maxSnoozes = maxSnoozesOf(job)
  if ((job.snoozes ?? 0) < maxSnoozes) return { kind: 'snoozed', delayMs: boundedDelayMs(delayMs) }
  return { kind: 'failed', error: { name: 'TooManySnoozes', message: `snoozed ${maxSnoozes} times` } }
}

function retryOrFail(context: FailureContext, error: JobError, delayMs: number): FailedRun {
  if (countedFrom(context).attemptsLeft < 1) return { kind: 'failed', error }
  return { kind: 'retry', error, delayMs, ...(context.hasProgressed === true ? { hasProgressed: true } : {}) }
}

const ownDelayMs = (context: FailureContext): number =>
  backoffMs(context.policy.backoff, failuresInRow(countedFrom(context)), context.fraction)
