/** What a job does that is about to run while the job of the occurrence before may not have ended. */
import { isTerminal, type Job } from '../job/job.ts'

export type OverlapDecision =
  | { readonly kind: 'run' }
  /** The job ends CANCELLED. `after`: whom the next occurrence must look at instead. */
  | { readonly kind: 'skip'; readonly after: string }
  /** The job waits, and looks again. */
  | { readonly kind: 'wait'; readonly delayMs: number }
  /** The one before is cancelled first. */
  | { readonly kind: 'cancelBefore'; readonly before: Job; readonly delayMs: number }
  /** The one before was skipped, or cancelled while it waited: this one, which it would have looked at, decides. */
  | { readonly kind: 'lookAt'; readonly id: string }

const firstWaitMs = 2_000
const longestWaitMs = 60_000

/**
 * Decided at the start, not when the occurrence is enqueued: only then is it known whether the one before has ended. An end
 * is for good, so what was read cannot become wrong between this decision and the run.
 * @param before undefined when it is in the table no more
 */
export function decideOverlap(job: Job, before: Job | undefined, now: number): OverlapDecision {
  if (before === undefined) return { kind: 'run' }
  if (before.state === 'CANCELLED' && before.after !== undefined) {
    return { kind: 'lookAt', id: before.after }
  }
  if (isTerminal(before.state)) return { kind: 'run' }
  const delayMs = waitMs(job, before, now)
  const skip = { kind: 'skip', after: before.id } as const
  if (job.overlap === 'skip') return skip
  if (job.overlap === 'queueOne') return isQueued(before) ? skip : { kind: 'wait', delayMs }
  return job.overlap === 'cancelPrevious' ? { kind: 'cancelBefore', before, delayMs } : { kind: 'run' }
}

/** It has put itself off, as a job does that waits for the one before it. */
const isQueued = ({ state, snoozes = 0, error }: Job): boolean =>
  state === 'RETRY' && snoozes > 0 && error === undefined

/** 2 s, 4 s … 60 s: a start is paid for each look. */
const waitMs = ({ snoozes = 0 }: Job, before: Job, now: number): number =>
  Math.max(
    Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(snoozes, 5)),
    Math.min(longestWaitMs, before.state === 'IN_PROGRESS' ? 0 : before.scheduledAt - now),
  )
