import type { Job } from '../job/job.ts'
import type { JobContext } from '../job/job-context.ts'
import type { ScheduledTime } from '../schedule/definition.ts'
import type { Duration } from '../values/duration.ts'
import type { AllOptions, ChildOutcome } from './children.ts'
import type { InputOf, JobContract } from './contract.ts'
import type { EnqueuedJob, EnqueueOptions, JobRequest } from './job-request.ts'
import type { Committed, Read, Written } from './result-type.ts'
import type { TransactItem } from './transact-item.ts'
import type { StepOptions, StepRun, WaitOptions } from './workflow.ts'

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
  /** Runs of this generation that ended without an outcome. */
  readonly crashes: number
  /** How often `ctx.snooze` put it off. */
  readonly snoozes: number
  /** The occurrence that the job was made for. Absent on a job that no schedule made. */
  readonly schedule?: ScheduledTime
}

/** Given to a handler with its input. */
export interface RunContext<Result = unknown> {
  readonly job: RunningJob
  /** Starts so far, this one included. */
  readonly attempt: number
  /**
   * Aborts when the job is cancelled, its time is up or its lease is lost. Whatever the handler does after that does not
   * count, also what it returns: a run whose time was up is tried again, a cancelled one ends CANCELLED.
   * @example if (ctx.signal.aborted) throw ctx.signal.reason
   */
  readonly signal: AbortSignal
  /** Epoch milliseconds at which the run must have ended; moves when `heartbeat` extends it. */
  readonly deadline: number
  /**
   * What came with the job: the trace that caused it, and baggage. What the run enqueues carries it on, by whatever client.
   * Empty where nobody gave one, and on a job that a schedule made.
   */
  readonly context: JobContext
  /** Its lines carry the job's id, type and attempt. */
  readonly logger: Logger
  /**
   * Says that the run lives, and gives it another `timeout` from now, within the function's own time. Rejects when the run
   * was stopped or is over, or the table does not answer. A promise that nobody awaits does no harm.
   */
  heartbeat(): Promise<void>
  /**
   * Reports 0 to 100 percent, best effort: never rejects, and never decides what becomes of the run. At most one write a
   * second reaches the table; the last report goes with the outcome. Each attempt starts at 0, and a completed job that
   * ever reported shows 100.
   */
  progress(percent: number): Promise<void>
  /**
   * Ends this run without using up an attempt; the job runs again after the delay. Never returns: it throws what the
   * runner takes for a snooze, so a `catch` around it must throw on.
   * @param delay '0s' to '3650d'
   * @example if (!(await isReady())) ctx.snooze('10m')
   * @throws InvalidInput for a delay out of range
   */
  snooze(delay: Duration): never
  /**
   * Ends this run, and begins the job anew with another input: under the same id, as its next generation, with all its
   * attempts and none of its steps. For a job that goes on for ever, or for more steps than one generation may have. Never
   * returns: it throws, so a `catch` around it must throw on. The hooks of the run see it as completed. 4 write units.
   * @example if (await ctx.step('page', () => next(cursor))) ctx.continueAsNew({ cursor: cursor + 1 })
   * @param input of the job's own contract, at most 300 KB as JSON. One that is refused fails the job for good. So does the
   * thousandth generation in a row that took less than a minute and never rested
   */
  continueAsNew(input: unknown): never
  /**
   * Enqueues another job, as a client does. Its type must be in the contract's `enqueues`, which gives the worker the
   * permissions. An attempt that is repeated enqueues again, unless there is an `idempotencyKey`.
   * @example await ctx.enqueue(sendMail, { to }, { idempotencyKey: ctx.job.id })
   * @throws InvalidDefinition for a type that is not in `enqueues`; else as `client.enqueue`
   */
  enqueue<Contract extends JobContract>(
    job: Contract,
    input: InputOf<Contract>,
    options?: EnqueueOptions,
  ): Promise<EnqueuedJob>
  /**
   * Does a thing once, whatever becomes of this run: a later run of the job gets what the function returned, and does not
   * call it again. What it returns is kept as JSON. A run that dies between the call and the write calls it once more, so
   * give `step.id` to whoever takes an idempotency key. Where the time of the run is too short for one more step, the job
   * goes on in a later run at once: so its steps together may take far longer than `timeout`. A step that fails is tried again in a later run, after the
   * backoff, without a word to the handler; only its last failure rejects, with `StepFailed`.
   * @example const charge = await ctx.step('charge', ({ id }) => pay(order, { idempotencyKey: id }), { attempts: 3 })
   * @param name unique within the job: in a loop, with the index. 1 to 200 characters. Another name is another step
   * @throws StepFailed when it has failed for the last time: catch it to compensate; thrown on, it fails the job for good
   * @throws StepMisused for a name that this run has used, for a step inside of a step, for a result that is no JSON or
   * has more than 300 KB (4 MB where the runner has a bucket), and for more than 1,000 steps or 4 MB in all (40 MB in the
   * bucket in addition); InvalidInput for a name or an option
   */
  step<T>(name: string, fn: (step: StepRun) => T | Promise<T>, options?: StepOptions): Promise<Read<T>>
  /**
   * Carries out writes of the handler's own exactly once, whatever becomes of this run: the items and the step are one
   * transaction of DynamoDB. A later run gets the result, and writes nothing. The job goes on after it, where `commit` ends
   * it. The worker's role needs access to the tables. It costs 2 write units and twice those of the items.
   * @example await ctx.stepCommit('ledger', [debit(from, amount), credit(to, amount)])
   * @param name as of `step`
   * @param items 0 to 99 writes of different items, 4 MB in all, in one account and region
   * @param result JSON of at most 300 KB, or 4 MB where the runner has a bucket, which later runs get as well
   * @throws CommitRefused when the condition of an item did not hold: nothing was written. The handler may try it again under
   * the name; thrown on, a later run does
   * @throws CommitTooLarge, StepMisused, InvalidInput, Unwritable: nothing was written
   */
  stepCommit<T = undefined>(name: string, items: readonly TransactItem[], result?: T): Promise<Read<T>>
  /**
   * The number that was current when the job first asked under this name. Where a deploy changes what steps mean, ask before
   * them, and keep the old way for the jobs that are on it.
   * @example if ((await ctx.version('shipping', 2)) === 1) await ctx.step('ship', …) else await ctx.step('ship by rail', …)
   * @param current 1 or more
   * @throws StepMisused, InvalidInput as `step`
   */
  version(name: string, current: number): Promise<number>
  /**
   * Goes on after that time, in a later run: no function waits meanwhile, and it costs 8 write units, however long it is.
   * It ends within a second of its time; one whose message is lost, at the next tick of the sweeper.
   * @example await ctx.sleep('cooling off', '14d')
   * @param name as of `step`
   * @param until '0s' to '366d', counted from the first run that asks; or an instant
   * @throws StepMisused, InvalidInput as `step`; StepMisused also for an end beyond the contract's `maxDuration`
   */
  sleep(name: string, until: Duration | Date): Promise<void>
  /**
   * Goes on when `client.signal` or the API has sent a signal of that name to the job, in a later run; the job is WAITING
   * until then. A signal may come first. Undefined when the time is up, which is noticed within a minute.
   * @example const approval = await ctx.waitFor('approved', { timeout: '3d', schema: Approval })
   * @param name as of `step`
   * @throws StepFailed when the signal does not fit the schema; StepMisused, InvalidInput as `step`
   */
  waitFor<T = unknown>(name: string, options: WaitOptions<T>): Promise<T | undefined>
  /**
   * Makes jobs, and goes on when all of them have ended, in a later run; the job is WAITING until then. Their types must be in
   * the contract's `enqueues`. Each is made once, whatever becomes of this run: a run that comes again makes those that are
   * missing. A child costs what a job costs, and 1 write unit at most. The results come in the order of the jobs.
   * @example const sizes = await ctx.all('parts', lines.map(line => jobRequest(pack, line)))
   * @param name as of `step`
   * @param jobs 0 to 10,000; no unique ones, and none with an `idempotencyKey`. A later run gets those of the first
   * @returns the results; with `failures: 'collect'` an outcome for each job
   * @throws ChildFailed for the first child that has not completed, once all have ended: catch it to compensate; thrown on, it
   * fails the job for good
   * @throws StepMisused for a request that can never be placed: nothing was written. InvalidInput for more jobs, or an option
   */
  all<Result = unknown>(
    name: string,
    jobs: readonly JobRequest<Result>[],
    options?: AllOptions & { readonly failures?: 'throw' },
  ): Promise<readonly Result[]>
  all<Result = unknown>(
    name: string,
    jobs: readonly JobRequest<Result>[],
    options: AllOptions & { readonly failures: 'collect' },
  ): Promise<readonly ChildOutcome<Result>[]>
  /**
   * Writes the items, the follow-up jobs and the job's completion in one transaction of DynamoDB, if this run still holds
   * the job: all of it or nothing. What the handler throws or returns afterwards does not count. The worker's role needs
   * access to the tables. At most 100 items with the job and its follow-ups, 4 MB, one account and region. Where the
   * contract has an `output` schema, the handler returns what the commit gives.
   * @example return ctx.commit([debit(from, amount), credit(to, amount)], { result: { amount } })
   * @throws CommitRefused when the condition of an item did not hold: nothing was written, and the run still holds the job
   * @throws RunStopped when the run was stopped or has lost its lease: nothing was written
   * @throws Unavailable when nobody knows whether it was carried out: the run ends here, and whatever is true counts
   * @throws CommitTooLarge, JobTooLarge, ResultRefused, InvalidInput, InvalidDefinition, Unwritable: nothing was written
   */
  commit(items: readonly TransactItem[], end?: CommitEnd<Result>): Promise<Committed>
}

/** What goes with the items of a commit. */
export interface CommitEnd<Result = unknown> {
  /** The job's result, as JSON. */
  readonly result?: Written<Result>
  /** Jobs that come about with it. @example [jobRequest(sendReceipt, { to })] */
  readonly enqueue?: readonly JobRequest[]
}
