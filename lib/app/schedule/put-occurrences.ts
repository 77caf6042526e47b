import { contractOf, policyOf } from '../../core/definition/runner.ts'
import type { Job } from '../../core/job/job.ts'
import { takenBackCode } from '../../core/transitions/cancel.ts'
import { placementFor } from '../../core/transitions/enqueue.ts'
import { isOwnRequest } from '../../core/transitions/own-write.ts'
import { fireAgainIfTakenBack, fireAgainIfWaiting } from '../../core/transitions/requeue.ts'
import { maxDelayMs } from '../../core/values/quotas.ts'
import { repeatFailed } from '../../core/values/repeat-failed.ts'
import type { Deps } from '../../ports/deps.ts'
import type { InsertOutcome } from '../../ports/job-store.ts'
import { placedInput, putPayloads } from '../payloads.ts'
import type { Sending } from '../send.ts'
import { writeAll } from '../write.ts'
import { neverRan } from './take-back.ts'

/** A throttled insert has not happened; one whose answer was lost is found under its own id. */
const delaysMs = [200]

/** A job as it was asked for, and as it is written: perhaps without its input, which lies next to it. */
interface PlacedJob {
  readonly asked: Job
  readonly job: Job
}

/** A job of an occurrence that is there already. */
interface Found extends PlacedJob {
  readonly found: Job
}

/**
 * Puts the jobs of occurrences. One that is there may be a crashed sweeper's, which sent no message; or that of another
 * definition of the schedule, taken back or about to be.
 * @returns the jobs that are stored, each with the messages that it needs
 */
export async function putOccurrences(deps: Deps, jobs: readonly Job[]): Promise<ReadonlyMap<Job, readonly Sending[]>> {
  if (jobs.length === 0) return new Map()
  const placed = await withPayloads(deps, jobs)
  const outcomes = await repeatFailed<Job, InsertOutcome>(
    placed.map(({ job }) => job),
    entries => deps.store.insert(entries),
    ({ kind }) => kind === 'failed',
    { clock: deps.clock, delaysMs },
  )
  const stored = new Map<Job, readonly Sending[]>()
  const there: Found[] = []
  for (const [index, { asked, job }] of placed.entries()) {
    const outcome = outcomes[index] ?? { kind: 'failed', error: new Error('no answer') }
    if (outcome.kind === 'failed') {
      deps.telemetry.emit({ name: 'store_failed', id: job.id, transition: 'insert', error: outcome.error.message })
      continue
    }
    const found = outcome.kind === 'exists' ? outcome.job : undefined
    const isNew = outcome.kind === 'inserted' || isOwnRequest(found, job.request ?? '')
    report(deps, job, isNew)
    if (isNew) stored.set(asked, sendingOf(deps, job, job.insertedAt))
    else if (found !== undefined && (isTakenBack(found) || neverRan(found))) there.push({ asked, job, found })
    else stored.set(asked, [])
  }
  await fireAgain(deps, there, stored)
  return stored
}

/** Puts the inputs that their items do not hold. A job whose input could not be put is left to the next tick. */
async function withPayloads(deps: Deps, jobs: readonly Job[]): Promise<readonly PlacedJob[]> {
  const all = jobs.map(asked => ({ asked, ...placedInput(deps, contractOf(deps.runner, asked.type), asked) }))
  const large = all.filter(({ payload }) => payload !== undefined)
  const errors = await putPayloads(
    deps,
    large.flatMap(({ payload }) => payload ?? []),
  )
  const lost = new Set(large.filter((_, index) => errors[index] !== undefined))
  for (const { job } of lost) {
    deps.telemetry.emit({ name: 'store_failed', id: job.id, transition: 'insert', error: 'its input could not be put' })
  }
  return all.filter(one => !lost.has(one))
}

function report({ telemetry }: Deps, { id, type, queue, state }: Job, isNew: boolean): void {
  telemetry.emit({ name: 'job_enqueued', id, type, queue, state, isNew })
}

function sendingOf({ runner }: Deps, job: Job, now: number): readonly Sending[] {
  // It waits in the table.
  if (job.dispatches === undefined) return []
  const { send } = placementFor(job.scheduledAt, now, policyOf(runner, job.type))
  return send === undefined ? [] : [{ job, delayMs: send.delayMs }]
}

const isTakenBack = ({ state, code }: Job): boolean => state === 'CANCELLED' && code === takenBackCode

async function fireAgain(deps: Deps, there: readonly Found[], stored: Map<Job, readonly Sending[]>): Promise<void> {
  const changes = there.map(({ job, found }) => ({
    id: job.id,
    transition: isTakenBack(found) ? fireAgainIfTakenBack(found, job) : fireAgainIfWaiting(found, job),
  }))
  const written = await writeAll(deps, changes, { delaysMs })
  for (const [index, { asked, job, found }] of there.entries()) {
    const outcome = written[index]
    // Refused: it started, or another sweeper fired it again a moment ago.
    if (outcome?.kind === 'refused') stored.set(asked, [])
    if (outcome?.kind !== 'written') continue
    const isMoved = outcome.job.fence !== found.fence
    stored.set(asked, isMoved ? sendingOf(deps, outcome.job, job.insertedAt) : resendOf(deps, outcome.job))
  }
}

/**
 * The message of a crashed sweeper may never have been sent; nor that of one that has had no answer, and does not know its
 * write again by the new `request`. A second message starts nothing.
 */
function resendOf({ clock }: Deps, job: Job): readonly Sending[] {
  const delayMs = Math.max(0, job.scheduledAt - clock.now())
  return (job.dispatches ?? 0) === 0 || delayMs > maxDelayMs ? [] : [{ job, delayMs }]
}
