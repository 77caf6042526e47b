import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Duration } from './duration.ts'
import { UnknownType } from './errors.ts'
import type { Job } from './job.ts'
import { defaultPolicy, type JobPolicy } from './policy.ts'

/** What producers, API, sweeper and dispatcher know of a job: everything but its handler. */
export interface JobContract<Type extends string = string, Input = unknown, Output = unknown> {
  readonly type: Type
  readonly queue: string
  readonly input: StandardSchemaV1<Input, Output>
  readonly policy: JobPolicy
}

/** What a producer passes for a job of this contract. */
export type InputOf<Contract> = Contract extends JobContract<string, infer Input> ? Input : never

export interface QueuePolicy {
  /** Batches that run at the same time: Lambda's maximum concurrency for the queue. */
  readonly concurrency: number
  /** Messages in one batch. */
  readonly batchSize: number
  /** Index partitions for new jobs. May grow at any time. */
  readonly shards: number
}

/** Structured logging for handlers: message first, fields as one object. */
export interface Logger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void
  info(message: string, fields?: Readonly<Record<string, unknown>>): void
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void
  error(message: string, fields?: Readonly<Record<string, unknown>>): void
}

/** What a handler may know of its job. */
export type RunningJob = Pick<
  Job,
  'id' | 'type' | 'queue' | 'attempt' | 'attemptsLeft' | 'scheduledAt' | 'insertedAt' | 'tags' | 'notify'
> & {
  /** 1, and one more with each requeue. */
  readonly generation: number
  readonly crashes: number
  readonly snoozes: number
}

/** Given to a handler with its input. */
export interface RunContext {
  readonly job: RunningJob
  /** Starts so far, this one included. */
  readonly attempt: number
  /** Aborts when the job is cancelled, its time is up or its lease is lost. Nothing written after that counts. */
  readonly signal: AbortSignal
  /** Epoch milliseconds at which the run must have ended; moves when `heartbeat` extends it. */
  readonly deadline: number
  readonly logger: Logger
  /** Says that the run lives, and gives it another `timeout` from now, within the function's own time. */
  heartbeat(): Promise<void>
  /** Reports 0 to 100 percent. At most one write a second reaches the table; what comes in between is dropped. */
  progress(percent: number): Promise<void>
  /** Ends this run without using up an attempt; the job runs again after the delay. Never returns. */
  snooze(delay: Duration): never
}

/** A handler bound to its contract. Bundled into workers only. */
export interface JobHandler<Contract extends JobContract = JobContract> {
  readonly contract: Contract
  readonly run: (input: never, ctx: RunContext) => unknown
}

/** Wraps every run of a worker: call `next` to go on, throw to fail the run. */
export type Middleware = (
  run: { readonly input: unknown; readonly ctx: RunContext },
  next: () => Promise<unknown>,
) => Promise<unknown>

/** All that one deployment runs: its queues and its jobs' contracts. */
export interface Runner {
  readonly queues: Readonly<Record<string, QueuePolicy>>
  readonly jobs: Readonly<Record<string, JobContract>>
  readonly middleware: readonly Middleware[]
}

/** @throws UnknownType */
export function contractOf(runner: Runner, type: string): JobContract {
  const contract = Object.hasOwn(runner.jobs, type) ? runner.jobs[type] : undefined
  if (contract === undefined) throw new UnknownType(type, Object.keys(runner.jobs))
  return contract
}

/** The policy of a type; the defaults for one that this deployment does not know (yet, or any more). */
export const policyOf = (runner: Runner, type: string): JobPolicy =>
  // Stryker disable next-line OptionalChaining: the job is there; only the compiler cannot tell
  Object.hasOwn(runner.jobs, type) ? (runner.jobs[type]?.policy ?? defaultPolicy) : defaultPolicy

export const defaultQueuePolicy: QueuePolicy = { concurrency: 10, batchSize: 10, shards: 16 }

export const queuePolicyOf = (runner: Runner, queue: string): QueuePolicy =>
  Object.hasOwn(runner.queues, queue) ? (runner.queues[queue] ?? defaultQueuePolicy) : defaultQueuePolicy
