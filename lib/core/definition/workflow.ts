/** What a handler says of its steps, and how steps go wrong. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { JobError } from '../job/job-error.ts'
import { integerIn, objectIn, refuseUnknownKeys, textIn } from '../values/check-options.ts'
import { type Duration, durationMs } from '../values/duration.ts'
import { InvalidInput, LamplighterError, show } from '../values/errors.ts'
import { instantOf } from '../values/instant.ts'
import { maxFunctionMs } from '../values/quotas.ts'
import { maxStepName } from '../values/times.ts'
import { type Backoff, type BackoffOption, backoffFrom } from './backoff.ts'

/** What a step's function is called with. */
export interface StepRun {
  /** `<job>#<generation>#<step>`: the same at each try. An idempotency key for whoever the step calls. */
  readonly id: string
  /** Aborts when the run is stopped or the step's own time is up. */
  readonly signal: AbortSignal
}

export interface StepOptions {
  /**
   * Failures in a row after which the handler gets to know, and may compensate. 1 to 1,000, and never more than the job's
   * own. @default the job's `maxAttempts`
   */
  readonly attempts?: number
  /** Before the next try. @default the job's own */
  readonly backoff?: BackoffOption
  /**
   * For one try. 1 ms to 15 min, the longest that a function of Lambda runs. A run that has less time left does not begin
   * the step, but goes on in a later run, which has all its time. Longer than the job's `timeout`: only with heartbeats.
   * @default what is left of the run's time
   */
  readonly timeout?: Duration
}

/** The options after their check. */
export interface CheckedStep {
  readonly attempts?: number
  readonly backoff?: Backoff
  readonly timeoutMs?: number
}

export interface WaitOptions<T> {
  /** How long to wait, counted from the first run that asks. '1s' to '366d', within the job's `maxDuration` */
  readonly timeout: Duration
  /** What the value must be: any Standard Schema. @default any JSON */
  readonly schema?: StandardSchemaV1<unknown, T>
}

const dayMs = 86_400_000
/** A year, and a day. */
export const maxRestMs = 366 * dayMs

/** @throws InvalidInput */
export function checkStep(name: string, options: StepOptions): CheckedStep {
  const where = `step(${name})`
  refuseUnknownKeys(where, options, ['attempts', 'backoff', 'timeout'])
  const { attempts, backoff, timeout } = options
  return {
    ...(attempts === undefined ? {} : { attempts: integerIn(`${where}.attempts`, attempts, 1, 1_000) }),
    ...(backoff === undefined ? {} : { backoff: backoffFrom(`${where}.backoff`, backoff) }),
    ...(timeout === undefined ? {} : { timeoutMs: durationMs(`${where}.timeout`, timeout, 1, maxFunctionMs) }),
  }
}

/** @throws InvalidInput */
export function checkWait<T>(name: string, options: WaitOptions<T>) {
  const where = `waitFor(${name})`
  objectIn(where, options)
  refuseUnknownKeys(where, options, ['timeout', 'schema'])
  const { timeout, schema } = options
  if (schema !== undefined && typeof schema['~standard']?.validate !== 'function') {
    throw new InvalidInput(`${where}.schema`, schema, 'a Standard Schema (valibot, zod, arktype …)')
  }
  return { timeoutMs: durationMs(`${where}.timeout`, timeout, 1_000, maxRestMs), schema }
}

/** A length, or an instant. @throws InvalidInput */
export function sleepIn(field: string, until: unknown): { readonly ms: number; readonly at?: number } {
  if (typeof until === 'string') return { ms: durationMs(field, until, 0, maxRestMs) }
  const at = instantOf(until)
  if (at !== undefined) return { ms: 0, at }
  throw new InvalidInput(field, until, "a duration such as '3d', up to '366d', or a Date")
}

const stepNames = new RegExp(String.raw`^[^\p{Cc}]{1,${maxStepName}}$`, 'u')

/** @throws InvalidInput */
export const stepNameIn = (field: string, name: unknown): string =>
  textIn(field, name, stepNames, `a text of 1 to ${maxStepName} characters without control characters`)

/**
 * A step has failed for the last time: its attempts are used up, or its function threw `FailForGood`. The handler may
 * catch it and compensate; each later run gets the same error under the name. Thrown on, it fails the job for good.
 */
export class StepFailed extends LamplighterError {
  override readonly name = 'StepFailed'
  readonly code = 'step_failed'
  readonly step: string
  /** What the function threw, as it is stored. */
  readonly error: JobError
  constructor(step: string, error: JobError) {
    super(`step ${show(step)} failed: ${error.name}: ${error.message}`)
    this.step = step
    this.error = error
  }
}

/** The handler itself is wrong: it would be wrong at each try. The job fails for good. */
export class StepMisused extends LamplighterError {
  override readonly name = 'StepMisused'
  readonly code = 'step_misused'
  readonly step: string
  constructor(step: string, why: string) {
    super(`step ${show(step)}: ${why}`)
    this.step = step
  }
}
