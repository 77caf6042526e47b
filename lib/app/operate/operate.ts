/** What an operator does with one job. Every act is guarded by what was read; a job that moved meanwhile is read again. */
import { policyOf, queuePolicyOf } from '../../core/definition/runner.ts'
import { isTerminal, type Job, type JobState, notifyOf } from '../../core/job/job.ts'
import { adoptIfAvailable, isInLiveShape } from '../../core/transitions/adopt.ts'
import { cancelIfLeaseOver, cancelIfSeen, requestCancelIfRunning } from '../../core/transitions/cancel.ts'
import { deleteIfIdle } from '../../core/transitions/delete.ts'
import { placementFor } from '../../core/transitions/enqueue.ts'
import { isOwnRequest } from '../../core/transitions/own-write.ts'
import { requeueIfEnded, rescheduleIfWaiting } from '../../core/transitions/requeue.ts'
import type { Transition } from '../../core/transitions/transition.ts'
import { InvalidInput, Unavailable } from '../../core/values/errors.ts'
import { formatInstant } from '../../core/values/instant.ts'
import { minDeleteAgeMs } from '../../core/values/times.ts'
import type { Deps } from '../../ports/deps.ts'
import { dueAtOf, type EnqueueOptions } from '../enqueue/prepare.ts'
import { sendOrPull } from '../send.ts'
import { newRequestToken } from '../tokens.ts'

/** The act fits no job in this state; nothing was changed. */
export interface NotPossible {
  readonly kind: 'notPossible'
  readonly state: JobState
  readonly why: string
}
export interface NotFound {
  readonly kind: 'notFound'
}

export type CancelOutcome =
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'cancelRequested' }
  | NotPossible
  | NotFound
export type PlaceOutcome = { readonly kind: 'placed'; readonly state: JobState } | NotPossible | NotFound
export type DeleteOutcome = { readonly kind: 'deleted' } | NotPossible | NotFound

/** When a job is to run again. */
export type When = Pick<EnqueueOptions, 'delay' | 'delayMs' | 'runAt'>

type Act<Done> =
  | {
      readonly kind: 'write'
      readonly transition: Transition
      readonly request: string
      done(job: Job): Promise<Done> | Done
    }
  | NotPossible

const maxTries = 4

/**
 * Reads, decides, writes; again while somebody else is faster.
 * @throws Unavailable when the store does not answer, or the job would not stand still
 */
async function actOn<Done>(
  deps: Deps,
  id: string,
  decide: (job: Job, now: number) => Act<Done>,
): Promise<Done | NotPossible | NotFound> {
  if (typeof id !== 'string' || id === '') throw new InvalidInput('id', id, 'the id of a job')
  let [job] = await deps.store.get([id])
  for (let tries = 0; tries < maxTries; tries += 1) {
    if (job === undefined) return { kind: 'notFound' }
    const act = decide(job, deps.clock.now())
    if (act.kind === 'notPossible') return act
    const [outcome] = await deps.store.apply([{ id, transition: act.transition }])
    if (outcome?.kind === 'applied') return act.done(outcome.job)
    if (outcome?.kind !== 'refused') throw new Unavailable(act.transition.name, outcome?.error ?? 'no answer')
    // A delete that was carried out, and whose answer was lost, finds nothing any more.
    if (outcome.job === undefined && act.transition.deletes === true) return act.done(job)
    if (outcome.job !== undefined && isOwnRequest(outcome.job, act.request)) return act.done(outcome.job)
    job = outcome.job
  }
  throw new Unavailable(`job ${id}`, 'it keeps changing')
}

const notPossible = (job: Job, why: string): NotPossible => ({ kind: 'notPossible', state: job.state, why })
const fieldsOf = (job: Job) => ({ id: job.id, type: job.type, queue: job.queue })

/** T15, T18. A waiting job ends at once; a running one is asked to stop, and no attempt follows. */
export function cancel(deps: Deps, id: string): Promise<CancelOutcome> {
  return actOn<CancelOutcome>(deps, id, (job, now) => {
    if (isTerminal(job.state)) return notPossible(job, 'the job has ended')
    const request = newRequestToken(deps.random)
    const policy = policyOf(deps.runner, job.type)
    const ended = (done: Job): CancelOutcome => {
      deps.telemetry.emit({ name: 'job_cancelled', ...fieldsOf(done), ...notifyOf(done), attempt: done.attempt })
      return { kind: 'cancelled' }
    }
    if (job.state !== 'IN_PROGRESS') {
      return { kind: 'write', request, transition: cancelIfSeen(job, now, request, policy), done: ended }
    }
    const isLeaseOver = (job.leaseUntil ?? 0) < now
    if (isLeaseOver && job.cancelRequestedAt !== undefined) {
      return { kind: 'write', request, transition: cancelIfLeaseOver(job, now, request, policy), done: ended }
    }
    const requested = (done: Job): CancelOutcome => {
      deps.telemetry.emit({ name: 'job_cancel_requested', ...fieldsOf(done) })
      return { kind: 'cancelRequested' }
    }
    return { kind: 'write', request, transition: requestCancelIfRunning(now, request), done: requested }
  })
}

/** T16. A job that has ended runs again as a new generation, with all its attempts. */
export async function requeue(deps: Deps, id: string, when: When = {}): Promise<PlaceOutcome> {
  return place(deps, id, when, 'job_requeued', job =>
    isTerminal(job.state) ? undefined : 'only a job that has ended can be requeued',
  )
}

/** T16. A job that waits gets another time. */
export async function reschedule(deps: Deps, id: string, when: When): Promise<PlaceOutcome> {
  if (when.delay === undefined && when.delayMs === undefined && when.runAt === undefined) {
    throw new InvalidInput('runAt', undefined, 'one of delay, delayMs, runAt')
  }
  return place(deps, id, when, 'job_rescheduled', whyNotWaiting)
}

/** T16. A job that waits runs now; its message goes out at once. */
export async function runNow(deps: Deps, id: string): Promise<PlaceOutcome> {
  return place(deps, id, {}, 'job_rescheduled', whyNotWaiting)
}

function whyNotWaiting(job: Job): string | undefined {
  if (isTerminal(job.state)) return 'the job has ended; requeue it instead'
  return job.state === 'IN_PROGRESS' ? 'the job is running' : undefined
}

async function place(
  deps: Deps,
  id: string,
  when: When,
  name: 'job_requeued' | 'job_rescheduled',
  whyNot: (job: Job) => string | undefined,
): Promise<PlaceOutcome> {
  const dueAt = dueAtOf(when, deps.clock.now())
  return actOn<PlaceOutcome>(deps, id, (job, now) => {
    const why = whyNot(job)
    if (why !== undefined) return notPossible(job, why)
    const policy = policyOf(deps.runner, job.type)
    const request = newRequestToken(deps.random)
    if (job.state === 'AVAILABLE' && !isInLiveShape(job)) {
      // An item that a console edit or a foreign writer left is no job yet: first T19, as the dispatcher would.
      const { shards } = queuePolicyOf(deps.runner, job.queue)
      const adopt = adoptIfAvailable(job, now, request, shards)
      return { kind: 'write', request, transition: adopt, done: () => place(deps, id, when, name, whyNot) }
    }
    const transition = (name === 'job_requeued' ? requeueIfEnded : rescheduleIfWaiting)(
      job,
      dueAt,
      now,
      request,
      policy,
    )
    const done = async (placed: Job): Promise<PlaceOutcome> => {
      // After the write, never beside it: a message of the new fence that came first would wait for nothing.
      const { send } = placementFor(placed.scheduledAt, now, policy)
      if (send !== undefined) await sendOrPull(deps, [{ job: placed, delayMs: send.delayMs }])
      deps.telemetry.emit({ name, ...fieldsOf(placed) })
      return { kind: 'placed', state: placed.state }
    }
    return { kind: 'write', request, transition, done }
  })
}

/** T17. Not while it runs, and not within its first five minutes. */
export function remove(deps: Deps, id: string): Promise<DeleteOutcome> {
  const done = (gone: Job): DeleteOutcome => {
    deps.telemetry.emit({ name: 'job_deleted', ...fieldsOf(gone) })
    return { kind: 'deleted' }
  }
  return actOn<DeleteOutcome>(deps, id, (job, now) => {
    if (job.state === 'IN_PROGRESS') return notPossible(job, 'the job is running; cancel it first')
    const deletableAt = job.insertedAt + minDeleteAgeMs
    if (deletableAt > now) {
      return notPossible(
        job,
        `a job can be deleted five minutes after it was enqueued: from ${formatInstant(deletableAt)} on`,
      )
    }
    return { kind: 'write', request: '', transition: deleteIfIdle(now), done }
  })
}
