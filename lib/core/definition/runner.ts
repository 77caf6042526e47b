import { InvalidDefinition, UnknownType } from '../values/errors.ts'
import type { JobContract } from './contract.ts'
import { defaultPolicy, type JobPolicy } from './policy.ts'
import type { JobHandler, Middleware } from './run-context.ts'

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

/**
 * What a worker asks of its handlers before it runs anything.
 * @throws InvalidDefinition when two handlers claim one type, or one is bound to a contract that the runner does not list
 */
export function checkHandlers(runner: Runner, handlers: readonly JobHandler[]): void {
  const seen = new Set<string>()
  for (const { contract } of handlers) {
    const { type } = contract
    if (seen.has(type)) throw new InvalidDefinition(`two handlers for job type '${type}'`)
    const listed = Object.hasOwn(runner.jobs, type) ? runner.jobs[type] : undefined
    if (listed === undefined) {
      throw new InvalidDefinition(`the handler of '${type}' belongs to a contract that the runner does not list`)
    }
    if (listed !== contract) {
      throw new InvalidDefinition(
        `the handler of '${type}' belongs to another copy of its contract than the one the runner lists: ` +
          'import the contract from one module in both places',
      )
    }
    seen.add(type)
  }
}

/** Types that no handler serves. */
export const typesWithoutHandler = (runner: Runner, handlers: readonly JobHandler[]): readonly string[] => {
  const served = new Set(handlers.map(({ contract }) => contract.type))
  return Object.keys(runner.jobs).filter(type => !served.has(type))
}
