/** Carries out what was decided for jobs that are due: used by the sweeper for a page, by the dispatcher for a batch. */

import { type DueDecision, decideDue } from '../../core/decide/due-job.ts'
import { policyOf, queuePolicyOf } from '../../core/definition/runner.ts'
import { type Job, notifyOf } from '../../core/job/job.ts'
import { errorText } from '../../core/job/job-error.ts'
import { adoptIfAvailable } from '../../core/transitions/adopt.ts'
import { cancelIfLeaseOver } from '../../core/transitions/cancel.ts'
import { dispatchIfSeen, lookLaterIfSeen } from '../../core/transitions/dispatch.ts'
import { isOwnRequest, signed } from '../../core/transitions/own-write.ts'
import { failIfExhausted, failIfLeaseOver, recoverIfLeaseOver } from '../../core/transitions/recover.ts'
import type { Transition } from '../../core/transitions/transition.ts'
import { InvalidInput, Unwritable } from '../../core/values/errors.ts'
import { maxFinalErrorBytes } from '../../core/values/times.ts'
import type { Deps } from '../../ports/deps.ts'
import type { ChangeOutcome } from '../../ports/job-store.ts'
import { type Sending, sendOrPull } from '../send.ts'
import { newRequestToken } from '../tokens.ts'

export interface PlacedCounts {
  dispatched: number
  recovered: number
  setAside: number
}

interface Planned {
  readonly job: Job
  readonly decision: Exclude<DueDecision, { kind: 'skip' }>
  readonly transition: Transition
  readonly request: string
}

/** @returns how many jobs of each kind, and the ids of those whose write could not be made, but may succeed later */
export async function handleDueJobs(
  deps: Deps,
  jobs: readonly Job[],
  isDeep: (job: Job) => boolean,
): Promise<PlacedCounts & { readonly failedIds: readonly string[] }> {
  const now = deps.clock.now()
  const counts = { dispatched: 0, recovered: 0, setAside: 0 }
  const planned = jobs.flatMap(job => plan(deps, job, now, isDeep(job)) ?? [])
  const outcomes = await applyTwice(deps, planned)
  const adopted: Job[] = []
  const sendings: (Sending & { isPutOff: boolean })[] = []
  const failedIds: string[] = []
  for (const [index, one] of planned.entries()) {
    const outcome = outcomes[index]
    if (outcome === undefined || outcome.kind === 'failed') {
      counts.setAside += 1
      if (tellFailure(deps, one, outcome?.error)) failedIds.push(one.job.id)
      continue
    }
    // Refused, but by my own token: the write was carried out and its answer lost. Not sending would cost a hold.
    const isMine = outcome.kind === 'applied' || isOwnRequest(outcome.job, one.request)
    if (!isMine || outcome.job === undefined) continue
    if (one.decision.kind === 'adopt') adopted.push(outcome.job)
    if (one.decision.kind === 'recover') counts.recovered += 1
    if (one.decision.kind === 'dispatch' || one.decision.kind === 'recover') {
      const isPutOff = one.decision.kind === 'dispatch' && one.decision.isPutOff
      sendings.push({
        job: outcome.job,
        delayMs: one.decision.kind === 'dispatch' ? one.decision.delayMs : 0,
        isPutOff,
      })
    }
    tell(deps, one, outcome.job)
  }
  await sendOrPull(
    deps,
    sendings.filter(({ isPutOff }) => !isPutOff),
  )
  counts.dispatched = sendings.length
  if (adopted.length === 0) return { ...counts, failedIds }
  const then = await handleDueJobs(deps, adopted, isDeep)
  return {
    dispatched: counts.dispatched + then.dispatched,
    recovered: counts.recovered,
    setAside: counts.setAside + then.setAside,
    failedIds: [...failedIds, ...then.failedIds],
  }
}

/** A throttled write has not happened; one whose answer was lost has, and its repeat is refused by our own token. */
async function applyTwice(deps: Deps, planned: readonly Planned[]): Promise<readonly ChangeOutcome[]> {
  const changes = planned.map(({ job, transition }) => ({ id: job.id, transition, seen: job }))
  const outcomes = [...(await deps.store.apply(changes))]
  const failed = [...outcomes.keys()].filter(index => outcomes[index]?.kind === 'failed')
  if (failed.length === 0) return outcomes
  await deps.clock.sleep(retryAfterMs)
  const again = await deps.store.apply(failed.flatMap(index => changes[index] ?? []))
  for (const [position, index] of failed.entries()) {
    const outcome = again[position]
    if (outcome !== undefined) outcomes[index] = outcome
  }
  return outcomes
}

const retryAfterMs = 200

/** One item that cannot even be decided about must not stop the others. */
function plan(deps: Deps, job: Job, now: number, isDeep: boolean): Planned | undefined {
  try {
    const decision = decideDue(job, now, isDeep)
    if (decision.kind === 'skip') return undefined
    const request = newRequestToken(deps.random)
    return { job, decision, request, transition: transitionFor(deps, job, decision, now, request) }
  } catch (error) {
    deps.telemetry.emit({ name: 'job_set_aside', id: job.id, error: String(error) })
    return undefined
  }
}

function transitionFor(
  deps: Deps,
  job: Job,
  decision: Exclude<DueDecision, { kind: 'skip' }>,
  now: number,
  request: string,
): Transition {
  const policy = policyOf(deps.runner, job.type)
  switch (decision.kind) {
    case 'dispatch':
      return dispatchIfSeen(job, now, request, policy)
    case 'recover':
      return recoverIfLeaseOver(job, now, request, policy)
    case 'cancel':
      return cancelIfLeaseOver(job, now, request, policy)
    case 'adopt':
      return adoptIfAvailable(job, now, request, queuePolicyOf(deps.runner, job.queue).shards)
    case 'later':
      return lookLaterIfSeen(job, now)
    case 'fail':
      return signed(
        decision.isLeaseOver
          ? failIfLeaseOver(job, crashedText, now, policy)
          : failIfExhausted(job, exhaustedText, now, policy),
        request,
      )
  }
}

export const crashedText = errorText(
  { name: 'Crashed', message: 'the run ended without an outcome, and no attempt is left' },
  maxFinalErrorBytes,
)
export const exhaustedText = errorText({ name: 'OutOfAttempts', message: 'no attempt is left' }, maxFinalErrorBytes)

/** @returns whether the write may yet succeed: one that never can must not hold up those behind it in a stream (I15) */
function tellFailure(deps: Deps, { job, transition }: Planned, error: Error | undefined): boolean {
  const text = error?.message ?? 'no answer'
  if (error instanceof Unwritable || error instanceof InvalidInput) {
    deps.telemetry.emit({ name: 'job_set_aside', id: job.id, error: text })
    return false
  }
  deps.telemetry.emit({ name: 'store_failed', id: job.id, transition: transition.name, error: text })
  return true
}

function tell(deps: Deps, { job: seen, decision }: Planned, job: Job): void {
  const fields = { id: job.id, type: job.type, queue: job.queue }
  const attempt = job.attempt
  switch (decision.kind) {
    case 'dispatch':
      if (decision.isPutOff) return
      deps.telemetry.emit({
        name: 'job_dispatched',
        ...fields,
        delayMs: decision.delayMs,
        dispatches: job.dispatches ?? 0,
      })
      return
    case 'recover':
      deps.telemetry.emit({ name: 'job_crashed', ...fields, attempt, crashes: job.crashes ?? 0 })
      return
    case 'fail':
      if (decision.isLeaseOver) {
        deps.telemetry.emit({ name: 'job_crashed', ...fields, attempt: seen.attempt, crashes: job.crashes ?? 0 })
      }
      deps.telemetry.emit({
        name: 'job_failed',
        ...fields,
        ...notifyOf(job),
        attempt,
        error: decision.isLeaseOver ? 'Crashed' : 'OutOfAttempts',
      })
      return
    case 'cancel':
      deps.telemetry.emit({ name: 'job_cancelled', ...fields, ...notifyOf(job), attempt })
      return
    case 'adopt':
      deps.telemetry.emit({ name: 'job_adopted', ...fields })
      return
    case 'later':
      return
  }
}
