/** What a worker does with a message whose start was refused: the stored item decides. */
import { isTerminal, isUnderstood, type Job, slotOf } from '../job/job.ts'
import type { Message } from '../job/message.ts'
import type { Start } from '../transitions/start.ts'
import { maxDelayMs } from '../values/quotas.ts'
import { passMs } from '../values/rate.ts'
import { earlyStartMs, maxOrphanReceives } from '../values/times.ts'

export type StartDecision =
  /** Refused only because `lookAt` had moved since the message was sent. */
  | { readonly kind: 'startMovingAt' }
  /** Its text says another time than this release reads in it: a console edit, to be written down anew (T19). */
  | { readonly kind: 'adopt'; readonly job: Job }
  | { readonly kind: 'takeOver'; readonly job: Job }
  /** The job has another gate than the one through which it was to start, or has one at all; undefined: it has none. */
  | { readonly kind: 'otherGate'; readonly gate: string | undefined }
  /** The message has no slot at the gate any more: it was late, or somebody moved the job. It asks for another. */
  | { readonly kind: 'slotGone' }
  /** The lease is over and the cancel flag is up. */
  | { readonly kind: 'cancel'; readonly job: Job }
  | { readonly kind: 'fail'; readonly job: Job; readonly isLeaseOver: boolean }
  /** Keep the message, hidden for this long. */
  | { readonly kind: 'wait'; readonly waitMs: number; readonly why: string }
  /** The message is of no use any more. */
  | { readonly kind: 'acknowledge'; readonly why: string }

const acknowledge = (why: string): StartDecision => ({ kind: 'acknowledge', why })

/** How soon to look again for an item that the message may have overtaken. */
const orphanWaitMs = 2_000

/** How long a message waits whose job only another release can run. */
const laterReleaseWaitMs = 60_000

/** The start that was refused. */
export interface RefusedStart {
  readonly message: Message
  /** How often the message was received. */
  readonly receives: number
  readonly start: Pick<Start, 'now' | 'gate' | 'slot'>
  /** Whether the form that moves `lookAt` was tried as well. */
  readonly hasMoved: boolean
}

/** @param item as it is stored, and not started by this run */
export function decideRefusedStart(item: Job | undefined, refused: RefusedStart): StartDecision {
  const { message, receives, start } = refused
  if (item === undefined || item.fence < message.fence) {
    return receives >= maxOrphanReceives
      ? acknowledge(item === undefined ? 'no such job' : 'fence never reached')
      : { kind: 'wait', waitMs: orphanWaitMs, why: item === undefined ? 'no such job yet' : 'fence not reached yet' }
  }
  if (isTerminal(item.state)) return acknowledge(`already ${item.state}`)
  if (item.fence > message.fence) return acknowledge('fence passed')
  // During a deploy, or after a roll-back: a worker of the other release will receive the message.
  if (!isUnderstood(item)) return { kind: 'wait', waitMs: laterReleaseWaitMs, why: 'written by a later release' }
  if (item.state === 'AVAILABLE') return acknowledge('waits for the dispatcher')
  if (item.state === 'WAITING') return acknowledge('waits for a signal')
  if (item.state === 'IN_PROGRESS') return decideHeld(item, start)
  return decideWaiting(item, refused)
}

const otherGate = ({ gate }: Job): StartDecision => ({ kind: 'otherGate', gate })

function decideHeld(item: Job, { now, gate, slot }: RefusedStart['start']): StartDecision {
  const leaseUntil = item.leaseUntil ?? 0
  if (leaseUntil >= now) {
    // One millisecond more: the lease is over when its end is *below* the clock.
    return { kind: 'wait', waitMs: leaseUntil - now + 1, why: 'another run holds the job' }
  }
  if (item.cancelRequestedAt !== undefined) return { kind: 'cancel', job: item }
  if (item.attemptsLeft < 1) return { kind: 'fail', job: item, isLeaseOver: true }
  if (item.gate !== gate) return otherGate(item)
  // The start before has used it up.
  return slot === 'booked' ? { kind: 'slotGone' } : { kind: 'takeOver', job: item }
}

function decideWaiting(item: Job, { start, hasMoved }: RefusedStart): StartDecision {
  const earlyMs = item.scheduledAt - start.now
  if (earlyMs > maxDelayMs) return acknowledge('due too far ahead; the sweeper will send another')
  if (earlyMs > earlyStartMs) return { kind: 'wait', waitMs: earlyMs, why: 'not due yet' }
  if (item.attemptsLeft < 1) return { kind: 'fail', job: item, isLeaseOver: false }
  if (item.gate !== start.gate) return otherGate(item)
  if (start.slot === 'booked' && !hasSlot(item, start.now)) return { kind: 'slotGone' }
  // Nothing that can be read forbids the start: the guard compares texts, and one of them is not spelt as we spell it.
  return hasMoved ? { kind: 'adopt', job: item } : { kind: 'startMovingAt' }
}

/** Whether the message of the job may still start it in its slot. */
export const hasSlot = (job: Job, now: number): boolean => (slotOf(job) ?? 0) >= now - passMs
