/** Where jobs are defined, and where types are inferred: from the schema to the handler and to `enqueue`. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Backoff } from '../core/definition/backoff.ts'
import type { JobContract } from '../core/definition/contract.ts'
import { defaultPolicy, type JobPolicy } from '../core/definition/policy.ts'
import { integerIn, refuseUnknownKeys, textIn } from '../core/values/check-options.ts'
import { type Duration, durationMs, millisecondsIn } from '../core/values/duration.ts'
import { InvalidInput } from '../core/values/errors.ts'
import { maxFunctionMs } from '../core/values/quotas.ts'
import { killLagMs, maxAheadMs, skewBudgetMs } from '../core/values/times.ts'

/** How a backoff is written in a definition; durations are text. */
export type BackoffOption =
  | { readonly kind: 'exponential'; readonly base?: Duration; readonly factor?: number; readonly cap?: Duration }
  | { readonly kind: 'linear'; readonly step?: Duration; readonly cap?: Duration }
  | { readonly kind: 'polynomial'; readonly cap?: Duration }
  | { readonly kind: 'fixed'; readonly delay: Duration }
  | ((n: number, fraction: number) => Duration | number)

export interface JobOptions<Type extends string, Input, Output> {
  /** Name under which contract and handler are registered: a letter, then letters, digits, `.`, `_`, `:`, `-`; at most 64. */
  readonly type: Type
  /** @default 'default' */
  readonly queue?: string
  /** Any Standard Schema: valibot, zod, arktype. Checked at enqueue, and again before the handler runs. */
  readonly input: StandardSchemaV1<Input, Output>
  /** Starts before the job ends FAILED. 1 to 1,000. @default 5 */
  readonly maxAttempts?: number
  /** 1 s to 14 min 45 s: a run must end within Lambda's 15 minutes. @default '60s' */
  readonly timeout?: Duration
  /** As `timeout`, in milliseconds. */
  readonly timeoutMs?: number
  /** @default exponential with full jitter: base '15s', factor 2, cap '1h' */
  readonly backoff?: BackoffOption
  /** 0 to 100,000. @default 1000 */
  readonly maxSnoozes?: number
  /** Keep completed jobs listable; costs one more write unit per job. @default false */
  readonly listCompleted?: boolean
  /** How long ended jobs stay in the table. 1 min to 10 years. @default completed '7d', failed (and cancelled) '30d' */
  readonly keep?: { readonly completed?: Duration; readonly failed?: Duration }
}

export const names = /^[A-Za-z][A-Za-z0-9._:-]{0,63}$/
export const nameRule = "a letter, then letters, digits, '.', '_', ':' or '-', at most 64 in all"
/** An SQS queue name ends up around it. docs.aws.amazon.com …/SQSDeveloperGuide/quotas-queues.html */
export const queueNames = /^[A-Za-z][A-Za-z0-9_-]{0,39}$/
export const queueNameRule = "a letter, then letters, digits, '_' or '-', at most 40 in all"
/** Room after the handler's deadline to record the outcome before Lambda ends the function. */
const maxTimeoutMs = maxFunctionMs - killLagMs - 2 * skewBudgetMs - 6_000

/** @throws InvalidInput naming the option, the value and what is allowed */
export function defineJob<const Type extends string, Input, Output>(
  options: JobOptions<Type, Input, Output>,
): JobContract<Type, Input, Output> {
  const where = `defineJob(${typeof options.type === 'string' ? options.type : ''})`
  refuseUnknownKeys(where, options, [
    'type',
    'queue',
    'input',
    'maxAttempts',
    'timeout',
    'timeoutMs',
    'backoff',
    'maxSnoozes',
    'listCompleted',
    'keep',
  ])
  textIn('type', options.type, names, nameRule)
  if (typeof options.input?.['~standard']?.validate !== 'function') {
    throw new InvalidInput(`${where}.input`, options.input, 'a Standard Schema (valibot, zod, arktype …)')
  }
  return {
    type: options.type,
    queue: textIn(`${where}.queue`, options.queue ?? 'default', queueNames, queueNameRule),
    input: options.input,
    policy: policyFrom(where, options),
  }
}

function policyFrom(where: string, options: Omit<JobOptions<string, never, unknown>, 'input'>): JobPolicy {
  if (options.timeout !== undefined && options.timeoutMs !== undefined) {
    throw new InvalidInput(`${where}.timeoutMs`, options.timeoutMs, 'either timeout or timeoutMs, not both')
  }
  const keep = (name: 'completed' | 'failed', fallback: number) => {
    const value = options.keep?.[name]
    return value === undefined ? fallback : durationMs(`${where}.keep.${name}`, value, 60_000, maxAheadMs)
  }
  return {
    timeoutMs:
      options.timeoutMs !== undefined
        ? millisecondsIn(`${where}.timeoutMs`, options.timeoutMs, 1_000, maxTimeoutMs)
        : options.timeout !== undefined
          ? durationMs(`${where}.timeout`, options.timeout, 1_000, maxTimeoutMs)
          : defaultPolicy.timeoutMs,
    maxAttempts: integerIn(`${where}.maxAttempts`, options.maxAttempts ?? defaultPolicy.maxAttempts, 1, 1_000),
    maxSnoozes: integerIn(`${where}.maxSnoozes`, options.maxSnoozes ?? defaultPolicy.maxSnoozes, 0, 100_000),
    backoff: options.backoff === undefined ? defaultPolicy.backoff : backoffFrom(`${where}.backoff`, options.backoff),
    listCompleted: options.listCompleted ?? defaultPolicy.listCompleted,
    keepCompletedMs: keep('completed', defaultPolicy.keepCompletedMs),
    keepFailedMs: keep('failed', defaultPolicy.keepFailedMs),
  }
}

function backoffFrom(field: string, option: BackoffOption): Backoff {
  if (typeof option === 'function') return { kind: 'custom', delay: option }
  const length = (name: string, value: Duration | undefined, fallback: number) =>
    value === undefined ? fallback : durationMs(`${field}.${name}`, value, 0, maxAheadMs)
  switch (option.kind) {
    case 'exponential': {
      const factor = option.factor ?? 2
      if (!(factor >= 1 && factor <= 100)) throw new InvalidInput(`${field}.factor`, factor, '1 to 100')
      return {
        kind: 'exponential',
        baseMs: length('base', option.base, 15_000),
        factor,
        capMs: length('cap', option.cap, 3_600_000),
      }
    }
    case 'linear':
      return {
        kind: 'linear',
        stepMs: length('step', option.step, 30_000),
        capMs: length('cap', option.cap, 86_400_000),
      }
    case 'polynomial':
      return { kind: 'polynomial', capMs: length('cap', option.cap, 30 * 86_400_000) }
    case 'fixed':
      return { kind: 'fixed', delayMs: length('delay', option.delay, 0) }
    default:
      throw new InvalidInput(field, option, "kind 'exponential', 'linear', 'polynomial' or 'fixed', or a function")
  }
}
