/** Calls a handler and turns whatever it does into one outcome. */
import { decideThrown, decideTimedOut, type FailedRun } from '../../core/decide/failed-run.ts'
import { FailForGood, Snooze } from '../../core/definition/handler-errors.ts'
import type { JobHandler, RunContext, RunningJob } from '../../core/definition/run-context.ts'
import type { Runner } from '../../core/definition/runner.ts'
import { generationOf, type Job } from '../../core/job/job.ts'
import { normaliseError } from '../../core/job/job-error.ts'
import { scheduledTimeOf } from '../../core/schedule/scheduled-time.ts'
import { InputRefused } from '../../core/values/errors.ts'
import { fromJsonText } from '../../core/values/json.ts'
import { abortGraceMs } from '../../core/values/times.ts'
import { inChain } from '../chain-depth.ts'
import { checkInput } from '../check-input.ts'
import { enqueueFrom } from './follow-ups.ts'
import { resultText } from './result-text.ts'
import type { RunCommit } from './run-commit.ts'
import type { RunLease } from './run-lease.ts'

export type RunOutcome =
  | { readonly kind: 'completed'; readonly result: string | undefined }
  /** The run's own transaction has completed the job: there is nothing left to write. */
  | { readonly kind: 'committed' }
  | FailedRun
  | { readonly kind: 'cancelled' }
  /** The job of the occurrence before has not ended. `after`: whom the next occurrence must look at. */
  | { readonly kind: 'skipped'; readonly after: string }
  /** The job is somebody else's: nothing may be written. */
  | { readonly kind: 'lost' }

/** What a handler is called with. */
export interface Calling {
  readonly lease: RunLease
  readonly commit: RunCommit
  /** JSON. */
  readonly inputText: string
}

export async function runHandler(calling: Calling, handler: JobHandler): Promise<RunOutcome> {
  const { lease, commit } = calling
  const { deps } = lease.run.batch
  const handled = settleHandler(calling, handler)
  const aborted = new Promise<'aborted'>(resolve => {
    lease.signal.addEventListener('abort', () => resolve('aborted'), { once: true })
  })
  const first = await Promise.race([handled, aborted])
  // An aborted handler gets a moment to clean up, for its own sake: what it returns or throws now does not count.
  if (first === 'aborted') await Promise.race([handled, deps.clock.sleep(abortGraceMs)])
  const unawaited = await commit.settled().then(
    () => undefined,
    (error: unknown) => error,
  )
  if (commit.isDone) return { kind: 'committed' }
  if (first === 'aborted' || first.isLate) return outcomeOfStop(lease)
  if (first.kind === 'threw') return decideThrown(failureOf(lease), first.thrown)
  // A handler that goes on as if nothing had happened would complete the job without what it meant to commit.
  const untold = unawaited ?? commit.doubt
  return untold === undefined ? outcomeOfResult(lease.job, first.result) : decideThrown(failureOf(lease), untold)
}

/** `isLate`: its signal had been aborted when it settled. */
type Settled = { readonly isLate: boolean } & (
  | { readonly kind: 'returned'; readonly result: unknown }
  | { readonly kind: 'threw'; readonly thrown: unknown }
)

async function settleHandler({ lease, commit, inputText }: Calling, handler: JobHandler): Promise<Settled> {
  const { job, signal, run } = lease
  try {
    const input = await checkInput(handler.contract, inputOf(inputText))
    const ctx = contextFor(lease, commit)
    const chain = { depth: (job.depth ?? 0) + 1, since: run.start.now }
    const result = await inChain(chain, () => throughMiddleware(run.batch.deps.runner, handler, input, ctx))
    return { kind: 'returned', result, isLate: signal.aborted }
  } catch (thrown) {
    // Input that the schema refuses will be refused again: trying again could not help.
    const isHopeless = thrown instanceof InputRefused
    const reason = isHopeless ? new FailForGood(thrown.message, { cause: thrown }) : thrown
    return { kind: 'threw', thrown: reason, isLate: signal.aborted }
  }
}

function inputOf(text: string): unknown {
  try {
    return fromJsonText(text)
  } catch (cause) {
    throw new FailForGood('the stored input is no JSON', { cause })
  }
}

function throughMiddleware(runner: Runner, handler: JobHandler, input: unknown, ctx: RunContext): Promise<unknown> {
  const last = async (): Promise<unknown> => handler.run(input as never, ctx)
  return runner.middleware.reduceRight<() => Promise<unknown>>(
    (next, middleware) => () => middleware({ input, ctx }, next),
    last,
  )()
}

function contextFor(lease: RunLease, commit: RunCommit): RunContext {
  const { id, type, attempt } = lease.job
  const logger = lease.run.batch.deps.loggerFor({ job_id: id, job_type: type, attempt })
  return {
    job: runningJob(lease.job),
    attempt,
    signal: lease.signal,
    get deadline() {
      return lease.deadline
    },
    logger,
    heartbeat: () => observed(beat(lease)),
    progress: async percent => {
      if (typeof percent === 'number' && percent >= 0 && percent <= 100) await lease.report(percent)
      else logger.warn('progress_ignored', { progress: String(percent), allowed: '0 to 100' })
    },
    snooze: delay => {
      throw new Snooze(delay)
    },
    enqueue: enqueueFrom(lease),
    commit: (items, end) => commit.commit(items, end),
  }
}

async function beat(lease: RunLease): Promise<void> {
  if (!(await lease.heartbeat())) throw lease.signal.reason
}

/**
 * A rejection that no handler awaits would end the process, and every run of the batch with it. Whoever awaits the
 * promise still gets it.
 */
function observed(work: Promise<void>): Promise<void> {
  work.catch(() => {})
  return work
}

/** What the handler gets to know of its occurrence; nothing where no schedule made the job. */
function occasionOf({
  schedule: name,
  occurrence,
  timezone = 'UTC',
  missedBefore = 0,
}: Job): Pick<RunningJob, 'schedule'> {
  if (name === undefined || occurrence === undefined) return {}
  return { schedule: scheduledTimeOf({ name, timezone }, occurrence, { missedBefore }) }
}

const runningJob = (job: Job): RunningJob => ({
  id: job.id,
  type: job.type,
  queue: job.queue,
  attempt: job.attempt,
  attemptsLeft: job.attemptsLeft,
  scheduledAt: job.scheduledAt,
  insertedAt: job.insertedAt,
  ...(job.tags === undefined ? {} : { tags: job.tags }),
  ...(job.notify === undefined ? {} : { notify: job.notify }),
  generation: generationOf(job),
  crashes: job.crashes ?? 0,
  snoozes: job.snoozes ?? 0,
  ...occasionOf(job),
})

function outcomeOfResult(job: Job, result: unknown): RunOutcome {
  try {
    return { kind: 'completed', result: resultText(job, result) }
  } catch (error) {
    // The work is done; running it again would give the same result again.
    return { kind: 'failed', error: normaliseError(error) }
  }
}

function outcomeOfStop(lease: RunLease): RunOutcome {
  if (lease.stop === 'lost' || lease.stop === 'cancelled') return { kind: lease.stop }
  return decideTimedOut(failureOf(lease))
}

const failureOf = ({ run, job }: RunLease) => ({
  job,
  policy: run.start.policy,
  fraction: run.batch.deps.random.fraction(),
})
