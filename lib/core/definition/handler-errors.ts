/**
 * The three things that a handler throws to steer what happens next. Anything else that it throws is a normal failure:
 * the job is tried again after its backoff, until its attempts are used up.
 */
import { type Duration, durationMs } from '../values/duration.ts'
import { maxAheadMs } from '../values/times.ts'

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
