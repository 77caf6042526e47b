import { type Enqueued, type EnqueueOutcome, enqueue, enqueueMany } from '../app/enqueue/enqueue.ts'
import type { EnqueueOptions } from '../app/enqueue/prepare.ts'
import { getJob, type JobView } from '../app/operate/job-view.ts'
import * as manage from '../app/operate/operate.ts'
import { awsDeps, namesFrom } from '../aws/connect.ts'
import type { InputOf, JobContract } from '../core/definition/contract.ts'
import type { Runner } from '../core/definition/runner.ts'
import { refuseUnknownKeys } from '../core/values/check-options.ts'
import type { Deps } from '../ports/deps.ts'
import type { Telemetry } from '../ports/telemetry.ts'

export interface ClientOptions {
  /** The contracts; no handler code comes with them. */
  readonly runner: Runner
  /** Name of the DynamoDB table of jobs. @default LAMPLIGHTER_TABLE */
  readonly table?: string
  /** Name of the DynamoDB table of records, which holds everything else that lasts. @default LAMPLIGHTER_RECORDS */
  readonly records?: string
  /** Queue name → SQS queue URL. @default LAMPLIGHTER_QUEUES, a JSON object */
  readonly queues?: Readonly<Record<string, string>>
  /** Gets an event for each job enqueued or changed. @default none */
  readonly telemetry?: Telemetry
}

/** One of several jobs to enqueue; make it with `client.job(…)`, which checks the input's type. */
export interface JobRequest {
  readonly type: string
  readonly input: unknown
  readonly options: EnqueueOptions
}

/** Enqueues and operates jobs, straight on DynamoDB and SQS. Make one per process: it holds connections. */
export interface Client {
  /**
   * Enqueues a job; returns when it is durable. With an `idempotencyKey` the same call again returns the same job.
   * @throws InvalidInput, InputRefused, UnknownType, JobTooLarge, IdempotencyConflict: nothing was written
   * @throws Unavailable when the table does not answer; safe to repeat with an idempotencyKey
   */
  enqueue<Contract extends JobContract>(
    job: Contract,
    input: InputOf<Contract>,
    options?: EnqueueOptions,
  ): Promise<Omit<Enqueued, 'kind'>>
  /** A request for `enqueueMany`. */
  job<Contract extends JobContract>(job: Contract, input: InputOf<Contract>, options?: EnqueueOptions): JobRequest
  /** Enqueues many; one outcome per request, in order. One that is refused harms none of the others. */
  enqueueMany(requests: readonly JobRequest[]): Promise<readonly EnqueueOutcome[]>
  /** The job as it is now, read consistently; undefined when there is none. @throws Unavailable */
  get(id: string): Promise<JobView | undefined>
  /** Ends a waiting job at once; asks a running one to stop, and allows it no further attempt. */
  cancel(id: string): Promise<manage.CancelOutcome>
  /** Runs a job that has ended again, with all its attempts; now, or at a time. */
  requeue(id: string, when?: manage.When): Promise<manage.PlaceOutcome>
  /** Gives a waiting job another time. */
  reschedule(id: string, when: manage.When): Promise<manage.PlaceOutcome>
  /** Runs a waiting job now. */
  runNow(id: string): Promise<manage.PlaceOutcome>
  /** Removes a job that does not run and is older than five minutes. */
  delete(id: string): Promise<manage.DeleteOutcome>
}

const silent: Telemetry = { emit: () => {} }

/** @throws InvalidDefinition when a name is neither given nor in the environment */
export function createClient(options: ClientOptions): Client {
  refuseUnknownKeys('createClient', options, ['runner', 'table', 'records', 'queues', 'telemetry'])
  const { runner, telemetry = silent, ...given } = options
  return clientOn(awsDeps(runner, namesFrom(process.env, given), telemetry))
}

/** The same client on other ports: memory in tests. */
export function clientOn(deps: Deps): Client {
  return {
    enqueue: async (job, input, options = {}) => {
      const { id, state, created } = await enqueue(deps, { ...options, type: job.type, input })
      return { id, state, created }
    },
    job: (job, input, options = {}) => ({ type: job.type, input, options }),
    enqueueMany: requests =>
      enqueueMany(
        deps,
        requests.map(({ type, input, options }) => ({ ...options, type, input })),
      ),
    get: id => getJob(deps, id),
    cancel: id => manage.cancel(deps, id),
    requeue: (id, when) => manage.requeue(deps, id, when),
    reschedule: (id, when) => manage.reschedule(deps, id, when),
    runNow: id => manage.runNow(deps, id),
    delete: id => manage.remove(deps, id),
  }
}
