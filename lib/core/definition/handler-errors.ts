/**
 * The three things that a handler throws to steer what happens next. Anything else that it throws is a normal failure:
 * the job is tried again after its backoff, until its attempts are used up.
 */
import { type Duration, durationMs } from '../values/duration.ts'
import { LamplighterError } from '../values/errors.ts'
import { maxAheadMs } from '../values/times.ts'
import type { TransactItem } from './transact-item.ts'

/** Ends the job FAILED at once, whatever attempts are left: trying again could not help. */
export class FailForGood extends Error {
  override readonly name = 'FailForGood'
}

export interface RetryAfterOptions extends ErrorOptions {
  /** Waits the given delay although the job's own backoff is longer. @default false */
  readonly exactly?: boolean
}

/**
 * A failure that says when the next attempt makes sense, as an HTTP `Retry-After` does. It uses up an attempt.
 *
 * The job waits for the longer of this delay and its own backoff: a service that asks for one second each time would
 * otherwise use up all attempts in seconds. With `{ exactly: true }` the delay alone counts.
 * @example throw new RetryAfter('2m', 'the mail service is busy')
 */
export class RetryAfter extends Error {
  override readonly name = 'RetryAfter'
  readonly delayMs: number
  readonly isExact: boolean
  /** @throws InvalidInput unless delay is a duration of 0 ms to 10 years */
  constructor(delay: Duration, message = `to be tried again in ${delay}`, options?: RetryAfterOptions) {
    super(message, options)
    this.delayMs = durationMs('RetryAfter.delay', delay, 0, maxAheadMs)
    this.isExact = options?.exactly === true
  }
}

/** Not a failure: the job waits and gives its attempt back. Thrown by `ctx.snooze`. */
export class Snooze extends Error {
  override readonly name = 'Snooze'
  readonly delayMs: number
  constructor(delay: Duration) {
    super(`snoozed for ${delay}`)
    this.delayMs = durationMs('snooze.delay', delay, 0, maxAheadMs)
  }
}

/** Not a failure: the job begins anew with another input. Thrown by `ctx.continueAsNew`. */
export class ContinueAsNew extends Error {
  override readonly name = 'ContinueAsNew'
  readonly input: unknown
  constructor(input: unknown) {
    super('the job begins anew')
    this.input = input
  }
}

/** By name as well as by class, as `reactionTo`. */
export const isContinueAsNew = (thrown: unknown): thrown is ContinueAsNew =>
  thrown instanceof ContinueAsNew || (thrown instanceof Error && thrown.name === 'ContinueAsNew' && 'input' in thrown)

/** What the run loop does with something thrown. */
export type Reaction =
  | { readonly kind: 'failForGood' }
  | { readonly kind: 'retryAfter'; readonly delayMs: number; readonly isExact: boolean }
  | { readonly kind: 'snooze'; readonly delayMs: number }
  | { readonly kind: 'retry' }

/** A step that has failed for the last time fails in each later run; a handler that misuses its steps does it again. */
const hopeless: ReadonlySet<string> = new Set(['StepFailed', 'StepMisused', 'ChildFailed'])

/** By name as well as by class: two copies of this package in one bundle must still understand each other. */
export function reactionTo(thrown: unknown): Reaction {
  if (thrown instanceof FailForGood) return { kind: 'failForGood' }
  if (thrown instanceof Error && hopeless.has(thrown.name)) return { kind: 'failForGood' }
  if (thrown instanceof RetryAfter) return { kind: 'retryAfter', delayMs: thrown.delayMs, isExact: thrown.isExact }
  if (thrown instanceof Snooze) return { kind: 'snooze', delayMs: thrown.delayMs }
  if (!(thrown instanceof Error)) return { kind: 'retry' }
  const delayMs = 'delayMs' in thrown && typeof thrown.delayMs === 'number' ? thrown.delayMs : undefined
  if (thrown.name === 'FailForGood') return { kind: 'failForGood' }
  if (thrown.name === 'RetryAfter' && delayMs !== undefined) {
    return { kind: 'retryAfter', delayMs, isExact: 'isExact' in thrown && thrown.isExact === true }
  }
  if (thrown.name === 'Snooze' && delayMs !== undefined) return { kind: 'snooze', delayMs }
  return { kind: 'retry' }
}

/**
 * The condition of one of the handler's own items did not hold, so that nothing of the commit was written. The run still
 * holds the job: catch it and go on, or let it fail the attempt.
 *
 * @example
 * try {
 *   await ctx.commit([debit(from, amount), credit(to, amount)])
 * } catch (error) {
 *   if (error instanceof CommitRefused && error.index === 0) throw new FailForGood('not enough money', { cause: error })
 *   throw error
 * }
 */
export class CommitRefused extends LamplighterError {
  override readonly name = 'CommitRefused'
  readonly code = 'commit_refused'
  /** Place of the item in what was given to `ctx.commit`, from 0. Of several, the first. */
  readonly index: number
  readonly item: TransactItem
  /** What is stored in its place, in the form in which the item was given; undefined when there is nothing. */
  readonly stored: Readonly<Record<string, unknown>> | undefined
  constructor(index: number, item: TransactItem, stored: Readonly<Record<string, unknown>> | undefined) {
    const [verb = 'item'] = Object.keys(item)
    super(`the condition of items[${index}] (${verb}) did not hold; nothing was written`)
    this.index = index
    this.item = item
    this.stored = stored
  }
}

/** Why a run's signal aborted. */
export type Stop = 'timedOut' | 'cancelled' | 'lost' | 'parted' | 'over'

/** The reason of an aborted signal, and what a run's own calls reject with once it has been stopped or is over. */
export class RunStopped extends LamplighterError {
  override readonly name = 'RunStopped'
  readonly code = 'run_stopped'
  readonly stop: Stop
  constructor(stop: Stop) {
    super(
      {
        timedOut: 'the run did not end in its time',
        cancelled: 'the job was cancelled',
        lost: 'the lease was lost; another run may hold the job',
        parted: 'the job goes on in a later run, from what its steps have left',
        over: 'the run is over; what it does now does not count',
      }[stop],
    )
    this.stop = stop
  }
}
