import type { JobState } from '../job/job.ts'
import type { JobContext } from '../job/job-context.ts'
import type { Duration } from '../values/duration.ts'
import type { InputOf, JobContract } from './contract.ts'

/** How a job is to be enqueued; all optional. */
export interface EnqueueOptions {
  /** Runs after this long. '0s' to '3650d'. Not together with runAt. @default now */
  readonly delay?: Duration
  /** As `delay`, in milliseconds. */
  readonly delayMs?: number
  /** Runs at this instant: a Date, or ISO 8601 text with a zone. A year back (that is: now) to ten years ahead. */
  readonly runAt?: Date | string
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
}

/** What an enqueue answers. */
export interface EnqueuedJob {
  readonly id: string
  readonly state: JobState
  /** False when the idempotency key had made this job before. */
  readonly created: boolean
}

/** A job that is to be enqueued. Only `client.job(…)` and `jobRequest(…)` make it: the input has the contract's type. */
export interface JobRequest {
  readonly type: string
  readonly input: unknown
  readonly options: EnqueueOptions
  /** Of the type alone. A name, not a symbol: the copies for import and for require must fit each other. */
  readonly '~checked': true
}

/**
 * A request for `enqueueMany` and `ctx.commit`, where there is no client.
 * @example await ctx.commit(items, { enqueue: [jobRequest(sendReceipt, { to }, { delay: '5m' })] })
 */
export const jobRequest = <Contract extends JobContract>(
  job: Contract,
  input: InputOf<Contract>,
  options: EnqueueOptions = {},
): JobRequest => ({ type: job.type, input, options }) as JobRequest
