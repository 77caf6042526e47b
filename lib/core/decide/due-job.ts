/** What the sweeper does with a job whose `lookAt` has come. */
import { isTerminal, type Job } from '../job/job.ts'
import { isInLiveShape } from '../transitions/adopt.ts'
import { isBeyondDelay } from '../transitions/dispatch.ts'
import { maxPutOffs } from '../values/times.ts'

export type DueDecision =
  /** T5, and a message that SQS delays by so much. */
  | { readonly kind: 'dispatch'; readonly delayMs: number; readonly isPutOff: boolean }
  /** T14. */
  | { readonly kind: 'recover' }
  /** T18. */
  | { readonly kind: 'cancel' }
  | { readonly kind: 'fail'; readonly isLeaseOver: boolean }
  /** T19, then T5. */
  | { readonly kind: 'adopt' }
  /** T20. */
  | { readonly kind: 'later' }
  /** The index was behind; there is nothing to do. */
  | { readonly kind: 'skip'; readonly why: string }

/**
 * @param isDeep more messages are visible in the queue than its workers clear in one hold: a re-send may be put off,
 *   because the old message most likely still waits its turn; a first dispatch never is
 */
export function decideDue(job: Job | undefined, now: number, isDeep: boolean): DueDecision {
  if (job === undefined) return { kind: 'skip', why: 'no such job' }
  if (isTerminal(job.state)) return { kind: 'skip', why: `already ${job.state}` }
  // An AVAILABLE item may come from the stream, in any shape: its `lookAt` says nothing yet.
  if (job.state !== 'AVAILABLE' && job.lookAt !== undefined && job.lookAt > now)
    return { kind: 'skip', why: 'looked at already' }
  if (job.state === 'IN_PROGRESS') return decideHeld(job, now)
  // Before the attempts are looked at: an ended job that was edited to AVAILABLE gets them all back.
  if (job.state === 'AVAILABLE' && !isInLiveShape(job)) return { kind: 'adopt' }
  if (job.attemptsLeft < 1) return { kind: 'fail', isLeaseOver: false }
  if (isBeyondDelay(job, now)) return { kind: 'later' }
  return {
    kind: 'dispatch',
    delayMs: Math.max(0, job.scheduledAt - now),
    isPutOff: isDeep && job.state === 'RESERVED' && (job.dispatches ?? 0) % (maxPutOffs + 1) !== 0,
  }
}

function decideHeld(job: Job, now: number): DueDecision {
  if (job.leaseUntil !== undefined && job.leaseUntil >= now) return { kind: 'later' }
  if (job.cancelRequestedAt !== undefined) return { kind: 'cancel' }
  return job.attemptsLeft < 1 ? { kind: 'fail', isLeaseOver: true } : { kind: 'recover' }
}
