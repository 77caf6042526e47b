/** What an application does with jobs, whatever holds them: the table in the cloud, or memory in a test. */
import { type EnqueueOutcome, enqueue, enqueueMany } from '../app/enqueue/enqueue.ts'
import { enqueueStream } from '../app/enqueue/enqueue-stream.ts'
import type { EnqueueRequest } from '../app/enqueue/prepare.ts'
import { getJob, type JobView } from '../app/operate/job-view.ts'
import * as operate from '../app/operate/operate.ts'
import type { InputOf, JobContract } from '../core/definition/contract.ts'
import { type EnqueuedJob, type EnqueueOptions, type JobRequest, jobRequest } from '../core/definition/job-request.ts'
import type { Deps } from '../ports/deps.ts'
import { type LookupClient, lookupOn } from './lookup.ts'
import { type ScheduleClient, schedulesOn } from './schedules.ts'
import { type ClientTables, type TransactedJob, transacted } from './transact.ts'

/** Enqueues and operates jobs. Make one per process: it holds connections. */
export interface Client extends LookupClient {
  /**
   * Enqueues a job; returns when it is durable. With an `idempotencyKey` the same call again returns the same job.
   * @example const { id } = await client.enqueue(sendMail, { to: 'a@example.org' }, { delay: '2h' })
   * @throws InvalidInput, InputRefused, UnknownType, JobTooLarge, IdempotencyConflict: nothing was written
   * @throws Unavailable when the table does not answer; safe to repeat with an idempotencyKey
   */
  readonly enqueue: <Contract extends JobContract>(
    job: Contract,
    input: InputOf<Contract>,
    options?: EnqueueOptions,
  ) => Promise<EnqueuedJob>
  /** A request for `enqueueMany`. @example client.job(sendMail, { to: 'a@example.org' }, { priority: -5 }) */
  readonly job: <Contract extends JobContract>(
    job: Contract,
    input: InputOf<Contract>,
    options?: EnqueueOptions,
  ) => JobRequest
  /**
   * Enqueues many; one outcome per request, in order. A request that is refused does no harm to the others.
   * @example
   * const outcomes = await client.enqueueMany(people.map(({ to }) => client.job(sendMail, { to })))
   * const refused = outcomes.filter(({ kind }) => kind === 'refused')
   */
  readonly enqueueMany: (requests: readonly JobRequest[]) => Promise<readonly EnqueueOutcome[]>
  /**
   * Enqueues any number, read from a list, a generator or a stream while they are placed: at most 400 requests are in
   * memory. One outcome per request, in order; ask for the next to go on, count them to show progress. When the source
   * throws, the outcomes of what it gave before come first. Leaving the loop early leaves what was read enqueued.
   * @example
   * for await (const outcome of client.enqueueStream(rows())) if (outcome.kind === 'refused') report(outcome.error)
   * @throws InvalidInput when `requests` cannot be iterated
   */
  readonly enqueueStream: (
    requests: Iterable<JobRequest> | AsyncIterable<JobRequest>,
  ) => AsyncGenerator<EnqueueOutcome, void, undefined>
  /**
   * A job for your own transaction: it comes about with it, or never existed. Writes nothing itself. Once the transaction
   * is committed the job starts within a second (at the next tick or the one after it where the stream is behind).
   * An `idempotencyKey` that another job has cancels the transaction. For this client's region and account only.
   * @example
   * const mail = await client.transact(sendMail, { to }, { delay: '5m' })
   * await ddb.send(new TransactWriteCommand({ TransactItems: [{ Put: order }, ...mail.document] }))
   * @throws InvalidInput, InputRefused, UnknownType
   * @throws JobTooLarge for an input above 300 KB: a transaction holds 4 MB in all
   */
  readonly transact: <Contract extends JobContract>(
    job: Contract,
    input: InputOf<Contract>,
    options?: EnqueueOptions,
  ) => Promise<TransactedJob>
  /** The job as it is now, read consistently; undefined when there is none. @throws InvalidInput, Unavailable */
  readonly get: (id: string) => Promise<JobView | undefined>
  /**
   * Ends a waiting job at once; asks a running one to stop, and allows it no further attempt. Its signal aborts within
   * 5 s. @throws InvalidInput, Unavailable
   */
  readonly cancel: (id: string) => Promise<operate.CancelOutcome>
  /**
   * Runs a job that has ended again, with all its attempts; now, or at a time; as it was, or with another input.
   * @example client.requeue(id, { input: { to: 'b@example.org' }, delay: '5m' })
   * @throws InvalidInput, InputRefused, JobTooLarge, UnknownType: nothing was written
   * @throws Unavailable
   */
  readonly requeue: (id: string, again?: operate.Again) => Promise<operate.PlaceOutcome>
  /** Gives a waiting job another time. @example client.reschedule(id, { delay: '1h' }) @throws InvalidInput, Unavailable */
  readonly reschedule: (id: string, when: operate.When) => Promise<operate.PlaceOutcome>
  /** Runs a waiting job now. @throws InvalidInput, Unavailable */
  readonly runNow: (id: string) => Promise<operate.PlaceOutcome>
  /**
   * Removes a job that does not run and was enqueued more than five minutes ago: until then its own put may be repeated.
   * @throws InvalidInput, Unavailable
   */
  readonly delete: (id: string) => Promise<operate.DeleteOutcome>
  readonly schedules: ScheduleClient
}

/** An entry that is no request, such as null, is refused as one of many: it must not reject the others. */
const requestOf = (request: JobRequest): EnqueueRequest =>
  typeof request === 'object' && request !== null
    ? { ...request.options, type: request.type, input: request.input }
    : request

/** @param tables what `transact` writes to */
export function clientOn(deps: Deps, tables: ClientTables): Client {
  return {
    enqueue: async (job, input, options = {}) => {
      const { id, state, created } = await enqueue(deps, { ...options, type: job.type, input })
      return { id, state, created }
    },
    job: jobRequest,
    enqueueMany: async requests => enqueueMany(deps, requests.map(requestOf)),
    enqueueStream: requests => enqueueStream(deps, requests, requestOf),
    transact: (job, input, options = {}) => transacted(deps, tables, { ...options, type: job.type, input }),
    get: id => getJob(deps, id),
    cancel: id => operate.cancel(deps, id),
    requeue: (id, again) => operate.requeue(deps, id, again),
    reschedule: (id, when) => operate.reschedule(deps, id, when),
    runNow: id => operate.runNow(deps, id),
    delete: id => operate.remove(deps, id),
    schedules: schedulesOn(deps),
    ...lookupOn(deps),
  }
}
