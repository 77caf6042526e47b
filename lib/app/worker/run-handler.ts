/** Calls a handler and turns whatever it does into one outcome. */
import { decideThrown, decideTimedOut } from '../../core/decide/failed-run.ts'
import type { JobContract } from '../../core/definition/contract.ts'
import { ContinueAsNew, FailForGood, isContinueAsNew, Snooze } from '../../core/definition/handler-errors.ts'
import type { Committed } from '../../core/definition/result-type.ts'
import type { RunContext, RunningJob } from '../../core/definition/run-context.ts'
import type { HookedRun, JobHandler } from '../../core/definition/run-hooks.ts'
import { generationOf, type Job } from '../../core/job/job.ts'
import { contextFrom } from '../../core/job/job-context.ts'
import { normaliseError } from '../../core/job/job-error.ts'
import { scheduledTimeOf } from '../../core/schedule/time-zone.ts'
import { InputRefused } from '../../core/values/errors.ts'
import { fromJsonText } from '../../core/values/json.ts'
import { abortGraceMs } from '../../core/values/times.ts'
import { inChain } from '../chain-depth.ts'
import { checkInput } from '../check-input.ts'
import type { RunSteps } from '../workflow/run-steps.ts'
import { enqueueFrom } from './follow-ups.ts'
import { Parting } from './parting.ts'
import { resultText } from './result-text.ts'
import type { RunOutcome } from './run.ts'
import type { RunCommit } from './run-commit.ts'
import { afterRun, beforeRun, throughMiddleware } from './run-hooks.ts'
import type { RunLease } from './run-lease.ts'
import { progressOf } from './unrun.ts'

/** What a handler is called with. */
export interface Calling {
  readonly lease: RunLease
  readonly commit: RunCommit
  /** JSON. */
  readonly inputText: string
}

interface Called extends Calling {
  readonly parting: Parting
}

export async function runHandler(calling: Calling, handler: JobHandler): Promise<RunOutcome> {
  const { lease } = calling
  const called = { ...calling, parting: new Parting() }
  const run: Mutable<HookedRun> = { input: undefined, ctx: contextFor(called) }
  const { outcome, ...ended } = await calledInTime(called, handler, run)
  const isHalted = ended.isHalted === true && outcome.kind === 'completed'
  if (!isHalted) await afterRun(handler, { lease, run, outcome, ...ended })
  return outcome
}

interface Ended {
  readonly outcome: RunOutcome
  readonly result: unknown
  readonly thrown: unknown
  /** By a hook, before the handler was called. */
  readonly isHalted?: boolean
}

async function calledInTime(calling: Called, handler: JobHandler, run: Mutable<HookedRun>): Promise<Ended> {
  const { lease, commit, parting } = calling
  const { deps } = lease.run.batch
  const handled = settleHandler(calling, handler, run)
  const aborted = new Promise<'aborted'>(resolve => {
    lease.signal.addEventListener('abort', () => resolve('aborted'), { once: true })
  })
  const parted = parting.parted.then((outcome): Parted => ({ kind: 'parted', outcome }))
  const first = await Promise.race([handled, aborted, parted])
  if (first !== 'aborted' && first.kind === 'parted') return leave(lease, first)
  // An aborted handler gets a moment to clean up, for its own sake: what it returns or throws now does not count.
  if (first === 'aborted') await Promise.race([handled, deps.clock.sleep(abortGraceMs)])
  const unawaited = await commit.settled().then(
    () => undefined,
    (error: unknown) => error,
  )
  const result = first !== 'aborted' && first.kind === 'returned' ? first.result : undefined
  if (commit.isDone) return { outcome: { kind: 'committed' }, result, thrown: undefined }
  if (first === 'aborted' || first.isLate) return { outcome: outcomeOfStop(calling), result, thrown: undefined }
  // A handler that goes on as if nothing had happened would complete the job without what it meant to commit.
  const thrown = first.kind === 'threw' ? first.thrown : (unawaited ?? commit.doubt)
  if (isContinueAsNew(thrown)) {
    const { continuedWith } = await import('../workflow/continue-as-new.ts')
    const outcome = await continuedWith(lease, handler.contract, thrown.input)
    return { outcome, result: undefined, thrown: undefined }
  }
  if (first.kind === 'threw' || thrown !== undefined) {
    const progressedAt = await progressOf(lease, parting.progressedAt)
    return { outcome: decideThrown({ ...failureOf(calling), progressedAt }, thrown), result, thrown }
  }
  const outcome = await outcomeOfResult(handler.contract, lease.job, result)
  return { outcome, result, thrown: undefined, isHalted: first.isHalted }
}

interface Parted {
  readonly kind: 'parted'
  readonly outcome: RunOutcome
}

/** Nobody answers the handler any more. What it still does outside of its steps ends with its signal. */
function leave(lease: RunLease, { outcome }: Parted): Ended {
  lease.abort('parted')
  return { outcome, result: undefined, thrown: undefined }
}

/** `isLate`: its signal had been aborted when it settled. */
type Settled = { readonly isLate: boolean } & (
  | { readonly kind: 'returned'; readonly result: unknown; readonly isHalted: boolean }
  | { readonly kind: 'threw'; readonly thrown: unknown }
)

/** The input is not known before it is checked. */
type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

async function settleHandler(
  { lease, inputText }: Calling,
  handler: JobHandler,
  hooked: Mutable<HookedRun>,
): Promise<Settled> {
  const { job, signal, run } = lease
  try {
    hooked.input = await checkInput(handler.contract, inputOf(inputText))
    const { runner } = run.batch.deps
    const chain = { depth: (job.depth ?? 0) + 1, since: run.start.now, context: job.context }
    return await inChain(chain, async () => {
      const halted = await beforeRun(runner, handler, hooked)
      const result = halted === undefined ? await throughMiddleware(runner, handler, hooked) : halted.result
      return { kind: 'returned', result, isHalted: halted !== undefined, isLate: signal.aborted }
    })
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

function contextFor({ lease, commit, parting }: Called): RunContext {
  const { id, type, attempt } = lease.job
  const context = contextFrom(lease.job.context)
  const { traceparent } = context
  const trace = traceparent === undefined ? {} : { traceparent }
  const logger = lease.run.batch.deps.loggerFor({ job_id: id, job_type: type, attempt, ...trace })
  const steps = stepsOf(lease, parting)
  return {
    job: runningJob(lease.job),
    attempt,
    context,
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
    continueAsNew: input => {
      throw new ContinueAsNew(input)
    },
    enqueue: enqueueFrom(lease),
    step: (async (...given) => (await steps()).step(...given)) as RunContext['step'],
    stepCommit: (async (...given) => (await steps()).stepCommit(...given)) as RunContext['stepCommit'],
    version: async (...given) => (await steps()).version(...given),
    sleep: async (...given) => (await steps()).sleep(...given),
    waitFor: async (...given) => (await steps()).waitFor(...given),
    all: (async (...given: Parameters<RunSteps['all']>) => (await steps()).all(...given)) as RunContext['all'],
    commit: (items, end) => commit.commit(items, end) as Promise<Committed>,
  }
}

/** Loaded with the first step: few jobs have any, and no cold start should read for them. */
function stepsOf(lease: RunLease, parting: Parting): () => Promise<RunSteps> {
  let steps: Promise<RunSteps> | undefined
  const load = async (): Promise<RunSteps> => {
    const { RunSteps } = await import('../workflow/run-steps.ts')
    return new RunSteps(lease, parting)
  }
  return () => {
    steps ??= load()
    return steps
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

async function outcomeOfResult(contract: JobContract, job: Job, result: unknown): Promise<RunOutcome> {
  try {
    return { kind: 'completed', result: await resultText(contract, job, result) }
  } catch (error) {
    // The work is done; running it again would give the same result again.
    return { kind: 'failed', error: normaliseError(error) }
  }
}

function outcomeOfStop(called: Called): RunOutcome {
  const { stop } = called.lease
  return stop === 'lost' || stop === 'cancelled' ? { kind: stop } : decideTimedOut(failureOf(called))
}

const failureOf = ({ lease: { run, job }, parting }: Called) => ({
  job,
  policy: run.start.policy,
  fraction: run.batch.deps.random.fraction(),
  progressedAt: parting.progressedAt,
})
