import type { JobContract } from '../core/definition/contract.ts'
import { queueLimitIn } from '../core/definition/limit.ts'
import type { Middleware, RunHooks } from '../core/definition/run-hooks.ts'
import { defaultQueuePolicy, histories, type QueuePolicy, type Runner } from '../core/definition/runner.ts'
import type { JobContext } from '../core/job/job-context.ts'
import { maxShards } from '../core/job/lane.ts'
import type { ScheduleDeclaration } from '../core/schedule/definition.ts'
import { integerIn, objectIn, oneOf, refuseUnknownKeys, textIn } from '../core/values/check-options.ts'
import { InvalidDefinition, InvalidInput } from '../core/values/errors.ts'
import { maxSchedules } from '../core/values/times.ts'
import { surroundingsIn } from './check-surroundings.ts'
import { queueNameRule, queueNames } from './define-job.ts'

/** What `defineRunner` takes. */
export interface RunnerOptions {
  /**
   * Queues in addition to `default`, or other limits for it. About 18 fit into a function's variables (4 KB).
   * @default one queue, `default`
   * @example { images: { concurrency: 4, batchSize: 1 } }
   */
  readonly queues?: Readonly<Record<string, Partial<QueuePolicy>>>
  /** The contracts of all jobs of this deployment, each type once. */
  readonly jobs: readonly JobContract[]
  /** When jobs are enqueued without anybody's asking; see `schedule`. At most 50,000, with those made at run time. */
  readonly schedules?: readonly ScheduleDeclaration[]
  /** Wraps every run, the first outermost. Imported wherever the runner is: keep heavy things out of it. @default none */
  readonly middleware?: readonly Middleware[]
  /** Called before and after every run. Imported as middleware is. @default none */
  readonly hooks?: readonly RunHooks[]
  /**
   * Is asked at each enqueue that brings no `context`, in producers and in handlers: for a tracer's current span. Where it
   * gives undefined, a handler's jobs carry the context of its own. Schedules do not ask it. @default none
   * @example () => { const carrier = {}; propagation.inject(context.active(), carrier); return carrier }
   */
  readonly context?: () => JobContext | undefined
}

/**
 * All that one deployment runs: its jobs and its queues.
 *
 * @example
 * export const runner = defineRunner({ jobs: [sendMail, resize], queues: { images: { concurrency: 4, batchSize: 1 } } })
 * @throws InvalidDefinition for two jobs of one type, two schedules of one name, an unknown queue or an unknown job
 * @throws InvalidInput for an option of the wrong kind, or a limit out of range
 */
export function defineRunner(options: RunnerOptions): Runner {
  objectIn('defineRunner', options)
  refuseUnknownKeys('defineRunner', options, ['queues', 'jobs', 'schedules', 'middleware', 'hooks', 'context'])
  const { queues: given = {}, jobs: contracts, schedules = [], context } = options
  objectIn('defineRunner.queues', given)
  if (context !== undefined && typeof context !== 'function') {
    throw new InvalidInput('defineRunner.context', context, 'a function')
  }
  const queues: Record<string, QueuePolicy> = {}
  for (const [name, policy] of Object.entries({ default: {}, ...given })) queues[name] = queueFrom(name, policy)
  const jobs = jobsFrom(listIn('jobs', contracts), queues)
  return {
    queues,
    jobs,
    schedules: schedulesFrom(listIn('schedules', schedules), jobs),
    ...surroundingsIn('defineRunner', options),
    ...(context === undefined ? {} : { context }),
  }
}

function queueFrom(name: string, given: Partial<QueuePolicy>): QueuePolicy {
  const where = `queues.${name}`
  textIn('queue name', name, queueNames, queueNameRule)
  if (name === 'lamplighter') throw new InvalidInput('queue name', name, 'any other name; this one is reserved')
  objectIn(where, given)
  refuseUnknownKeys(where, given, ['concurrency', 'batchSize', 'shards', 'history', 'limit', 'window'])
  const { concurrency, batchSize, shards, history, limit, window } = { ...defaultQueuePolicy, ...given }
  if (concurrency === 1) {
    throw new InvalidInput(
      `${where}.concurrency`,
      1,
      '2 to 1000: Lambda polls a queue with at least two functions; limit: { concurrency: 1 } is for jobs',
    )
  }
  return {
    ...(history === undefined ? {} : { history: oneOf(`${where}.history`, history, histories) }),
    // Lambda: 2 to 1,000. docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
    concurrency: integerIn(`${where}.concurrency`, concurrency, 2, 1_000),
    batchSize: integerIn(`${where}.batchSize`, batchSize, 1, 10),
    shards: integerIn(`${where}.shards`, shards, 1, maxShards),
    ...(limit === undefined ? {} : { limit: queueLimitIn(`${where}.limit`, limit) }),
    ...(window === undefined ? {} : { window: integerIn(`${where}.window`, window, 1, 10_000) }),
  }
}

function jobsFrom(contracts: readonly JobContract[], queues: Runner['queues']): Runner['jobs'] {
  const jobs: Record<string, JobContract> = {}
  for (const [index, contract] of contracts.entries()) {
    if (typeof contract?.type !== 'string') {
      throw new InvalidInput(`defineRunner.jobs[${index}]`, contract, 'a contract, as defineJob makes it')
    }
    if (Object.hasOwn(jobs, contract.type)) throw new InvalidDefinition(`two jobs have the type '${contract.type}'`)
    if (!Object.hasOwn(queues, contract.queue)) {
      throw new InvalidDefinition(
        `job '${contract.type}' names the queue '${contract.queue}'; defined: ${Object.keys(queues).join(', ')}`,
      )
    }
    jobs[contract.type] = contract
  }
  for (const contract of contracts) {
    checkEnqueues(contract, jobs)
    checkOnFailed(contract, jobs)
    checkLimit(contract, queues)
  }
  return jobs
}

/** Two jobs may enqueue each other, so only the whole list shows whether each is there. */
function checkEnqueues({ type, enqueues = [] }: JobContract, jobs: Runner['jobs']): void {
  const stranger = enqueues.find(one => !Object.hasOwn(jobs, one))
  if (stranger === undefined) return
  const known = Object.keys(jobs).join(', ')
  throw new InvalidDefinition(`job '${type}' enqueues '${stranger}', which is no job of this runner; defined: ${known}`)
}

/** A job passes one gate. */
function checkLimit({ type, queue, limit }: JobContract, queues: Runner['queues']): void {
  if (limit === undefined || queues[queue]?.limit === undefined) return
  throw new InvalidDefinition(
    `job '${type}' has a limit, and so has its queue '${queue}': a job has one. Take one away, or give the job another queue`,
  )
}

/** The sweeper makes the job of a run that died: it must know the contract. */
function checkOnFailed({ type, onFailed }: JobContract, jobs: Runner['jobs']): void {
  if (onFailed === undefined || Object.hasOwn(jobs, onFailed)) return
  const known = Object.keys(jobs).join(', ')
  throw new InvalidDefinition(
    `job '${type}' has onFailed '${onFailed}', which is no job of this runner; defined: ${known}`,
  )
}

function listIn<Entry>(field: 'jobs' | 'schedules', value: readonly Entry[]): readonly Entry[] {
  if (Array.isArray(value)) return value as readonly Entry[]
  throw new InvalidInput(`defineRunner.${field}`, value, 'a list')
}

/**
 * What only the runner can check: names, and that their jobs are there. The calendar is not imported here, so that the
 * bundles of a runner without schedules do without it.
 * @throws InvalidDefinition, InvalidInput
 */
function schedulesFrom(schedules: Runner['schedules'], jobs: Runner['jobs']): Runner['schedules'] {
  if (schedules.length > maxSchedules) {
    throw new InvalidInput('defineRunner.schedules', schedules.length, `at most ${maxSchedules} schedules`)
  }
  const names = new Set<string>()
  for (const [index, declaration] of schedules.entries()) {
    if (typeof declaration?.when !== 'object') {
      throw new InvalidInput(`defineRunner.schedules[${index}]`, declaration, 'a schedule, as schedule() makes it')
    }
    const { name, type } = declaration
    if (names.has(name)) throw new InvalidDefinition(`two schedules have the name '${name}'`)
    names.add(name)
    if (!Object.hasOwn(jobs, type)) {
      const known = Object.keys(jobs).join(', ') || 'none'
      throw new InvalidDefinition(`schedule '${name}' enqueues the job type '${type}'; defined: ${known}`)
    }
  }
  return schedules
}
