/**
 * The steps of one run. Loaded with the first of them: a plain run has none.
 *
 * - a step that an earlier run has made is not called again: its cell has the value
 * - a step that fails and may be tried again ends the run, without a word to the handler, once no other step is at work
 * - a cell is written once, also by a run that has lost its lease meanwhile: what it says has happened
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import {
  decideUnrun,
  type FailureContext,
  failuresInRow,
  isLastFailure,
  retryAfter,
} from '../../core/decide/failed-run.ts'
import { backoffMs, boundedDelayMs } from '../../core/definition/backoff.ts'
import type { JobContract } from '../../core/definition/contract.ts'
import { reactionTo } from '../../core/definition/handler-errors.ts'
import {
  type CheckedStep,
  checkStep,
  checkWait,
  StepFailed,
  StepMisused,
  type StepOptions,
  type StepRun,
  sleepIn,
  stepNameIn,
  type WaitOptions,
} from '../../core/definition/workflow.ts'
import { generationOf } from '../../core/job/job.ts'
import { errorText, type JobError, normaliseError } from '../../core/job/job-error.ts'
import {
  type Cell,
  type CellKind,
  cellId,
  cellRecord,
  errorOf,
  maxCellBytes,
  maxCells,
  valueOf,
} from '../../core/records/cell.ts'
import { integerIn } from '../../core/values/check-options.ts'
import { type Duration, formatMs } from '../../core/values/duration.ts'
import { resultJsonText } from '../../core/values/json.ts'
import { maxFinalErrorBytes } from '../../core/values/times.ts'
import { checkSignal } from '../check-input.ts'
import type { Parting } from '../worker/parting.ts'
import { type RunOutcome, soonMs } from '../worker/run.ts'
import type { RunLease } from '../worker/run-lease.ts'
import { loadCells, putCell } from './cells.ts'

/** The step at work, for whoever asks for another one inside of it. */
const stepAtWork = new AsyncLocalStorage<string>()

export class RunSteps {
  readonly #lease: RunLease
  readonly #parting: Parting
  readonly #names = new Set<string>()
  #cells: Promise<Map<string, Cell>> | undefined
  #atWork = 0
  /** With what the run ends when no step is at work any more. */
  #end: RunOutcome | undefined
  /** What the handler sleeps or waits for. */
  readonly #rests: Rest[] = []

  constructor(lease: RunLease, parting: Parting) {
    this.#lease = lease
    this.#parting = parting
  }

  /** What `ctx.step` does. */
  async step<T>(name: string, fn: (step: StepRun) => T | Promise<T>, options: StepOptions = {}): Promise<unknown> {
    this.#enter(name)
    if (typeof fn !== 'function') throw new StepMisused(name, 'its second argument is no function')
    const checked = checkStep(name, options)
    return this.#atWorkOn(async () => {
      const cell = (await this.#found(name, 'step')) ?? (await this.#made(name, fn, checked))
      if (cell.error !== undefined) throw new StepFailed(name, errorOf(cell))
      return valueOf(cell)
    })
  }

  /** What `ctx.version` does. */
  async version(name: string, current: number): Promise<number> {
    this.#enter(name)
    integerIn(`version(${name})`, current, 1, Number.MAX_SAFE_INTEGER)
    return this.#atWorkOn(async () => {
      const cell =
        (await this.#found(name, 'version')) ?? (await this.#put(name, 'version', { value: String(current) }))
      return Number(valueOf(cell))
    })
  }

  /** What `ctx.sleep` does. */
  async sleep(name: string, length: Duration | Date): Promise<void> {
    this.#enter(name)
    const asked = sleepIn(`sleep(${name})`, length)
    await this.#atWorkOn(async () => {
      const { clock } = this.#lease.run.batch.deps
      const until = asked.at ?? clock.now() + asked.ms
      const { dueAt = 0 } = (await this.#found(name, 'sleep')) ?? (await this.#put(name, 'sleep', { dueAt: until }))
      if (dueAt > clock.now()) await this.#rest({ dueAt, isWaiting: false })
    })
  }

  /** What `ctx.waitFor` does. */
  async waitFor<T>(name: string, options: WaitOptions<T>): Promise<T | undefined> {
    this.#enter(name)
    const { timeoutMs, schema } = checkWait(name, options)
    return this.#atWorkOn(async () => {
      const signal = (await this.#found(name, 'signal')) ?? (await this.#awaited(name, timeoutMs))
      if (signal.isLate === true) return undefined
      return (await fitting(signal, schema)) as T
    })
  }

  /** The time counts from the first run that asks. @returns a signal that is late, or came right now */
  async #awaited(name: string, timeoutMs: number): Promise<Cell> {
    const { clock } = this.#lease.run.batch.deps
    const wait = (await this.#loaded()).get(cellId({ name, kind: 'wait' }))
    const { dueAt = 0 } = wait ?? (await this.#put(name, 'wait', { dueAt: clock.now() + timeoutMs }))
    if (dueAt > clock.now()) return this.#rest({ dueAt, isWaiting: true })
    return this.#put(name, 'signal', { isLate: true })
  }

  /** @throws InvalidInput, StepMisused */
  #enter(name: string): void {
    stepNameIn('step', name)
    const outer = stepAtWork.getStore()
    if (outer !== undefined) throw new StepMisused(name, `it is inside of step '${outer}'; a step has no steps`)
    if (this.#names.has(name)) {
      throw new StepMisused(name, 'this run has had a step of that name; in a loop, put the index into the name')
    }
    this.#names.add(name)
  }

  /** While one is at work the run does not end for another. */
  async #atWorkOn<T>(work: () => Promise<T>): Promise<T> {
    this.#atWork += 1
    try {
      return await work()
    } finally {
      this.#atWork -= 1
      void this.#endIfIdle()
    }
  }

  /** After this turn, in which the handler may have asked for its next step. */
  async #endIfIdle(): Promise<void> {
    await this.#lease.run.batch.deps.clock.turn()
    if (this.#atWork > 0) return
    if (this.#end !== undefined) this.#parting.part(this.#end)
    else if (this.#rests.length > 0) this.#parting.part(this.#suspended(this.#rests))
  }

  #suspended(rests: readonly Rest[]): RunOutcome {
    return {
      kind: 'suspended',
      dueAt: Math.min(...rests.map(({ dueAt }) => dueAt)),
      isWaiting: rests.some(({ isWaiting }) => isWaiting),
      wakes: this.#lease.started.wakes,
      hasProgressed: (this.#parting.progressedAt ?? 0) > (this.#lease.job.snoozes ?? 0),
    }
  }

  /** The handler goes on in a later run; in this one it waits for ever. */
  #rest(rest: Rest): Promise<never> {
    this.#rests.push(rest)
    this.#atWork -= 1
    void this.#endIfIdle()
    return new Promise(() => {})
  }

  /** Ends the run; the handler waits for ever. The first reason counts. */
  #leave(end: RunOutcome): Promise<never> {
    this.#end ??= end
    this.#atWork -= 1
    void this.#endIfIdle()
    return new Promise(() => {})
  }

  /** What an earlier run has left. @throws StepMisused */
  async #found(name: string, kind: CellKind): Promise<Cell | undefined> {
    const cells = await this.#loaded()
    const cell = cells.get(name)
    if (cell !== undefined) return this.#checked(cell, kind)
    if (cells.size >= maxCells) {
      throw new StepMisused(name, `this job has ${maxCells} steps; allowed: at most ${maxCells}`)
    }
    return undefined
  }

  #checked(cell: Cell, kind: CellKind): Cell {
    if (cell.kind === kind) return cell
    throw new StepMisused(
      cell.name,
      `it is a ${kind} here, and was a ${cell.kind} when the job began; use another name`,
    )
  }

  async #loaded(): Promise<Map<string, Cell>> {
    this.#cells ??= loadCells(this.#lease).then(cells => {
      for (const { attempt } of cells.values()) if (attempt !== undefined) this.#parting.progressed(attempt)
      return cells
    })
    try {
      return await this.#cells
    } catch (error) {
      if (error instanceof StepMisused) throw error
      return this.#leave(this.#unrun())
    }
  }

  async #made<T>(name: string, fn: (step: StepRun) => T | Promise<T>, options: CheckedStep): Promise<Cell> {
    const { signal } = this.#lease
    if (signal.aborted) throw signal.reason
    const called = await this.#called(name, fn, options)
    if (called.kind === 'returned') return this.#put(name, 'step', contentOf(name, called.value))
    // The run was stopped: what the function throws then says nothing of the step.
    if (signal.aborted) throw signal.reason
    return this.#failed(name, called.thrown, options)
  }

  async #called<T>(
    name: string,
    fn: (step: StepRun) => T | Promise<T>,
    { timeoutMs }: CheckedStep,
  ): Promise<Called<T>> {
    const { job, signal, run } = this.#lease
    const own = new AbortController()
    const timer = new AbortController()
    const step = { id: `${job.id}#${generationOf(job)}#${name}`, signal: AbortSignal.any([signal, own.signal]) }
    const called = stepAtWork
      .run(name, async () => fn(step))
      .then(
        (value): Called<T> => ({ kind: 'returned', value }),
        (thrown: unknown): Called<T> => ({ kind: 'threw', thrown }),
      )
    if (timeoutMs === undefined) return called
    const late = run.batch.deps.clock.sleep(timeoutMs, timer.signal).then((): Called<T> => {
      const thrown = new Error(`step '${name}' did not end within ${formatMs(timeoutMs)}`)
      thrown.name = 'TimedOut'
      own.abort(thrown)
      return { kind: 'threw', thrown }
    })
    const first = await Promise.race([called, late])
    timer.abort('settled')
    return first
  }

  /** Once more later; or, for the last time, a cell that says so. */
  async #failed(name: string, thrown: unknown, options: CheckedStep): Promise<Cell> {
    const context = this.#context()
    const reaction = reactionTo(thrown)
    // A snooze is no failure: the handler passes it on.
    if (reaction.kind === 'snooze') throw thrown
    const error = normaliseError(thrown)
    const failures = failuresInRow(context)
    const isLast = isLastFailure(context) || failures >= (options.attempts ?? Number.POSITIVE_INFINITY)
    if (reaction.kind === 'failForGood' || isLast) {
      return this.#put(name, 'step', { error: errorText(error, maxFinalErrorBytes) })
    }
    const ownMs = backoffMs(options.backoff ?? context.policy.backoff, failures, context.fraction)
    const wishMs = reaction.kind === 'retryAfter' ? boundedDelayMs(reaction.delayMs) : 0
    const isExact = reaction.kind === 'retryAfter' && reaction.isExact
    return this.#leave(retryAfter(context, inStep(name, error), isExact ? wishMs : Math.max(wishMs, ownMs)))
  }

  async #put(name: string, kind: CellKind, content: Omit<Cell, 'name' | 'kind' | 'madeAt' | 'attempt'>): Promise<Cell> {
    const { job, run } = this.#lease
    const { deps } = run.batch
    const cell: Cell = { name, kind, madeAt: deps.clock.now(), attempt: job.attempt, ...content }
    const stored = await putCell(this.#lease, cellRecord(job, cell, run.start.policy.keepFailedMs))
    // Nobody knows whether it is there: the step is made again, or found, by a later run.
    if (stored === undefined) return this.#leave(this.#unrun())
    this.#parting.progressed(job.attempt)
    ;(await this.#loaded()).set(cellId(stored), stored)
    return this.#checked(stored, kind)
  }

  #context(): FailureContext {
    const { job, run } = this.#lease
    const fraction = run.batch.deps.random.fraction()
    return { job, policy: run.start.policy, fraction, progressedAt: this.#parting.progressedAt }
  }

  /** The table does not answer: no attempt is charged for that. */
  #unrun() {
    return decideUnrun(this.#context(), soonMs)
  }
}

interface Rest {
  readonly dueAt: number
  /** For a signal. */
  readonly isWaiting: boolean
}

async function fitting(signal: Cell, schema: JobContract['input'] | undefined): Promise<unknown> {
  const value = valueOf(signal)
  if (schema === undefined) return value
  try {
    return await checkSignal(signal.name, schema, value)
  } catch (error) {
    // It is what came, in each run.
    throw new StepFailed(signal.name, normaliseError(error))
  }
}

type Called<T> = { readonly kind: 'returned'; readonly value: T } | { readonly kind: 'threw'; readonly thrown: unknown }

const inStep = (name: string, { name: kind, message, ...rest }: JobError): JobError => ({
  name: kind,
  message: `step '${name}': ${message}`,
  ...rest,
})

/** @throws StepMisused: what a step returns must be JSON, or each run would see something else */
function contentOf(name: string, value: unknown): Pick<Cell, 'value'> {
  if (value === undefined) return {}
  try {
    return { value: resultJsonText(`step(${name})`, value, maxCellBytes) }
  } catch (cause) {
    throw new StepMisused(name, cause instanceof Error ? cause.message : String(cause), { cause })
  }
}
