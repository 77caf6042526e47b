import type { JobContext } from '../job/job-context.ts'
import type { ScheduleDeclaration } from '../schedule/definition.ts'
import { UnknownType } from '../values/errors.ts'
import type { JobContract, Limit } from './contract.ts'
import { defaultPolicy, type JobPolicy } from './policy.ts'
import type { Middleware, RunHooks } from './run-hooks.ts'

/**
 * Which runs of a queue's jobs the recorder keeps:
 *
 * - `failed`: those that did not complete, and the last run of a job that had one such. A clean job costs nothing
 * - `all`: every run, a write unit each
 * - `none`
 */
export const histories = ['failed', 'all', 'none'] as const
export type History = (typeof histories)[number]

/** Limits of a queue. A value out of its range throws InvalidInput. */
export interface QueuePolicy {
  /**
   * Batches that run at the same time: Lambda's maximum concurrency of the queue. 2 to 1,000.
   * docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
   * @default 10
   */
  readonly concurrency: number
  /** Jobs that one function runs at the same time. 1 to 10; 1 for handlers that need the CPU. @default 10 */
  readonly batchSize: number
  /** Index partitions for new jobs; may change at any time. 1 to 1,024: jobs a second × index writes ÷ 500. @default 16 */
  readonly shards: number
  /**
   * Which runs of its jobs are kept: `failed`, those that did not complete, and the last run of a job that had one such;
   * `all`, a write unit each; `none`. Counts and error groups are kept whatever it is.
   * @default 'failed'; in the local stack and in the test kit 'all'
   */
  readonly history?: History
  /**
   * How many of its jobs run at the same time, whatever their types, and start in a time: 1 included, which `concurrency`
   * cannot give. Two write units a job. Refused where a job of the queue has a limit of its own.
   * @default no limit
   * @example { concurrency: 1 }
   */
  readonly limit?: Limit
  /**
   * Visible messages that its SQS queue is to hold: jobs beyond them wait in the table, by priority, and an urgent one
   * overtakes them all. 1 to 10,000. A good value is what its workers finish in a few seconds.
   * @default none: every job that is due goes to SQS at once
   */
  readonly window?: number
}

/** All that one deployment runs: its queues, its jobs' contracts and its schedules. */
export interface Runner {
  readonly queues: Readonly<Record<string, QueuePolicy>>
  readonly jobs: Readonly<Record<string, JobContract>>
  /** What code defines; others are made at run time. */
  readonly schedules: readonly ScheduleDeclaration[]
  readonly middleware: readonly Middleware[]
  readonly hooks?: readonly RunHooks[]
  /** Gives the context of each job that is enqueued without one. */
  readonly context?: () => JobContext | undefined
}

/** Whether it is a type of Lamplighter's own, as bulk acts are. */
export const isSystemType = (type: string): boolean => type.startsWith('lamplighter.')

/** The types that the application defines. */
export const ownTypes = ({ jobs }: Pick<Runner, 'jobs'>): readonly string[] =>
  Object.keys(jobs).filter(type => !isSystemType(type))

/** @throws UnknownType */
export function contractOf(runner: Runner, type: string): JobContract {
  const contract = Object.hasOwn(runner.jobs, type) ? runner.jobs[type] : undefined
  if (contract === undefined) throw new UnknownType(type, ownTypes(runner))
  return contract
}

/** The policy of a type; the defaults for one that this deployment does not know (yet, or any more). */
export const policyOf = (runner: Runner, type: string): JobPolicy =>
  // Stryker disable next-line OptionalChaining: the job is there; only the compiler cannot tell
  Object.hasOwn(runner.jobs, type) ? (runner.jobs[type]?.policy ?? defaultPolicy) : defaultPolicy

/** The type of the job that follows a failed one of this type; undefined where none does, or the type is not known. */
export const onFailedOf = ({ jobs }: Pick<Runner, 'jobs'>, type: string): string | undefined =>
  Object.hasOwn(jobs, type) ? jobs[type]?.onFailed : undefined

/** Whether a failure makes a job: of the jobs of one queue, or of all. Its end needs permission to put it. */
export const hasOnFailed = ({ jobs }: Pick<Runner, 'jobs'>, queue?: string): boolean =>
  Object.values(jobs).some(job => job.onFailed !== undefined && (queue === undefined || job.queue === queue))

export const defaultQueuePolicy: QueuePolicy = { concurrency: 10, batchSize: 10, shards: 16 }

export const queuePolicyOf = (runner: Runner, queue: string): QueuePolicy =>
  Object.hasOwn(runner.queues, queue) ? (runner.queues[queue] ?? defaultQueuePolicy) : defaultQueuePolicy

/** Messages that its SQS queue is to hold; undefined where it has no window. */
export const windowOf = (runner: Pick<Runner, 'queues'>, queue: string): number | undefined =>
  Object.hasOwn(runner.queues, queue) ? runner.queues[queue]?.window : undefined

/** Whether a queue has a window: one of these, or any. */
export const hasWindows = (runner: Pick<Runner, 'queues'>, queues = Object.keys(runner.queues)): boolean =>
  queues.some(queue => windowOf(runner, queue) !== undefined)
