/**
 * Telling one's own writes apart. A write whose answer was lost is retried and then refused, because it was carried
 * out the first time; whoever is refused looks here before believing that somebody else was faster.
 */

import type { Job } from '../job/job.ts'
import type { Transition } from './transition.ts'

/** T6, T7: the job is running under my token. */
export const isOwnRun = (job: Job | undefined, owner: string): boolean =>
  job !== undefined && job.state === 'IN_PROGRESS' && job.owner === owner

/**
 * T9–T13, T18: the outcome that stands is the one that I wrote. `lastOwner` is written by the owner's own outcome and
 * by nothing else; a takeover never sets it.
 */
export const isOwnOutcome = (job: Job | undefined, owner: string): boolean =>
  job !== undefined && job.lastOwner === owner && !isOwnRun(job, owner)

/** T10: the run's commit was carried out, though whoever looks may have been told nothing, or the opposite. */
export const isOwnCompletion = (job: Job | undefined, owner: string): job is Job =>
  job?.state === 'COMPLETED' && isOwnOutcome(job, owner)

/** T1–T5, T14–T16: the item carries the token of my request. */
export const isOwnRequest = (job: Job | undefined, request: string): boolean =>
  job !== undefined && job.request === request

/**
 * T27. The item carries the token of my replacement, which left the job its message. Such a change never writes `request`:
 * whoever placed the job may have had no answer yet, and sends the message once it knows its write again.
 */
export const isOwnReplacement = (job: Job | undefined, request: string): boolean =>
  job !== undefined && job.replacement === request

/**
 * Whether the item carries the signature of this change: the owner that a start writes, the `lastOwner` that an outcome
 * writes, or the token of a request or a replacement. A change that writes none of them cannot be recognised.
 */
export function isOwnWrite({ set }: Transition, job: Job | undefined): boolean {
  if (set.owner !== undefined) return isOwnRun(job, set.owner)
  if (set.lastOwner !== undefined) {
    // A run that gave up its commit may find it carried out: that is no retry, failure or cancellation of its own.
    const isOther = set.state !== 'COMPLETED' && isOwnCompletion(job, set.lastOwner)
    return isOwnOutcome(job, set.lastOwner) && !isOther
  }
  if (set.replacement !== undefined) return isOwnReplacement(job, set.replacement)
  return set.request !== undefined && isOwnRequest(job, set.request)
}

/** The same change with the token of a request on it, so that who made it knows it again (see recognise.ts). */
export const signed = (transition: Transition, request: string): Transition => ({
  ...transition,
  set: { ...transition.set, request },
})
