/** T8–T13: what a run writes about itself. */

import { firstHoldMs, type JobPolicy } from '../definition/policy.ts'
import { type Job, maxAttemptsOf, maxSnoozesOf } from '../job/job.ts'
import { errorText, type JobError, reportedError } from '../job/job-error.ts'
import { laneOf } from '../job/lane.ts'
import { retryErrorText } from '../job/why.ts'
import { leadMs, maxFinalErrorBytes, maxRetryErrorBytes, tickMs } from '../values/times.ts'
import { absent, asSeen, atMost, below, type Clause } from './clause.ts'
import { ending, failed } from './ends.ts'
import { endable, mine } from './guards.ts'
import type { Transition } from './transition.ts'

/** A job in the hands of its run, at one reading of the clock. */
export interface HeldJob {
  readonly job: Job
  /** The token of the run. */
  readonly owner: string
  readonly policy: JobPolicy
  readonly now: number
  /** 0 to 100: the last report of this run. Absent when the handler never reported. */
  readonly progress?: number
}

/** T8. The run says that it lives; the answer carries the cancel flag. The lease never moves backwards. */
export function heartbeatIfOwner(owner: string, leaseUntil: number, progress: number | undefined): Transition {
  return {
    name: 'heartbeatIfOwner',
    row: 'T8',
    guard: [...mine(owner), atMost('leaseUntil', leaseUntil)],
    set: { leaseUntil, ...(progress === undefined ? {} : { progress }) },
    remove: [],
  }
}

/** T9. `owner` stays on the item: with the row's key it would be a second removal, which not every engine takes. */
export function completeIfOwner(
  { job, owner, policy, now, progress }: HeldJob,
  result: string | undefined,
): Transition {
  const listed = policy.listCompleted ? { lane: laneOf(job.queue, 'completed', job.shard) } : {}
  const isProgressUsed = progress !== undefined || job.progress !== undefined
  return {
    name: 'completeIfOwner',
    row: 'T9',
    event: { name: 'job_completed' },
    guard: [...mine(owner), endable],
    set: {
      state: 'COMPLETED',
      ...(result === undefined ? {} : { result }),
      ...(isProgressUsed ? { progress: 100 } : {}),
      ...ending(job, now, policy.keepCompletedMs),
      lastOwner: owner,
      leaseUntil: now,
      ...listed,
    },
    remove: policy.listCompleted ? [] : ['lane'],
  }
}

/** T10. As T9, in one transaction with writes of the handler's own and with follow-up jobs. */
export const commitIfOwner = (held: HeldJob, result: string | undefined): Transition => ({
  ...completeIfOwner(held, result),
  name: 'commitIfOwner',
  row: 'T10',
})

/** When a job that failed or snoozed is due again, and who brings it back until then. */
export interface RetryTime {
  readonly dueAt: number
  /**
   * - `kept`: the message in hand, made visible later
   * - `sent`: a new message that SQS delays
   * - `sweeper`: nobody yet; the sweeper sends a message near the time
   */
  readonly via: 'kept' | 'sent' | 'sweeper'
}

/** When the sweeper must look at a job that waits for its time; undefined: when it would have looked anyway. */
export function lookFor(
  { job, policy }: Pick<HeldJob, 'job' | 'policy'>,
  { dueAt, via }: RetryTime,
): number | undefined {
  if (via === 'sweeper') return dueAt - leadMs
  const latest = dueAt + firstHoldMs(policy)
  const stays = job.lookAt !== undefined && job.lookAt >= dueAt + tickMs && job.lookAt <= latest
  return stays ? undefined : latest
}

/**
 * A message that will come leaves the sweeper nothing to do before its hold is over. Progress belongs to one attempt: it
 * starts again at 0, and here, because the start has not read the item.
 */
function waitAgain(held: HeldJob, retry: RetryTime) {
  const { job, owner, now, progress } = held
  const lookAt = lookFor(held, retry)
  return {
    state: 'RETRY',
    scheduledAt: retry.dueAt,
    lastOwner: owner,
    // When the run ended: nothing else in the item says it.
    leaseUntil: now,
    ...((progress ?? job.progress ?? 0) === 0 ? {} : { progress: 0 }),
    ...(lookAt === undefined ? {} : { lookAt }),
  } as const
}

/** So many failures in a row, whatever the counters say. Their sum stays (I6). */
const countedAnew = ({ job }: HeldJob, failures: number) => ({
  attemptsLeft: maxAttemptsOf(job) - failures,
  snoozes: job.attempt - failures,
})

/**
 * Who reads the change alone tells such a failure from a snooze by its error: both raise `snoozes`. So it must not be the
 * error of the failure before, to the letter.
 */
function errorTextOf({ job }: HeldJob, error: JobError, isAnew: boolean): string {
  const text = retryErrorText(error, maxRetryErrorBytes)
  return isAnew && text === job.error ? retryErrorText(error, maxRetryErrorBytes, job.attempt) : text
}

/** T11. @param failures in a row, where progress makes them fewer than the job's counters say */
export function retryIfOwner(held: HeldJob, retry: RetryTime, error: JobError, failures?: number): Transition {
  const isAnew = failures !== undefined
  return {
    name: 'retryIfOwner',
    row: 'T11',
    event: { name: 'job_retry', ...reportedError(error) },
    guard: [...mine(held.owner), absent('cancelRequestedAt'), ...(isAnew ? [asSeen(held.job, 'attempt')] : [])],
    // Without the stack, which goes to the log: a waiting job must stay small.
    set: {
      ...waitAgain(held, retry),
      ...(isAnew ? countedAnew(held, failures) : {}),
      error: errorTextOf(held, error, isAnew),
    },
    remove: ['owner'],
  }
}

/** T12. @param maxBytes of the error as it is stored */
export function failIfOwner(held: HeldJob, error: JobError, maxBytes = maxFinalErrorBytes): Transition {
  const { job, owner, policy, now, progress } = held
  return {
    name: 'failIfOwner',
    row: 'T12',
    event: { name: 'job_failed', ...reportedError(error) },
    guard: [...mine(owner), endable],
    set: {
      ...failed(job, errorText(error, maxBytes), now, policy),
      ...(progress === undefined ? {} : { progress }),
      lastOwner: owner,
      leaseUntil: now,
    },
    remove: ['owner'],
  }
}

/**
 * T13. As T11, but the attempt is given back; bounded, or a job that always snoozes would never end.
 * @param isBeyond the bound: the job has got on since, and its starts bound it
 */
export function snoozeIfOwner(held: HeldJob, retry: RetryTime, isBeyond = false): Transition {
  const { job, owner } = held
  const snoozes = job.snoozes ?? 0
  // A foreign writer may have put 0 there, where an enqueue leaves the attribute out.
  const isBound = snoozes > 0 && !isBeyond
  const bound: readonly Clause[] = [asSeen(job, 'snoozes'), ...(isBound ? [below('snoozes', maxSnoozesOf(job))] : [])]
  return {
    name: 'snoozeIfOwner',
    row: 'T13',
    event: { name: 'job_snoozed' },
    guard: [...mine(owner), absent('cancelRequestedAt'), ...bound],
    set: { ...waitAgain(held, retry), snoozes: snoozes + 1, attemptsLeft: job.attemptsLeft + 1 },
    remove: ['owner'],
  }
}
