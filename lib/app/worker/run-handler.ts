/** Calls a handler and turns whatever it does into one outcome. */
import { backoffMs } from '../../core/definition/backoff.ts'
import type { JobContract } from '../../core/definition/contract.ts'
import { FailForGood, reactionTo, Snooze } from '../../core/definition/handler-errors.ts'
import type { JobHandler, RunContext, RunningJob } from '../../core/definition/run-context.ts'
import type { Runner } from '../../core/definition/runner.ts'
import { jobBytes } from '../../core/job/item-size.ts'
import { generationOf, type Job } from '../../core/job/job.ts'
import { type JobError, normaliseError } from '../../core/job/job-error.ts'
import { formatMs } from '../../core/values/duration.ts'
import { InputRefused } from '../../core/values/errors.ts'
import { fromJsonText, toJsonText } from '../../core/values/json.ts'
import { maxItemBytes } from '../../core/values/quotas.ts'
import { abortGraceMs } from '../../core/values/times.ts'
import type { WorkerDeps } from '../../ports/deps.ts'
import { atChainDepth } from '../enqueue/chain-depth.ts'
import { checkInput } from '../enqueue/prepare.ts'
import type { RunLease, Stop } from './run-lease.ts'

export type RunOutcome =
  | { readonly kind: 'completed'; readonly result: string | undefined }
  | { readonly kind: 'retry'; readonly delayMs: number; readonly error: JobError }
  | { readonly kind: 'failed'; readonly error: JobError }
  | { readonly kind: 'snoozed'; readonly delayMs: number }
  | { readonly kind: 'cancelled' }
  /** The job is somebody else's: nothing may be written. */
  | { readonly kind: 'lost' }

/** Room in the item for what completion adds beside the result. */
const completionBytes = 256

export async function runHandler(deps: WorkerDeps, handler: JobHandler, control: RunLease): Promise<RunOutcome> {
  const job = control.job
  const handled = settleHandler(deps, handler, control)
  const aborted = new Promise<'aborted'>(resolve => {
    control.signal.addEventListener('abort', () => resolve('aborted'), { once: true })
  })
  const first = await Promise.race([handled, aborted])
  // An aborted handler gets a moment to settle in its own words; one that never does is written off.
  const last =
    first === 'aborted' ? await Promise.race([handled, deps.clock.sleep(abortGraceMs).then(() => first)]) : first
  if (control.stop === 'lost') return { kind: 'lost' }
  if (last === 'aborted') return outcomeOfStop(deps, handler.contract, job, control.stop)
  if (last.kind === 'returned') return outcomeOfResult(job, last.result)
  if (control.stop === 'cancelled') return { kind: 'cancelled' }
  if (control.stop === 'timedOut') return outcomeOfStop(deps, handler.contract, job, 'timedOut')
  return outcomeOfError(deps, handler.contract, job, last.thrown)
}

type Settled =
  | { readonly kind: 'returned'; readonly result: unknown }
  | { readonly kind: 'threw'; readonly thrown: unknown }

async function settleHandler(deps: WorkerDeps, handler: JobHandler, control: RunLease): Promise<Settled> {
  try {
    const input = await checkInput(handler.contract, inputOf(control.job))
    const ctx = contextFor(deps, control)
    const depth = (control.job.depth ?? 0) + 1
    const result = await atChainDepth(depth, () => throughMiddleware(deps.runner, handler, input, ctx))
    return { kind: 'returned', result }
  } catch (thrown) {
    // Input that the schema refuses will be refused again: trying again could not help.
    const isHopeless = thrown instanceof InputRefused
    return { kind: 'threw', thrown: isHopeless ? new FailForGood(thrown.message, { cause: thrown }) : thrown }
  }
}

function inputOf(job: Job): unknown {
  try {
    return fromJsonText(job.input)
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

function contextFor(deps: WorkerDeps, control: RunLease): RunContext {
  const { id, type, attempt } = control.job
  return {
    job: runningJob(control.job),
    attempt,
    signal: control.signal,
    get deadline() {
      return control.deadline
    },
    logger: deps.loggerFor({ job_id: id, job_type: type, attempt }),
    heartbeat: async () => {
      if (!(await control.heartbeat())) throw control.signal.reason
    },
    progress: percent => control.progress(percent),
    snooze: delay => {
      throw new Snooze(delay)
    },
  }
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
})

function outcomeOfResult(job: Job, result: unknown): RunOutcome {
  if (result === undefined) return { kind: 'completed', result: undefined }
  try {
    const maxBytes = maxItemBytes - jobBytes({ ...job, result: '' }) - completionBytes
    return { kind: 'completed', result: toJsonText('result', result, maxBytes) }
  } catch (error) {
    // The work is done; running it again would give the same result again.
    return { kind: 'failed', error: normaliseError(error) }
  }
}

function outcomeOfStop(deps: WorkerDeps, contract: JobContract, job: Job, stop: Stop | undefined): RunOutcome {
  if (stop === 'cancelled') return { kind: 'cancelled' }
  const message = `no outcome within ${formatMs(contract.policy.timeoutMs)}`
  return again(deps, contract, job, { name: 'TimedOut', message }, undefined)
}

function outcomeOfError(deps: WorkerDeps, contract: JobContract, job: Job, thrown: unknown): RunOutcome {
  const steering = reactionTo(thrown)
  const error = normaliseError(thrown)
  switch (steering.kind) {
    case 'failForGood':
      return { kind: 'failed', error }
    case 'snooze':
      return { kind: 'snoozed', delayMs: steering.delayMs }
    case 'retryAfter':
      return again(deps, contract, job, error, steering)
    case 'retry':
      return again(deps, contract, job, error, undefined)
  }
}

/** @param wish of the handler; it lengthens the job's own backoff, and shortens it only when it is exact */
function again(
  deps: WorkerDeps,
  contract: JobContract,
  job: Job,
  error: JobError,
  wish: { readonly delayMs: number; readonly isExact: boolean } | undefined,
): RunOutcome {
  if (job.attemptsLeft < 1) return { kind: 'failed', error }
  if (wish?.isExact === true) return { kind: 'retry', error, delayMs: wish.delayMs }
  const failures = job.attempt - (job.snoozes ?? 0)
  const ownMs = backoffMs(contract.policy.backoff, failures, deps.random.fraction())
  return { kind: 'retry', error, delayMs: Math.max(ownMs, wish?.delayMs ?? 0) }
}
