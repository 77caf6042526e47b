import type { JobState } from '../job/job.ts'
import type { JobContext } from '../job/job-context.ts'
import type { Duration } from '../values/duration.ts'
import type { LamplighterError } from '../values/errors.ts'
import type { InputOf, JobContract, ResultOf } from './contract.ts'
import type { UniqueAction, UniqueOptions } from './unique.ts'

/** How a job is to be enqueued; all optional. */
export interface EnqueueOptions {
  /** Runs after this long. '0s' to '3650d'. Not together with runAt. @default now */
  readonly delay?: Duration
  /** As `delay`, in milliseconds. */
  readonly delayMs?: number
  /** Runs at this instant: a Date, or ISO 8601 text with a zone. A year back (that is: now) to ten years ahead. */
  readonly runAt?: Date | string
  /**
   * No attempt starts after this: the job ends CANCELLED with the code `expired`, and no failure is counted. A duration
   * counts from the time at which the job is due, '1s' to '3650d'; or an instant after that, as for `runAt`. A run that has
   * begun goes on.
   * @example client.enqueue(sendCode, { to }, { startBy: '5m' })
   * @default whenever it is its turn
   */
  readonly startBy?: Date | string
  /** Starts before the job ends FAILED. 1 to 1,000. @default the contract's */
  readonly maxAttempts?: number
  /** −100 to 100, lower first, among jobs that one tick hands out. @default 0 */
  readonly priority?: number
  /** At most 10, of 1 to 64 characters. */
  readonly tags?: readonly string[]
  /** Any JSON of at most 1,024 bytes; handed on with the job's events. */
  readonly notify?: unknown
  /**
   * The trace that causes the job, and baggage for its handler: `ctx.context`. At most 512 bytes as JSON.
   * @default what the runner's `context` gives; in a handler, the context of its own job
   */
  readonly context?: JobContext
  /** The same key and type is the same job, as long as it is in the table. 1 to 256 characters. */
  readonly idempotencyKey?: string
  /**
   * One job for each key at a time: see `UniqueOptions`. Adds to what the contract says. Not with an idempotencyKey.
   * @example client.enqueue(reindex, { account }, { delay: '30s', unique: { key: account, onConflict: 'replace', maxWait: '5m' } })
   * @default the contract's `unique`
   */
  readonly unique?: UniqueOptions
}

/** What an enqueue answers. */
export interface EnqueuedJob {
  readonly id: string
  readonly state: JobState
  /** False when the idempotency key or the unique key had made this job before. */
  readonly created: boolean
  /**
   * What became of a unique job: `created`; `existing`, and nothing was written; `replaced`, it was there and is now what
   * was asked for; `queuedBehind`, it follows the one that has started. Absent of other jobs.
   */
  readonly action?: UniqueAction
  /** Of a unique job: the generation in which what was asked for runs, or has run. */
  readonly generation?: number
}

export interface Enqueued extends EnqueuedJob {
  readonly kind: 'enqueued'
}

/** A request of several: taken, or refused without harm to the others. */
export type EnqueueOutcome = Enqueued | { readonly kind: 'refused'; readonly error: LamplighterError }

/** A job that is to be enqueued. Only `client.job(…)` and `jobRequest(…)` make it: the input has the contract's type. */
export interface JobRequest<Result = unknown> {
  readonly type: string
  readonly input: unknown
  readonly options: EnqueueOptions
  /** Of the type alone. A name, not a symbol: the copies for import and for require must fit each other. */
  readonly '~checked': true
  /** Of the type alone: what `ctx.all` gives of it. */
  readonly '~result'?: Result
}

/**
 * A request for `enqueueMany`, `ctx.all` and `ctx.commit`, where there is no client.
 * @example await ctx.commit(items, { enqueue: [jobRequest(sendReceipt, { to }, { delay: '5m' })] })
 */
export const jobRequest = <Contract extends JobContract>(
  job: Contract,
  input: InputOf<Contract>,
  options: EnqueueOptions = {},
): JobRequest<ResultOf<Contract>> => ({ type: job.type, input, options }) as JobRequest<ResultOf<Contract>>
