/** Time and ownership of one run: its deadline, its lease, its progress, and whether somebody cancelled it. */

import { isHiddenForLease } from '../../core/definition/deployment.ts'
import { RunStopped, type Stop } from '../../core/definition/handler-errors.ts'
import { lastWorkingInstant, leaseMs } from '../../core/definition/policy.ts'
import type { Job } from '../../core/job/job.ts'
import { type HeldJob, heartbeatIfOwner } from '../../core/transitions/finish.ts'
import { isOwnCompletion, isOwnRun } from '../../core/transitions/own-write.ts'
import { cancelWatchMs, functionMarginMs } from '../../core/values/times.ts'
import { write } from '../write.ts'
import { hide, type Run } from './run.ts'

/** At most one progress write a second. */
const progressEveryMs = 1_000

export class RunLease {
  readonly run: Run
  /** The job as its start left it. */
  readonly started: Job
  readonly #abort = new AbortController()
  readonly #watch = new AbortController()
  #job: Job
  #isCompleted = false
  #progress: number | undefined
  #progressAt = Number.NEGATIVE_INFINITY

  constructor(run: Run, job: Job) {
    this.run = run
    this.started = job
    this.#job = job
  }

  /** The job as last seen: its lease and `lookAt` move with heartbeats. */
  get job(): Job {
    return this.#job
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  get stop(): Stop | undefined {
    const reason: unknown = this.#abort.signal.reason
    return reason instanceof RunStopped ? reason.stop : undefined
  }

  /** Why nothing that this run writes may count any more; undefined while it may. */
  get stopped(): Stop | undefined {
    return this.stop ?? (this.#isOver ? 'over' : undefined)
  }

  /** Epoch milliseconds: the end of the lease less the skew budget, within the function's own time. */
  get deadline(): number {
    return Math.min(lastWorkingInstant(this.#job.leaseUntil ?? 0), this.run.batch.endAt - functionMarginMs)
  }

  /** What an outcome is written from. */
  held(): HeldJob {
    const { owner, policy } = this.run.start
    const progress = this.#progress === undefined ? {} : { progress: this.#progress }
    return { job: this.#job, owner, policy, now: this.run.batch.deps.clock.now(), ...progress }
  }

  abort(stop: Stop): void {
    if (!this.#abort.signal.aborted) this.#abort.abort(new RunStopped(stop))
  }

  /** The run's commit was carried out: from here on it writes nothing, and only its deadline is watched. */
  completed(): void {
    this.#isCompleted = true
  }

  /** Ends the watching; from here on the run writes nothing but its outcome. */
  close(): void {
    // With a reason: without one an error with its stack is made for nobody.
    this.#watch.abort('over')
  }

  /**
   * The message stays hidden as long as its job's lease lasts: a crash is noticed when the lease is over, not later. No
   * call where the queue's own visibility timeout does that already.
   */
  async hideMessage(): Promise<void> {
    const { batch, delivery, start } = this.run
    const lease = leaseMs(start.policy)
    const { hiddenUntil } = delivery
    if (hiddenUntil !== undefined && isHiddenForLease(hiddenUntil, batch.deps.clock.now() + lease)) return
    await hide(this.run, lease)
  }

  /** T8. True while the run holds the job. @throws when the run was stopped or is over, or the store does not answer */
  async heartbeat(): Promise<boolean> {
    const { batch, start } = this.run
    if (this.#isOver) throw new RunStopped(this.stop ?? 'over')
    const leaseUntil = Math.max(this.#job.leaseUntil ?? 0, batch.deps.clock.now() + leaseMs(start.policy))
    if ((await this.run.place?.prolong(leaseUntil)) === false) {
      this.abort('lost')
      return false
    }
    const transition = heartbeatIfOwner(start.owner, leaseUntil, this.#progress)
    const written = await write(batch.writing, { id: this.#job.id, transition }, { delaysMs: [] })
    if (written.kind === 'failed') throw written.error
    const { job } = written
    // A refusal can be one's own write, carried out and then repeated: then the item still names this run.
    if (isOwnCompletion(job, start.owner)) throw new RunStopped('over')
    if (job === undefined || !isOwnRun(job, start.owner)) {
      this.abort('lost')
      return false
    }
    this.#see(job)
    await this.hideMessage()
    return true
  }

  /**
   * Best effort: a report must never decide what becomes of the run. What cannot be written now goes with the next
   * heartbeat or with the outcome.
   * @param percent 0 to 100
   */
  async report(percent: number): Promise<void> {
    if (this.#isOver) return
    this.#progress = Math.round(percent)
    const now = this.run.batch.deps.clock.now()
    if (now - this.#progressAt < progressEveryMs) return
    this.#progressAt = now
    try {
      await this.heartbeat()
    } catch {
      // Reported by the write itself, or of no interest to a run that is over.
    }
  }

  /** Aborts the run when its time is up. A heartbeat moves the deadline, so it is looked at again each time. */
  async watchDeadline(): Promise<void> {
    const { clock } = this.run.batch.deps
    while (!this.#watch.signal.aborted) {
      const leftMs = this.deadline - clock.now()
      if (leftMs <= 0) return this.abort('timedOut')
      await clock.sleep(leftMs, this.#watch.signal)
    }
  }

  /** Reads the job now and then: a run that never writes must still learn that it was cancelled. */
  async watchCancel(): Promise<void> {
    const { batch } = this.run
    const { clock } = batch.deps
    for (;;) {
      await clock.sleep(cancelWatchMs, this.#watch.signal)
      if (this.#watch.signal.aborted) return
      try {
        const job = await batch.look(this.#job.id)
        if (this.#watch.signal.aborted || isOwnCompletion(job, this.run.start.owner)) return
        if (job === undefined || !isOwnRun(job, this.run.start.owner)) this.abort('lost')
        else this.#see(job)
      } catch {
        // The store does not answer: the next look, or the deadline, decides.
      }
    }
  }

  /** Aborted or over: nothing that this run writes may count any more. */
  get #isOver(): boolean {
    return this.#isCompleted || this.#watch.signal.aborted || this.#abort.signal.aborted
  }

  /** The answer of a slow read may come after that of a later heartbeat: the lease as seen never goes backwards. */
  #see(job: Job): void {
    const isNewer = (job.leaseUntil ?? 0) >= (this.#job.leaseUntil ?? 0)
    // What the start brought: a look comes without the input.
    if (isNewer) this.#job = { ...job, input: this.#job.input }
    if (job.cancelRequestedAt !== undefined) this.abort('cancelled')
  }
}
