/** What a worker does with a message whose start was refused: the stored item decides. */
import { isTerminal, type Job } from '../job/job.ts'
import type { Message } from '../job/message.ts'
import { isOwnRun } from '../transitions/own-write.ts'
import type { Start } from '../transitions/start.ts'
import { maxDelayMs } from '../values/quotas.ts'
import { earlyStartMs, maxOrphanReceives } from '../values/times.ts'

export type StartDecision =
  /** It was me: the write was carried out and its answer lost. */
  | { readonly kind: 'run'; readonly job: Job }
  /** Refused only because `lookAt` had moved since the message was sent. */
  | { readonly kind: 'startMovingAt' }
  | { readonly kind: 'takeOver'; readonly job: Job }
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

export function decideRefusedStart(
  item: Job | undefined,
  message: Message,
  receives: number,
  start: Start,
): StartDecision {
  if (item === undefined || item.fence < message.fence) {
    return receives >= maxOrphanReceives
      ? acknowledge(item === undefined ? 'no such job' : 'fence never reached')
      : { kind: 'wait', waitMs: orphanWaitMs, why: item === undefined ? 'no such job yet' : 'fence not reached yet' }
  }
  if (isOwnRun(item, start.owner)) return { kind: 'run', job: item }
  if (isTerminal(item.state)) return acknowledge(`already ${item.state}`)
  if (item.state === 'AVAILABLE') return acknowledge('waits for the dispatcher')
  if (item.fence > message.fence) return acknowledge('fence passed')
  return item.state === 'IN_PROGRESS' ? decideHeld(item, start) : decideWaiting(item, start)
}

function decideHeld(item: Job, start: Start): StartDecision {
  const leaseUntil = item.leaseUntil ?? 0
  if (leaseUntil >= start.now) {
    // One millisecond more: the lease is over when its end is *below* the clock.
    return { kind: 'wait', waitMs: leaseUntil - start.now + 1, why: 'another run holds the job' }
  }
  if (item.cancelRequestedAt !== undefined) return { kind: 'cancel', job: item }
  if (item.attemptsLeft < 1) return { kind: 'fail', job: item, isLeaseOver: true }
  return { kind: 'takeOver', job: item }
}

function decideWaiting(item: Job, start: Start): StartDecision {
  const earlyMs = item.scheduledAt - start.now
  if (earlyMs > maxDelayMs) return acknowledge('due too far ahead; the sweeper will send another')
  if (earlyMs > earlyStartMs) return { kind: 'wait', waitMs: earlyMs, why: 'not due yet' }
  if (item.attemptsLeft < 1) return { kind: 'fail', job: item, isLeaseOver: false }
  return { kind: 'startMovingAt' }
}
