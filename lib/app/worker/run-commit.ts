/**
 * T10: the handler's own writes, follow-up jobs and the completion in one transaction, under the run's owner. The guard
 * carries the safety: a transaction that is carried out late, or twice, finds another owner or another state. The token
 * only saves reads.
 */
import { CommitRefused, RunStopped } from '../../core/definition/handler-errors.ts'
import type { CommitEnd } from '../../core/definition/run-context.ts'
import type { TransactItem } from '../../core/definition/transact-item.ts'
import type { Job } from '../../core/job/job.ts'
import { thenNext } from '../../core/transitions/ends.ts'
import { isOwnCompletion, isOwnRun } from '../../core/transitions/own-write.ts'
import { jobAfter } from '../../core/transitions/transition.ts'
import {
  describedInput,
  type InvalidInput,
  isRefusedForEver,
  Unavailable,
  UniqueConflict,
} from '../../core/values/errors.ts'
import type { ActionReason, TransactOutcome } from '../../ports/record-store.ts'
import { followedUp } from '../begin-next.ts'
import { existing } from '../enqueue/enqueue.ts'
import type { Prepared } from '../enqueue/prepare.ts'
import { report } from '../write.ts'
import { actionsOf, type CommitPlan, planCommit } from './plan-commit.ts'
import type { RunLease } from './run-lease.ts'

/** Pauses between two attempts double from the first to the last, with jitter. */
const firstPauseMs = 100
const lastPauseMs = 5_000

/** The commits of one run: any number that are refused, and one that is carried out. */
export class RunCommit {
  readonly #lease: RunLease
  #calls = 0
  #plan: CommitPlan | undefined
  #underWay: Promise<void> | undefined
  #isDone = false
  #doubt: Error | undefined

  constructor(lease: RunLease) {
    this.#lease = lease
  }

  /** The job is COMPLETED, with everything that was committed. */
  get isDone(): boolean {
    return this.#isDone
  }

  /** Why nobody knows whether a commit was carried out, or still will be. */
  get doubt(): Error | undefined {
    return this.#doubt
  }

  commit(items: readonly TransactItem[], end: CommitEnd = {}): Promise<void> {
    const work = this.#underWay === undefined ? this.#commit(items, end) : Promise.reject(alreadyUnderWay())
    if (this.#underWay === undefined) {
      const settled = () => {
        this.#underWay = undefined
      }
      this.#underWay = work
      work.then(settled, settled)
    }
    // A rejection that nobody awaits would end the process. Whoever awaits the promise still gets it.
    work.catch(() => {})
    return work
  }

  /** Waits for a commit that the handler did not await. @throws what it rejects with */
  async settled(): Promise<void> {
    await this.#underWay
  }

  async #commit(items: readonly TransactItem[], end: CommitEnd): Promise<void> {
    this.#checkRunning()
    const plan = await planCommit(this.#lease, items, end)
    this.#calls += 1
    await this.#send(plan)
  }

  #checkRunning(): void {
    const lease = this.#lease
    if (this.#doubt !== undefined) throw this.#doubt
    if (lease.stopped === undefined && this.#isTimeUp(0)) lease.abort('timedOut')
    if (lease.stopped !== undefined) throw new RunStopped(lease.stopped)
  }

  #isTimeUp(pauseMs: number): boolean {
    return this.#lease.run.batch.deps.clock.now() + pauseMs >= this.#lease.deadline
  }

  /** Again while the lease lasts: under the same token, so that what was carried out is answered as such. */
  async #send(asked: CommitPlan): Promise<void> {
    const { clock, random } = this.#lease.run.batch.deps
    let plan = asked
    for (let pauseMs = firstPauseMs, rounds = 0; ; ) {
      this.#plan = plan
      const outcome = await this.#transact(plan, rounds)
      if (outcome.kind === 'done') return this.#carriedOut(jobAfter(plan.transition, plan.followed ?? this.#lease.job))
      if (outcome.kind === 'refused') {
        const judged = this.#judge(plan, outcome.reasons)
        if (judged.kind === 'mine') return this.#carriedOut(judged.job)
        plan = judged.plan
        rounds += 1
        continue
      }
      if (outcome.kind === 'failed' && isRefusedForEver(outcome.error)) throw outcome.error
      if (outcome.kind === 'failed') this.#doubt = outcome.error
      if (this.#isTimeUp(pauseMs)) return this.#giveUp(outcome.error)
      await clock.sleep(pauseMs * (0.5 + random.fraction() / 2), this.#lease.signal)
      if (this.#lease.signal.aborted) return this.#giveUp(outcome.error)
      pauseMs = Math.min(lastPauseMs, pauseMs * 2)
    }
  }

  /** @param rounds of this commit that were definitely cancelled: what is asked then is another transaction */
  async #transact(plan: CommitPlan, rounds: number): Promise<TransactOutcome> {
    const { run, job } = this.#lease
    const { records, clock } = run.batch.deps
    const token = this.#calls === 1 && rounds === 0 ? run.start.owner : `${run.start.owner}.${this.#calls}.${rounds}`
    const timer = new AbortController()
    const late = clock.sleep(Math.max(0, this.#lease.deadline - clock.now()), timer.signal).then(() => noAnswer())
    try {
      return await Promise.race([records.transact(actionsOf(job, plan), token), late])
    } catch (error) {
      return { kind: 'failed', error: new Unavailable('commit', error) }
    } finally {
      timer.abort('answered')
    }
  }

  /** Each refusal is definite: nothing of this transaction was written. */
  #judge(plan: CommitPlan, [own, ...reasons]: readonly ActionReason[]): Judged {
    const { owner } = this.#lease.run.start
    if (own?.kind === 'refusedByJob') {
      const { job } = own
      // Refused only because another job is to follow under its unique key.
      if (job?.next !== undefined && isOwnRun(job, owner) && plan.followed === undefined) {
        return { kind: 'again', plan: { ...plan, transition: thenNext(plan.transition), followed: job } }
      }
      if (isOwnCompletion(job, owner)) return { kind: 'mine', job }
      throw this.#lost(own.job)
    }
    for (const [index, item] of plan.items.entries()) {
      const reason = reasons[index]
      if (reason?.kind === 'refusedByOwn') throw new CommitRefused(index, item, reason.stored)
    }
    const followUps = plan.followUps.filter((one, index) => {
      const reason = reasons[plan.items.length + index]
      return reason?.kind !== 'refusedByJob' || !isThereAlready(one, reason.job)
    })
    return { kind: 'again', plan: { ...plan, followUps } }
  }

  #lost(job: Job | undefined): RunStopped {
    const stop = job?.state === 'CANCELLED' ? 'cancelled' : 'lost'
    this.#lease.abort(stop)
    return new RunStopped(stop)
  }

  /** The time is up. What may still be carried out is looked for once more. */
  async #giveUp(error: Error): Promise<void> {
    if (this.#doubt === undefined) throw error
    const found = await this.#look()
    if (!isOwnCompletion(found, this.#lease.run.start.owner)) throw this.#doubt
    await this.#carriedOut(found)
  }

  /** Undefined when the store does not answer: then the outcome of the run finds out. */
  async #look(): Promise<Job | undefined> {
    try {
      return await this.#lease.run.batch.look(this.#lease.job.id)
    } catch {
      return undefined
    }
  }

  /** A write of the run was refused, because its commit had been carried out after all. */
  async found(job: Job): Promise<void> {
    if (!this.#isDone) await this.#carriedOut(job)
  }

  async #carriedOut(job: Job): Promise<void> {
    this.#isDone = true
    this.#lease.completed()
    const { batch } = this.#lease.run
    const { transition, followUps } = this.#plan as CommitPlan
    report(batch.writing, transition, job)
    for (const { job: one } of followUps) {
      const { id, type, queue, state } = one
      batch.deps.telemetry.emit({ name: 'job_enqueued', id, type, queue, state, isNew: true })
    }
    const sendings = followUps.flatMap(one => (one.send === undefined ? [] : [{ job: one.job, ...one.send }]))
    // They are written: where no message goes out, the sweeper hands them out.
    await Promise.allSettled([...sendings.map(sending => batch.send(sending)), followedUp(batch.deps, job)])
  }
}

type Judged = { readonly kind: 'mine'; readonly job: Job } | { readonly kind: 'again'; readonly plan: CommitPlan }

/** A follow-up with an idempotency key that an earlier request has made. @throws IdempotencyConflict, Unavailable */
function isThereAlready(asked: Prepared, stored: Job | undefined): boolean {
  const { job, unique, idempotencyKey = job.id } = asked
  if (unique !== undefined) throw new UniqueConflict(job.id, stored?.state ?? 'there', unique.key)
  // Inputs outside of their items are not compared: the key decides.
  const isElsewhere = job.ref !== undefined || stored?.ref !== undefined
  const outcome = existing(isElsewhere ? { ...job, input: stored?.input ?? '' } : job, idempotencyKey, stored)
  if (outcome.kind === 'refused') throw outcome.error
  return true
}

const noAnswer = (): TransactOutcome => ({ kind: 'failed', error: new Unavailable('commit', 'no answer in time') })

const alreadyUnderWay = (): InvalidInput =>
  describedInput('commit', 'a second one under way', 'one at a time; await it')
