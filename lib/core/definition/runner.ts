import { UnknownType } from '../values/errors.ts'
import type { JobContract } from './contract.ts'
import { defaultPolicy, type JobPolicy } from './policy.ts'
import type { Middleware } from './run-context.ts'

export interface QueuePolicy {
  /** Batches that run at the same time: Lambda's maximum concurrency for the queue. */
  readonly concurrency: number
  /** Messages in one batch. */
  readonly batchSize: number
  /** Index partitions for new jobs. May grow at any time. */
  readonly shards: number
}

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
