/** What the sweeper does with a job whose `lookAt` has come. */
import { type Home, homeOf } from '../definition/home.ts'
import { limitOf, queueOfGate } from '../definition/limit.ts'
import { type Runner, windowOf } from '../definition/runner.ts'
import { isExpired, isTerminal, isUnderstood, type Job } from '../job/job.ts'
import { isInLiveShape, isStray, isUntidy } from '../transitions/adopt.ts'
import { isBeyondDelay } from '../transitions/dispatch.ts'
import type { UnrunEnd } from '../transitions/recover.ts'
import { nextOf } from '../transitions/unique.ts'
import { isBeyondWindow } from '../transitions/window.ts'
import { show } from '../values/errors.ts'

export type DueDecision =
  /** T5, and a message that SQS delays by so much. */
  | { readonly kind: 'dispatch'; readonly delayMs: number }
  /** T14. */
  | { readonly kind: 'recover' }
  /** T14, T18: the job ends, and nobody runs it. */
  | { readonly kind: 'end'; readonly why: UnrunEnd }
  /** T19, then T5. */
  | { readonly kind: 'adopt'; readonly home: Home }
  /** T22, then whatever the job needs in its queue. */
  | { readonly kind: 'move'; readonly home: Home }
  /** T23. */
  | { readonly kind: 'tidy' }
  /** T29: whoever ended the job died before the one that follows had begun. */
  | { readonly kind: 'beginNext'; readonly home: Home }
  /** T20. */
  | { readonly kind: 'later' }
  /** T20, once its ticket is there: it waits in line at its gate, or before its queue. */
  | { readonly kind: 'parked' }
  /** There is nothing to do: the index was behind, or the job is not this release's. */
  | { readonly kind: 'skip'; readonly why: string }
  /** Nobody here can handle the job. */
  | { readonly kind: 'setAside'; readonly why: string }

export function decideDue(job: Job | undefined, now: number, runner: Runner): DueDecision {
  if (job === undefined) return { kind: 'skip', why: 'no such job' }
  if (!isUnderstood(job)) return { kind: 'skip', why: 'written by a later release' }
  if (isTerminal(job.state) && job.next !== undefined) return followed(job, runner)
  if (isTerminal(job.state)) return isUntidy(job) ? { kind: 'tidy' } : { kind: 'skip', why: `already ${job.state}` }
  // An AVAILABLE item may come from the stream, in any shape: its `lookAt` says nothing yet.
  if ((job.state !== 'AVAILABLE' || job.parked !== undefined) && job.lookAt !== undefined && job.lookAt > now)
    return { kind: 'skip', why: 'looked at already' }
  return job.state === 'IN_PROGRESS' ? decideHeld(job, now, runner) : decideWaiting(job, now, runner)
}

/** What nobody can read follows nothing. */
function followed(job: Job, runner: Runner): DueDecision {
  if (nextOf(job) === undefined) return { kind: 'setAside', why: 'what is to follow it cannot be read' }
  const home = homeOf(runner, job)
  return home === undefined ? { kind: 'setAside', why: homeless(job) } : { kind: 'beginNext', home }
}

function decideHeld(job: Job, now: number, runner: Runner): DueDecision {
  if (job.leaseUntil !== undefined && job.leaseUntil >= now) return { kind: 'later' }
  if (job.cancelRequestedAt !== undefined) return { kind: 'end', why: 'cancelled' }
  if (job.attemptsLeft < 1) return { kind: 'end', why: 'crashed' }
  return atHome(job, runner, () => ({ kind: 'recover' }))
}

function decideWaiting(job: Job, now: number, runner: Runner): DueDecision {
  // Before the attempts are looked at: an ended job that was edited to AVAILABLE gets them all back.
  if (!isInLiveShape(job)) {
    const home = homeOf(runner, job)
    return home === undefined ? { kind: 'setAside', why: homeless(job) } : { kind: 'adopt', home }
  }
  if (isExpired(job, now)) return { kind: 'end', why: 'expired' }
  if (job.attemptsLeft < 1) return { kind: 'end', why: 'exhausted' }
  if (isBeyondDelay(job, now)) return { kind: 'later' }
  // A message ahead of its time would take it out of the state in which a signal wakes it.
  if (job.state === 'WAITING' && job.scheduledAt > now) return { kind: 'later' }
  return atHome(job, runner, () =>
    isInLine(job, runner) ? { kind: 'parked' } : { kind: 'dispatch', delayMs: Math.max(0, job.scheduledAt - now) },
  )
}

/**
 * Whether the job waits at its gate, or for room in its queue; where the code has no such limit any more, nobody else would
 * hand it out. A limit of a queue may have been set at run time: ticks hand out its line, also once nothing limits it.
 */
function isInLine(job: Job, runner: Runner): boolean {
  const { parked, gate, queue } = job
  if (isBeyondWindow(job)) return windowOf(runner, queue) !== undefined
  if (parked === undefined || gate === undefined) return false
  const ofQueue = queueOfGate(gate)
  return ofQueue === undefined ? limitOf(runner, gate) !== undefined : ofQueue === queue
}

/** A message is of use only in the queue of the job's contract. */
function atHome(job: Job, runner: Runner, decide: () => DueDecision): DueDecision {
  const home = homeOf(runner, job)
  if (home === undefined) return { kind: 'setAside', why: homeless(job) }
  return home.queue === job.queue ? decide() : { kind: 'move', home }
}

/** Why a job has nowhere to go; the same text for the sweeper, the reconciler and operators. */
export const homeless = ({ type, queue }: Job): string =>
  `neither its type ${show(type)} nor its queue ${show(queue)} is in this deployment`

export type ScanDecision =
  /** T19: nobody would ever look at it. */
  | { readonly kind: 'adopt'; readonly home: Home }
  /** T22: the sweeper should have looked at it long ago. */
  | { readonly kind: 'forgotten'; readonly home: Home; readonly lateMs: number }
  /** Nobody here can handle the job. */
  | { readonly kind: 'setAside'; readonly why: string }
  | { readonly kind: 'leave' }

/**
 * A tick looks at every due job each minute, and half an hour after the worst of days. A look that is an hour past means
 * that no tick finds the job: its queue is gone, the index lost its row, a lane is starved.
 */
const forgottenAfterMs = 3_600_000

/** @param isExcused its queue is paused, or was until a short time ago: no tick looks at its jobs, and none is forgotten */
export function decideScanned(job: Job, now: number, runner: Runner, isExcused = false): ScanDecision {
  if (!isUnderstood(job) || (isTerminal(job.state) && job.next === undefined)) return { kind: 'leave' }
  const lateMs = now - (job.lookAt ?? now)
  const isLost = isStray(job)
  if (!isLost && (isExcused || lateMs <= forgottenAfterMs)) return { kind: 'leave' }
  const home = homeOf(runner, job)
  if (home === undefined) return { kind: 'setAside', why: homeless(job) }
  return isLost ? { kind: 'adopt', home } : { kind: 'forgotten', home, lateMs }
}
