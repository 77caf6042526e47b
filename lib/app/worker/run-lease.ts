/** Time and ownership of one run: its deadline, its lease, whether somebody cancelled it. */

import { type JobPolicy, lastWorkingInstant, leaseMs } from '../../core/definition/policy.ts'
import type { Job } from '../../core/job/job.ts'
import { heartbeatIfOwner } from '../../core/transitions/finish.ts'
import { isOwnRun } from '../../core/transitions/own-write.ts'
import { InvalidInput, LamplighterError } from '../../core/values/errors.ts'
import { cancelWatchMs, functionMarginMs } from '../../core/values/times.ts'
import { type Batch, type Delivery, hideForLease } from './run.ts'

/** Why a run's signal aborted. */
export type Stop = 'timedOut' | 'cancelled' | 'lost' | 'over'

/** The reason of an aborted signal, and what a heartbeat throws once the run is over. */
export class RunStopped extends LamplighterError {
  override readonly name = 'RunStopped'
  readonly code = 'run_stopped'
  readonly stop: Stop
  constructor(stop: Stop) {
    super(
      {
        timedOut: 'the run did not end in its time',
        cancelled: 'the job was cancelled',
        lost: 'the lease was lost; another run may hold the job',
        over: 'the run is over; what it does now does not count',
      }[stop],
    )
    this.stop = stop
  }
}

/** At most one progress write a second. */
const progressEveryMs = 1_000

export class RunLease {
  readonly #batch: Batch
  readonly #delivery: Delivery
  readonly #owner: string
  readonly #policy: JobPolicy
  readonly #abort = new AbortController()
  readonly #watch = new AbortController()
  #job: Job
  #progressAt = Number.NEGATIVE_INFINITY

  constructor(batch: Batch, delivery: Delivery, job: Job, owner: string, policy: JobPolicy) {
    this.#batch = batch
    this.#delivery = delivery
    this.#owner = owner
    this.#policy = policy
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

  /** Epoch milliseconds: the end of the lease less the skew budget, within the function's own time. */
  get deadline(): number {
    return Math.min(lastWorkingInstant(this.#job.leaseUntil ?? 0), this.#batch.endAt - functionMarginMs)
  }

  abort(stop: Stop): void {
    if (!this.#abort.signal.aborted) this.#abort.abort(new RunStopped(stop))
  }

  /** Ends the watching; from here on the run writes nothing but its outcome. */
  close(): void {
    this.#watch.abort()
  }

  /** T8. True while the run holds the job. @throws when the store could not be asked */
  async heartbeat(percent?: number): Promise<boolean> {
    const { deps } = this.#batch
    // Aborted or over: nothing this run writes may count any more.
    if (this.#watch.signal.aborted) throw new RunStopped(this.stop ?? 'over')
    const leaseUntil = Math.max(this.#job.leaseUntil ?? 0, deps.clock.now() + leaseMs(this.#policy))
    const outcome = await this.#batch.apply({
      id: this.#job.id,
      transition: heartbeatIfOwner(this.#owner, leaseUntil, percent),
    })
    if (outcome.kind === 'failed') throw outcome.error
    const job = outcome.job
    // A refusal can be one's own write, carried out and then retried: then the item still names this run.
    if (job === undefined || !isOwnRun(job, this.#owner)) {
      this.abort('lost')
      return false
    }
    this.#see(job)
    await hideForLease(this.#batch, this.#delivery, this.#policy)
    return true
  }

  async progress(percent: number): Promise<void> {
    if (typeof percent !== 'number' || !(percent >= 0 && percent <= 100)) {
      throw new InvalidInput('progress', percent, '0 to 100')
    }
    const now = this.#batch.deps.clock.now()
    if (now - this.#progressAt < progressEveryMs) return
    this.#progressAt = now
    await this.heartbeat(Math.round(percent))
  }

  /** Aborts the run when its time is up. A heartbeat moves the deadline, so it is looked at again each time. */
  async watchDeadline(): Promise<void> {
    const { clock } = this.#batch.deps
    while (!this.#watch.signal.aborted) {
      const leftMs = this.deadline - clock.now()
      if (leftMs <= 0) return this.abort('timedOut')
      await clock.sleep(leftMs, this.#watch.signal)
    }
  }

  /** Reads the job now and then: a run that never writes must still learn that it was cancelled. */
  async watchCancel(): Promise<void> {
    const { clock } = this.#batch.deps
    for (;;) {
      await clock.sleep(cancelWatchMs, this.#watch.signal)
      if (this.#watch.signal.aborted) return
      try {
        const job = await this.#batch.read(this.#job.id)
        if (this.#watch.signal.aborted) return
        if (job === undefined || !isOwnRun(job, this.#owner)) this.abort('lost')
        else this.#see(job)
      } catch {
        // The store does not answer: the next look, or the deadline, decides.
      }
    }
  }

  #see(job: Job): void {
    this.#job = job
    if (job.cancelRequestedAt !== undefined) this.abort('cancelled')
  }
}
