/**
 * The steps of one run. Loaded with the first of them: a plain run has none.
 *
 * - a step that an earlier run has made is not called again: its cell has the value
 * - a step that fails and may be tried again ends the run, without a word to the handler, once no other step is at work
 * - a cell is written once, also by a run that has lost its lease meanwhile: what it says has happened
 */
import { decideThrown, type FailureContext } from '../../core/decide/failed-run.ts'
import { type Bounded, decideBounds, decideStepFailure, latestRest } from '../../core/decide/step-time.ts'
import { type AllOptions, checkAll } from '../../core/definition/children.ts'
import type { JobRequest } from '../../core/definition/job-request.ts'
import type { TransactItem } from '../../core/definition/transact-item.ts'
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
import { errorText } from '../../core/job/job-error.ts'
import { type Cell, type CellKind, cellId, cellRecord, errorOf, maxCells, valueOf } from '../../core/records/cell.ts'
import type { StoredRecord } from '../../core/records/record.ts'
import { integerIn } from '../../core/values/check-options.ts'
import type { Duration } from '../../core/values/duration.ts'
import { Unavailable } from '../../core/values/errors.ts'
import { formatInstant } from '../../core/values/instant.ts'
import { maxFinalErrorBytes } from '../../core/values/times.ts'
import type { Parting } from '../worker/parting.ts'
import { type RunOutcome, soonMs } from '../worker/run.ts'
import type { RunLease } from '../worker/run-lease.ts'
import { unrun } from '../worker/unrun.ts'
import { callStep, stepAtWork } from './call-step.ts'
import { lastProgress, loadCells, putCell } from './cells.ts'
import { outcomesIn } from './child-outcomes.ts'
import { checkStepItems, commitCell } from './commit-cell.ts'
import { type CellContent, type Loaded, noProgress, type Rest, suspendedBy, timeFor } from './rests.ts'
import { type Asked, joinedCell } from './run-children.ts'
import { fitting, StepValues, type ValueContent } from './step-values.ts'

// For those who must know it without any step: in this chunk, and in none of its own.
export { lastProgress }

export class RunSteps {
  readonly #lease: RunLease
  readonly #parting: Parting
  readonly #values: StepValues
  readonly #names = new Set<string>()
  #cells: Promise<Loaded> | undefined
  #atWork = 0
  /** Of the cell that this run has written last. */
  #order = 0
  /** That a step of this run has taken, in milliseconds. */
  #longestMs = 0
  /** With what the run ends when no step is at work any more. */
  #end: RunOutcome | undefined
  /** What the handler sleeps or waits for. */
  readonly #rests: Rest[] = []

  constructor(lease: RunLease, parting: Parting) {
    this.#lease = lease
    this.#parting = parting
    this.#values = new StepValues(lease)
  }

  /** What `ctx.step` does. */
  async step<T>(name: string, fn: (step: StepRun) => T | Promise<T>, options: StepOptions = {}): Promise<unknown> {
    this.#enter(name)
    if (typeof fn !== 'function') throw new StepMisused(name, 'its second argument is no function')
    const checked = checkStep(name, options)
    return this.#atWorkOn(async () => {
      const cell = (await this.#found(name, 'step')) ?? (await this.#made(name, fn, checked))
      return this.#left(cell)
    })
  }

  /** What `ctx.stepCommit` does. */
  async stepCommit(name: string, items: readonly TransactItem[], result?: unknown): Promise<unknown> {
    this.#enter(name)
    checkStepItems(name, items)
    const text = this.#values.textOf(name, result, 'stepCommit')
    return this.#atWorkOn(async () => {
      const cell = (await this.#found(name, 'step')) ?? (await this.#committed(name, items, text))
      return this.#left(cell)
    })
  }

  /** @throws CommitRefused, Unavailable, and what no repeat can help */
  async #committed(name: string, items: readonly TransactItem[], text: string | undefined): Promise<Cell> {
    const { signal } = this.#lease
    if (signal.aborted) throw signal.reason
    try {
      const content = await this.#values.placed(name, text)
      return await this.#written(name, 'step', content, record => commitCell(this.#lease, record, items))
    } catch (error) {
      // Nothing was written: the handler may try it again.
      this.#names.delete(name)
      throw error
    }
  }

  /** What a step's promise gives. @throws StepFailed */
  async #left(cell: Cell): Promise<unknown> {
    const { name, error } = cell
    if (error !== undefined) throw new StepFailed(name, errorOf(cell))
    const read = await this.#values.read(cell)
    if (read.kind === 'value') return read.value
    if (read.kind === 'unknown') return this.#leave(await this.#unrun())
    const message = `what step '${name}' returned is gone: ${read.ref}`
    return this.#leave({ kind: 'failed', error: { name: 'PayloadGone', message } })
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
      const { dueAt = 0 } = (await this.#found(name, 'sleep')) ?? (await this.#due(name, 'sleep', until))
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

  async all(name: string, jobs: readonly JobRequest[], options: AllOptions = {}): Promise<readonly unknown[]> {
    this.#enter(name)
    const { collects, isBound } = checkAll(name, jobs, options)
    if (jobs.length === 0) return []
    return this.#atWorkOn(async () => {
      const cell = (await this.#found(name, 'joined')) ?? (await this.#joined({ name, jobs, isBound }))
      return this.#answered(() => outcomesIn(this.#lease, cell, { jobs, collects }))
    })
  }

  async #joined(asked: Asked): Promise<Cell> {
    return joinedCell({
      ...asked,
      lease: this.#lease,
      begun: (await this.#loaded()).get(cellId({ name: asked.name, kind: 'children' })),
      endBy: latestRest(await this.#bounded()),
      put: (kind, content) => this.#put(asked.name, kind, content),
      rest: rest => this.#rest(rest),
      answered: work => this.#answered(work),
      progressed: () => this.#parting.progressed(this.#lease.job.attempt),
    })
  }

  async #answered<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error
      return this.#leave(await this.#unrun())
    }
  }

  /** The time counts from the first run that asks. @returns a signal that is late, or came right now */
  async #awaited(name: string, timeoutMs: number): Promise<Cell> {
    const { clock } = this.#lease.run.batch.deps
    const wait = (await this.#loaded()).get(cellId({ name, kind: 'wait' }))
    const { dueAt = 0 } = wait ?? (await this.#due(name, 'wait', clock.now() + timeoutMs))
    if (dueAt > clock.now()) return this.#rest({ dueAt, isWaiting: true })
    return this.#put(name, 'signal', { isLate: true })
  }

  /** @throws StepMisused for a rest that the job would not outlive: what comes after it would never be done */
  async #due(name: string, kind: 'sleep' | 'wait', dueAt: number): Promise<Cell> {
    const latest = latestRest(await this.#bounded())
    if (dueAt <= latest) return this.#put(name, kind, { dueAt })
    const [end, last] = [formatInstant(dueAt), formatInstant(latest)]
    throw new StepMisused(name, `its end is ${end}; allowed: until ${last}, which is the job's maxDuration`)
  }

  async #bounded(): Promise<Bounded> {
    const { job, run } = this.#lease
    const cells = (await this.#loaded()).values()
    return { job, policy: run.start.policy, cells, now: run.batch.deps.clock.now() }
  }

  /** @throws InvalidInput, StepMisused */
  #enter(name: string): void {
    stepNameIn('step', name)
    const outer = stepAtWork()
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
    else if (this.#rests.length > 0) this.#parting.part(suspendedBy(this.#rests, this.#lease, this.#parting))
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
      throw new StepMisused(
        name,
        `this job has ${maxCells} steps; allowed: at most ${maxCells}, unless it begins anew by continueAsNew`,
      )
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
    this.#cells ??= this.#load()
    try {
      const { cells, end } = await this.#cells
      return end === undefined ? cells : await this.#leave(end)
    } catch (error) {
      if (error instanceof StepMisused) throw error
      return this.#leave(await this.#unrun())
    }
  }

  async #load(): Promise<Loaded> {
    const { job, run } = this.#lease
    const cells = await loadCells(this.#lease)
    this.#values.count(cells.values())
    for (const { attempt } of cells.values()) if (attempt !== undefined) this.#parting.progressed(attempt)
    const now = run.batch.deps.clock.now()
    const error = decideBounds({ job, policy: run.start.policy, cells: cells.values(), now })
    return error === undefined ? { cells } : { cells, end: { kind: 'failed', error } }
  }

  async #made<T>(name: string, fn: (step: StepRun) => T | Promise<T>, options: CheckedStep): Promise<Cell> {
    const { signal } = this.#lease
    if (signal.aborted) throw signal.reason
    await this.#checkTime(name, options)
    const called = await this.#timed(() => callStep(this.#lease, { name, timeoutMs: options.timeoutMs }, fn))
    if (called.kind === 'returned') return this.#kept(name, called.value, options)
    // The run was stopped: what the function throws then says nothing of the step.
    if (signal.aborted) throw signal.reason
    return this.#failed(name, called.thrown, options)
  }

  /** That the bucket does not take a value is a failure of its step: it is charged, and somebody sees why. */
  async #kept(name: string, value: unknown, options: CheckedStep): Promise<Cell> {
    const text = this.#values.textOf(name, value)
    let content: ValueContent
    try {
      content = await this.#values.placed(name, text)
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error
      return this.#failed(name, error, options)
    }
    return this.#put(name, 'step', content)
  }

  /** Goes on in a later run where this one has too little time left. */
  async #checkTime(name: string, { timeoutMs }: CheckedStep): Promise<void> {
    const now = this.#lease.run.batch.deps.clock.now()
    const times = { longestMs: this.#longestMs, hasProgressed: this.#parting.progressedAt === this.#lease.job.attempt }
    const decision = timeFor(this.#lease, { ...times, now, stepTimeoutMs: timeoutMs })
    switch (decision.kind) {
      case 'fits':
        return
      case 'later':
        return this.#rest({ dueAt: now, isWaiting: false })
      case 'elsewhere':
        return this.#leave(await this.#unrun())
      case 'noProgress':
        return this.#leave(decideThrown(this.#context(), noProgress(`step '${name}' ${decision.message}`)))
    }
  }

  /** A later step of the run may take as long. */
  async #timed<T>(work: () => Promise<T>): Promise<T> {
    const { clock } = this.#lease.run.batch.deps
    const from = clock.now()
    const result = await work()
    this.#longestMs = Math.max(this.#longestMs, clock.now() - from)
    return result
  }

  /** Once more later; or, for the last time, a cell that says so. */
  async #failed(name: string, thrown: unknown, options: CheckedStep): Promise<Cell> {
    const failure = decideStepFailure(this.#context(), name, thrown, options)
    switch (failure.kind) {
      case 'thrownOn':
        throw thrown
      case 'final':
        return this.#put(name, 'step', { error: errorText(failure.error, maxFinalErrorBytes) })
      case 'again':
        return this.#leave(failure.run)
    }
  }

  async #put(name: string, kind: CellKind, content: CellContent): Promise<Cell> {
    return this.#written(name, kind, content, record => putCell(this.#lease, record))
  }

  async #written(
    name: string,
    kind: CellKind,
    content: CellContent,
    write: (record: StoredRecord) => Promise<Cell | undefined>,
  ): Promise<Cell> {
    const { job, run } = this.#lease
    const known = (await this.#loaded()).size
    this.#order = Math.max(this.#order, known) + 1
    const made = { madeAt: run.batch.deps.clock.now(), attempt: job.attempt, order: this.#order }
    const cell: Cell = { name, kind, ...made, ...content }
    const stored = await write(cellRecord(job, cell, run.start.policy.keepFailedMs))
    // Nobody knows whether it is there: the step is made again, or found, by a later run.
    if (stored === undefined) return this.#leave(await this.#unrun())
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
  #unrun(): Promise<RunOutcome> {
    return unrun(this.#lease, soonMs, this.#parting.progressedAt)
  }
}
