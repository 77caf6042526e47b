/** Writes what became of a run, under its owner, and decides what to do with its message. */

import { decideRefusedStart } from '../../core/decide/refused-start.ts'
import type { Job } from '../../core/job/job.ts'
import type { JobError } from '../../core/job/job-error.ts'
import { cancelIfOwner, expireIfOwner, orphanIfOwner, skipIfOwner } from '../../core/transitions/cancel.ts'
import { thenNext } from '../../core/transitions/ends.ts'
import {
  completeIfOwner,
  failIfOwner,
  type RetryTime,
  retryIfOwner,
  snoozeIfOwner,
} from '../../core/transitions/finish.ts'
import { isOwnCompletion, isOwnRun } from '../../core/transitions/own-write.ts'
import { continueIfOwner, suspendIfOwner } from '../../core/transitions/suspend.ts'
import type { Transition } from '../../core/transitions/transition.ts'
import { maxDelayMs } from '../../core/values/quotas.ts'
import { keptMessageMs, maxFinalErrorBytes, maxRetryErrorBytes } from '../../core/values/times.ts'
import { followedUp } from '../begin-next.ts'
import { writeEnd } from '../write-end.ts'
import type { RunOutcome } from './run.ts'
import { acknowledge, soonMs, type Verdict } from './run.ts'
import type { EndedRun } from './run-job.ts'
import type { RunLease } from './run-lease.ts'

/** Beyond the SDK's own retries, as long as the lease lasts. */
const delaysMs = [200, 1_000, 3_000]

type Outcome = Exclude<RunOutcome, { kind: 'lost' | 'committed' }>

export async function recordOutcome({ lease, commit, outcome }: EndedRun): Promise<Verdict> {
  if (outcome.kind === 'committed') return acknowledge
  if (outcome.kind === 'lost') return verdictOfLate(lease, 'the run', await current(lease))
  return record({ lease, commit, outcome }, maxFinalErrorBytes)
}

interface Recording extends EndedRun {
  readonly outcome: Outcome
  /** The job as it is stored, where another is to follow it under its unique key. */
  readonly followed?: Job | undefined
}

/** @param maxErrorBytes of an error that ends the job */
async function record({ outcome, ...ended }: Recording, maxErrorBytes: number): Promise<Verdict> {
  const { lease, commit, followed } = ended
  const { batch, start } = lease.run
  const { transition: asked, retry } = transitionFor({ lease, outcome, followed }, maxErrorBytes)
  const isFollowedEnd = followed !== undefined && retry === undefined
  const transition = isFollowedEnd && outcome.kind !== 'continued' ? thenNext(asked) : asked
  const until = lease.job.leaseUntil ?? 0
  const seen = isFollowedEnd ? followed : lease.job
  const written = await writeEnd(batch.deps, batch.writing, { id: lease.job.id, transition, seen }, { delaysMs, until })
  switch (written.kind) {
    case 'written':
      await followedUp(batch.deps, written.job)
      return verdictOf(lease, retry, written.job)
    case 'failed': {
      // No room in the item for this outcome, and there never will be: the job ends with an error that fits.
      const isShort = outcome.kind === 'failed' && maxErrorBytes === maxRetryErrorBytes
      if (!written.isHopeless || isShort) return keepUntilLeaseEnds(lease)
      const error = errorOf(outcome, written.error)
      return record({ ...ended, outcome: { kind: 'failed', error } }, maxRetryErrorBytes)
    }
    case 'refused':
      // A commit that nobody answered was carried out before this: it counts, and this outcome does not.
      if (commit.doubt !== undefined && isOwnCompletion(written.job, start.owner)) {
        await commit.found(written.job)
        return acknowledge
      }
      // Refused only because another job is to follow it. Before the flag: what is done counts, cancelled or not.
      if (isFollowedNow(written.job, start.owner) && retry === undefined && isNews(written.job, outcome, followed)) {
        return record({ ...ended, outcome, followed: written.job }, maxErrorBytes)
      }
      // Refused while the run still holds the job: the cancel flag is up, and forbids a retry.
      if (isOwnRun(written.job, start.owner) && written.job?.cancelRequestedAt !== undefined) {
        if (outcome.kind !== 'cancelled') return record({ ...ended, outcome: { kind: 'cancelled' } }, maxErrorBytes)
      }
      // Something came while the run was about to rest: the next one looks at once.
      if (outcome.kind === 'suspended' && hasWoken(written.job, start.owner, outcome.wakes)) {
        const { wakes } = written.job
        const soon = { ...outcome, dueAt: batch.deps.clock.now(), isWaiting: false, wakes }
        return record({ ...ended, outcome: soon }, maxErrorBytes)
      }
      return verdictOfLate(lease, transition.name, written.job)
  }
}

const hasWoken = (job: Job | undefined, owner: string, seen: number | undefined): job is Job =>
  isOwnRun(job, owner) && job?.cancelRequestedAt === undefined && job?.wakes !== seen

const isFollowedNow = (job: Job | undefined, owner: string): job is Job =>
  job?.next !== undefined && isOwnRun(job, owner)

/** An end keeps whatever is to follow; a job that begins anew hands on what it has read. */
const isNews = (job: Job, { kind }: Outcome, followed: Job | undefined): boolean =>
  followed === undefined || (kind === 'continued' && followed.next !== job.next)

interface Recorded {
  readonly transition: Transition
  /** When the job is due again, if it is. */
  readonly retry?: RetryTime
}

function transitionFor(
  { lease, outcome, followed }: Pick<Recording, 'lease' | 'outcome' | 'followed'>,
  maxErrorBytes: number,
): Recorded {
  const held = lease.held()
  switch (outcome.kind) {
    case 'completed':
      return { transition: completeIfOwner(held, outcome.result) }
    case 'failed':
      return { transition: failIfOwner(held, outcome.error, maxErrorBytes) }
    case 'retry': {
      const retry = retryTime(held.now, outcome.delayMs)
      return { retry, transition: retryIfOwner(held, retry, outcome.error, outcome.failures) }
    }
    case 'snoozed': {
      const retry = retryTime(held.now, outcome.delayMs)
      return { retry, transition: snoozeIfOwner(held, retry, outcome.isBeyond) }
    }
    case 'suspended': {
      const until = retryTime(held.now, Math.max(0, outcome.dueAt - held.now))
      const { isWaiting, wakes, hasProgressed } = outcome
      const transition = suspendIfOwner(held, { until, isWaiting, wakes, hasProgressed })
      // Who waits for a signal has no message.
      return { transition, retry: isWaiting ? { ...until, via: 'sweeper' } : until }
    }
    case 'continued':
      return { transition: continueIfOwner(followed === undefined ? held : { ...held, job: followed }, outcome.next) }
    case 'skipped':
      return { transition: skipIfOwner(held, outcome.after) }
    case 'expired':
      return { transition: expireIfOwner(held) }
    case 'orphaned':
      return { transition: orphanIfOwner(held) }
    case 'cancelled':
      return { transition: cancelIfOwner(held.job, held.owner, held.now, held.policy) }
  }
}

const errorOf = (outcome: Outcome, cause: Error): JobError =>
  'error' in outcome ? outcome.error : { name: 'JobTooLarge', message: cause.message }

const retryTime = (now: number, delayMs: number): RetryTime => ({
  dueAt: now + delayMs,
  via: delayMs <= keptMessageMs ? 'kept' : delayMs <= maxDelayMs ? 'sent' : 'sweeper',
})

async function verdictOf(lease: RunLease, retry: RetryTime | undefined, job: Job): Promise<Verdict> {
  if (retry === undefined || retry.via === 'sweeper') return acknowledge
  const { batch } = lease.run
  const delayMs = Math.max(0, retry.dueAt - batch.deps.clock.now())
  if (retry.via === 'kept') return { kind: 'keep', visibleInMs: delayMs }
  // After the write, or the message could come to a job that does not wait for it yet.
  await batch.send({ job, delayMs })
  return acknowledge
}

/** The outcome could not be written. When the lease is over the message takes the job over, or the sweeper does. */
function keepUntilLeaseEnds({ run, job }: RunLease): Verdict {
  const leftMs = (job.leaseUntil ?? 0) - run.batch.deps.clock.now()
  return { kind: 'keep', visibleInMs: Math.max(soonMs, leftMs) }
}

async function current({ run, job }: RunLease): Promise<Job | undefined> {
  try {
    return await run.batch.look(job.id)
  } catch {
    return job
  }
}

/** The job is not this run's any more. Its message is judged like any other that comes too late. */
function verdictOfLate({ run, job: held }: RunLease, transition: string, job: Job | undefined): Verdict {
  const { batch, message, delivery } = run
  const { id, type, queue } = held
  batch.deps.telemetry.emit({ name: 'late_write', id, type, queue, transition })
  const start = { now: batch.deps.clock.now() }
  const decision = decideRefusedStart(job, { message, receives: delivery.receives, start, hasMoved: false })
  if (decision.kind === 'acknowledge') return acknowledge
  return { kind: 'keep', visibleInMs: decision.kind === 'wait' ? decision.waitMs : soonMs }
}
