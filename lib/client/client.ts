/** What an application does with jobs, whatever holds them: the table in the cloud, or memory in a test. */

import { enqueue, enqueueMany } from '../app/enqueue/enqueue.ts'
import { enqueueStream } from '../app/enqueue/enqueue-stream.ts'
import { enqueueRequestOf } from '../app/enqueue/prepare.ts'
import { actsOf } from '../app/operate/acts.ts'
import { getJob, getTyped, type JobView } from '../app/operate/job-view.ts'
import type * as operate from '../app/operate/operate.ts'
import * as schedules from '../app/schedule/on-schedules.ts'
import { type BatchOptions, type StartedBatch, startBatch } from '../app/workflow/batch.ts'
import { type SignalOutcome, sendSignal } from '../app/workflow/signal.ts'
import type { InputOf, JobContract, ResultOf } from '../core/definition/contract.ts'
import type { EnqueueOutcome } from '../core/definition/job-request.ts'
import { type EnqueuedJob, type EnqueueOptions, type JobRequest, jobRequest } from '../core/definition/job-request.ts'
import type { Deps } from '../ports/deps.ts'
import { type BulkClient, bulkOn } from './bulk.ts'
import { type LookupClient, lookupOn } from './lookup.ts'
import { type QueueClient, queuesOn } from './queues.ts'
import { type ScheduleClient, schedulesOn } from './schedules.ts'
import { type ClientTables, type TransactedJob, transacted } from './transact.ts'

/** The job as it is now, read consistently; undefined when there is none. */
export interface GetJob {
  /** @throws InvalidInput, Unavailable */
  (id: string): Promise<JobView | undefined>
  /**
   * With its contract: the result is what its `output` schema makes of it.
   * @example const report = (await client.get(makeReport, id))?.result
   * @throws InvalidInput when the job is of another type
   * @throws ResultRefused when a result that an earlier release stored does not fit; `get(id)` shows it
   * @throws Unavailable
   */
  <Contract extends JobContract>(job: Contract, id: string): Promise<TypedJobView<Contract> | undefined>
}

/** A job whose result has the type of its contract. */
export type TypedJobView<Contract> = Omit<JobView, 'result'> & { readonly result?: ResultOf<Contract> }

/** Enqueues and operates jobs. Make one per process: it holds connections. */
export interface Client extends Omit<LookupClient, 'queues'> {
  /**
   * Enqueues a job; returns when it is durable. With an `idempotencyKey` the same call again returns the same job; of a
   * `unique` job, `action` says what became of it.
   * @example const { id } = await client.enqueue(sendMail, { to: 'a@example.org' }, { delay: '2h' })
   * @throws InvalidInput, InputRefused, UnknownType, JobTooLarge, IdempotencyConflict, UniqueConflict: nothing was written
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
  ) => JobRequest<ResultOf<Contract>>
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
   * Enqueues up to 10,000 jobs as a group, and another that begins once all of them have ended, however they ended. All are
   * checked before anything is written. `client.children(id)` shows what became of them. A job costs 1 write unit at most
   * beside its own.
   * @example
   * const { id } = await client.batch(images.map(image => client.job(resize, { image })), { then: client.job(publish, { album }) })
   * @throws InvalidInput, InputRefused, UnknownType, JobTooLarge: nothing was written; its message begins with the place of the job
   * @throws IdempotencyConflict for another number of jobs under the key
   * @throws Unavailable when not all could be written; safe to repeat with an idempotencyKey
   */
  readonly batch: (jobs: readonly JobRequest[], options?: BatchOptions) => Promise<StartedBatch>
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
  readonly get: GetJob
  /**
   * Ends a waiting job at once; asks a running one to stop, and allows it no further attempt. Its signal aborts within
   * 5 s. What is to follow it under its unique key runs then, unless `alsoNext` says that it does not.
   * @example client.cancel(id, { alsoNext: true })
   * @throws InvalidInput, Unavailable
   */
  readonly cancel: (id: string, options?: operate.CancelOptions) => Promise<operate.CancelOutcome>
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
   * Gives a job what its handler waits for by `ctx.waitFor`, now or later. The first one under a name counts: `already`
   * says that one had come, or that the time for it was up. Nothing is lost in between: sent again after an error, it does no
   * harm.
   * @example await client.signal(orderId, 'approved', { by: 'ann' })
   * @param value JSON of up to 300 KB. @default null
   * @throws InvalidInput for a name that the contract does not declare; SignalRefused for a value that does not fit
   * @throws JobTooLarge, Unavailable
   */
  readonly signal: (id: string, name: string, value?: unknown) => Promise<SignalOutcome>
  /**
   * Removes a job that does not run and was enqueued more than five minutes ago: until then its own put may be repeated.
   * @throws InvalidInput, Unavailable
   */
  readonly delete: (id: string) => Promise<operate.DeleteOutcome>
  readonly schedules: ScheduleClient
  readonly queues: LookupClient['queues'] & QueueClient
  readonly bulk: BulkClient
}

/** One function with two ways to be called, as its interface says. */
const getOn =
  (deps: Deps): GetJob =>
  (job: JobContract | string, id?: string) =>
    typeof job === 'object' && job !== null ? getTyped(deps, job, id as string) : getJob(deps, job)

/**
 * @param tables what `transact` writes to
 * @param actor who acts, for the audit. @default no act is noted
 */
export function clientOn(deps: Deps, tables: ClientTables, actor?: string): Client {
  const lookup = lookupOn(deps)
  const acts = actsOf({ ...deps, onSchedules: () => schedules }, actor)
  return {
    ...lookup,
    queues: { ...lookup.queues, ...queuesOn(acts) },
    enqueue: async (job, input, options = {}) => {
      const { kind: _, ...enqueued } = await enqueue(deps, { ...options, type: job.type, input })
      return enqueued
    },
    job: jobRequest,
    enqueueMany: async requests => enqueueMany(deps, requests.map(enqueueRequestOf)),
    enqueueStream: requests => enqueueStream(deps, requests, enqueueRequestOf),
    batch: (jobs, options = {}) => startBatch(deps, jobs, options),
    transact: (job, input, options = {}) => transacted(deps, tables, { ...options, type: job.type, input }),
    get: getOn(deps),
    cancel: (id, options) => acts.cancel(id, undefined, options),
    requeue: (id, again) => acts.retry(id, again),
    reschedule: (id, when) => acts.reschedule(id, when),
    runNow: id => acts.run(id),
    signal: (id, name, value) => sendSignal(deps, id, name, value),
    delete: id => acts.delete(id),
    schedules: schedulesOn(deps, acts),
    bulk: bulkOn(deps, acts),
  }
}
