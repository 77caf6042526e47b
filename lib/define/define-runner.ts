import type { JobContract } from '../core/definition/contract.ts'
import type { Middleware } from '../core/definition/run-context.ts'
import { defaultQueuePolicy, type QueuePolicy, type Runner } from '../core/definition/runner.ts'
import { integerIn, refuseUnknownKeys, textIn } from '../core/values/check-options.ts'
import { InvalidDefinition } from '../core/values/errors.ts'
import { queueNameRule, queueNames } from './define-job.ts'
export interface RunnerOptions {
  /** Queues beside `default`, or other limits for it. */
  readonly queues?: Readonly<Record<string, Partial<QueuePolicy>>>
  readonly jobs: readonly JobContract[]
  /** Wraps every run, the first outermost. Imported wherever the runner is: keep heavy things out of it. */
  readonly middleware?: readonly Middleware[]
}

/** @throws InvalidDefinition for two jobs of one type, or a job that names an unknown queue; InvalidInput for a limit out of range */
export function defineRunner(options: RunnerOptions): Runner {
  refuseUnknownKeys('defineRunner', options, ['queues', 'jobs', 'middleware'])
  const queues: Record<string, QueuePolicy> = {}
  for (const [name, given] of Object.entries({ default: {}, ...options.queues })) {
    const where = `queues.${name}`
    textIn('queue name', name, queueNames, queueNameRule)
    refuseUnknownKeys(where, given, ['concurrency', 'batchSize', 'shards'])
    const policy = { ...defaultQueuePolicy, ...given }
    queues[name] = {
      // Lambda: 2 to 1,000. docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
      concurrency: integerIn(`${where}.concurrency`, policy.concurrency, 2, 1_000),
      batchSize: integerIn(`${where}.batchSize`, policy.batchSize, 1, 10),
      shards: integerIn(`${where}.shards`, policy.shards, 1, 1_024),
    }
  }
  const jobs: Record<string, JobContract> = {}
  for (const contract of options.jobs) {
    if (Object.hasOwn(jobs, contract.type)) throw new InvalidDefinition(`two jobs have the type '${contract.type}'`)
    if (!Object.hasOwn(queues, contract.queue)) {
      throw new InvalidDefinition(
        `job '${contract.type}' names the queue '${contract.queue}'; defined: ${Object.keys(queues).join(', ')}`,
      )
    }
    jobs[contract.type] = contract
  }
  return { queues, jobs, middleware: options.middleware ?? [] }
}
