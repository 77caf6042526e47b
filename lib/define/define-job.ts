/** Where jobs are defined, and where types are inferred: from the schema to the handler and to `enqueue`. */

import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type BackoffOption, backoffFrom } from '../core/definition/backoff.ts'
import type { JobContract, JobLimit, Signals } from '../core/definition/contract.ts'
import { recordMs } from '../core/definition/deployment.ts'
import type { FailureContract } from '../core/definition/failed-job.ts'
import { limitIn } from '../core/definition/limit.ts'
import { defaultPolicy, type JobPolicy } from '../core/definition/policy.ts'
import { type UniqueContract, uniqueContractIn } from '../core/definition/unique.ts'
import { maxRestMs, stepNameIn } from '../core/definition/workflow.ts'
import { checkSchema, integerIn, objectIn, refuseUnknownKeys, textIn } from '../core/values/check-options.ts'
import { type Duration, durationMs, millisecondsIn } from '../core/values/duration.ts'
import { describedInput, InvalidInput } from '../core/values/errors.ts'
import { maxFunctionMs, maxItemBytes } from '../core/values/quotas.ts'
import { itemReserveBytes, killLagMs, maxAheadMs, skewBudgetMs } from '../core/values/times.ts'

/** What `defineJob` takes. A value out of its range throws InvalidInput. */
export interface JobOptions<Type extends string, Input, Output, Result = unknown, Stored = unknown> {
  /** Name under which contract and handler are registered: a letter, then letters, digits, `.`, `_`, `:`, `-`; at most 64. */
  readonly type: Type
  /**
   * The queue that its jobs wait in, one of the runner's: a letter, then letters, digits, `_` or `-`; at most 40.
   * @default 'default'
   */
  readonly queue?: string
  /** Any Standard Schema: valibot, zod, arktype. Checked at enqueue, and again before the handler runs. */
  readonly input: StandardSchemaV1<Input, Output>
  /**
   * What the handler's result must be, as JSON: any Standard Schema. A result that it refuses ends the job FAILED with
   * ResultRefused, and a commit that brings one writes nothing. The item keeps the JSON as the handler gave it;
   * `client.get(job, id)` gives what the schema makes of it.
   * @default any JSON
   */
  readonly output?: StandardSchemaV1<Result, Stored>
  /**
   * Bytes that a result may take, as JSON. A larger one ends the job FAILED with JobTooLarge; a commit that brings one
   * writes nothing. 1 to 397,312. @default what its item has room for: 400 KB less the input, tags and the like
   */
  readonly maxResult?: number
  /** Starts before the job ends FAILED. 1 to 1,000. @default 5 */
  readonly maxAttempts?: number
  /**
   * How long a run may take from its start, or from its last heartbeat. '1s' to '885s' (14 min 45 s): with the time to
   * record its outcome a run must end within Lambda's 15 minutes.
   * docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
   * @default '60s'
   */
  readonly timeout?: Duration
  /**
   * How long a job with steps may take, from its first step to its end: rests, retries and all. After that it ends FAILED
   * with TooOld. '1s' to '366d': its steps are kept a little longer. @default '30d'
   */
  readonly maxDuration?: Duration
  /** As `timeout`, in milliseconds: 1,000 to 885,000. Not together with it. */
  readonly timeoutMs?: number
  /** How long a failed job waits for its next attempt. @default exponential with full jitter: base '15s', factor 2, cap '1h' */
  readonly backoff?: BackoffOption
  /**
   * How often `ctx.snooze` may put the job off in a row; the next snooze ends it FAILED. A new step begins a new row. 0 to
   * 100,000. @default 1000
   */
  readonly maxSnoozes?: number
  /** Keeps completed jobs in the table's index, where they can be listed; costs one more write unit per job. @default false */
  readonly listCompleted?: boolean
  /**
   * Bytes of an input, as JSON, up to which the job's item holds it. A larger one is a record of its own: each change of
   * the job would be billed with it. 0 to 397,312. @default 4096
   */
  readonly inlineInput?: number
  /**
   * For whom a job runs, such as a customer's account: text of 1 to 128 characters, made from the input as the handler
   * gets it; undefined for nobody in particular. SQS then lets no tenant with a long backlog hold up the jobs of the
   * others (fair queues). Kept in the item as `tenant`, shown with the job, and sent as the MessageGroupId, which is
   * not encrypted: an id, rather than a name. Text that SQS does not take is sent as its hash. Each request with such a
   * message costs $0.10 per million more.
   * docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
   * @default no job has a tenant
   * @example input => input.account
   */
  readonly tenant?: (input: Output) => string | undefined
  /**
   * How many jobs of one key run at the same time, such as those of one tenant, and how many start in a time. `key` makes
   * it from the input, as the handler gets it: text of 1 to 128 characters; without it all jobs of the type share the
   * limit. `concurrency` is 1 to 100. `rate` is at most 100 a second, spread evenly; after a time without any, `burst`
   * starts (1 by default) may happen at once. A job that has to wait costs nothing while it waits: lower `priority`
   * first, then the earlier due. It holds for jobs that are enqueued from then on.
   *
   * A `concurrency` costs two more write units a job, and eight more for one that had to wait; a `rate` one more, three
   * more for one that is booked, seven more for one that waited. Up to 500 starts a second for one key: a
   * start and an end are a write each of one record, which takes 1,000 in a second.
   * docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
   * @default no limit
   * @example { key: input => input.account, concurrency: 3 }
   * @example { key: input => input.account, rate: { count: 10, per: '1s', burst: 20 } }
   */
  readonly limit?: JobLimit<Output>
  /**
   * Contracts that the handler enqueues by `ctx.enqueue` and `ctx.commit`; or their types, where a job enqueues its own
   * kind, or two enqueue each other. They give the worker of its queue the permissions and the queues. @default none
   */
  readonly enqueues?: readonly (JobContract | string)[]
  /**
   * The signals that its handler waits for by `ctx.waitFor`, each with a Standard Schema: any other name, and a value that
   * does not fit, is refused where it is sent. At most 100. @default any name, any JSON
   * @example { approved: v.object({ by: v.string() }) }
   */
  readonly signals?: Signals
  /**
   * One job for each key at a time; what a second one does is up to `onConflict`. A key lives in the job's own item: it
   * costs nothing more than the job. `key` gets the input as the handler does, and gives text of 1 to 256 characters.
   * @default jobs are not unique
   * @example { key: input => input.account, until: 'done', onConflict: 'again' }
   */
  readonly unique?: UniqueContract<Output>
  /**
   * The job that follows when one of these has failed for good: its last attempt failed, crashed or timed out, its input
   * was refused, or it threw FailForGood. Both are written in one transaction, by whoever ends the job: what makes good
   * does not depend on the run that died. Once for each generation; a job that is cancelled or expires has none. Its
   * input is `failedJob(…)`, with the failed job's id, input, error and attempts. It must not be `unique`.
   *
   * Costs nothing until a job fails; its end is then 7 write units instead of 3, for items of up to 1 KB.
   * @default nothing follows
   * @example defineJob({ type: 'charge', input: Charge, onFailed: chargeFailed })
   */
  readonly onFailed?: FailureContract
  /**
   * Whether its jobs can be listed by tag; costs one more write unit for each tag of a job. Needs the recorder.
   * @default false
   */
  readonly tagIndex?: boolean
  /** How long ended jobs stay in the table. 1 min to 10 years. @default completed '7d', failed (and cancelled) '30d' */
  readonly keep?: { readonly completed?: Duration; readonly failed?: Duration }
}

/** An SQS queue name ends up around it. docs.aws.amazon.com …/SQSDeveloperGuide/quotas-queues.html */
export const queueNames = /^[A-Za-z][A-Za-z0-9_-]{0,39}$/
export const queueNameRule = "a letter, then letters, digits, '_' or '-', at most 40 in all"

const typeNames = /^[A-Za-z][A-Za-z0-9._:-]{0,63}$/
const typeNameRule = "a letter, then letters, digits, '.', '_', ':' or '-', at most 64 in all"

/** Room after the handler's deadline to record the outcome before Lambda ends the function. */
const maxTimeoutMs = maxFunctionMs - killLagMs - 2 * skewBudgetMs - recordMs

const optionNames = [
  'type',
  'queue',
  'input',
  'output',
  'maxResult',
  'maxAttempts',
  'timeout',
  'timeoutMs',
  'maxDuration',
  'backoff',
  'maxSnoozes',
  'listCompleted',
  'inlineInput',
  'tenant',
  'limit',
  'unique',
  'signals',
  'enqueues',
  'onFailed',
  'tagIndex',
  'keep',
] as const satisfies readonly (keyof JobOptions<string, unknown, unknown>)[]

/**
 * The contract of a job: what producers, API and sweeper need to know of it. Its handler is bound to it by `handle`.
 *
 * @example
 * export const sendMail = defineJob({
 *   type: 'send-mail',
 *   input: v.object({ to: v.pipe(v.string(), v.email()) }),
 *   timeout: '30s',
 *   maxAttempts: 8,
 * })
 * @throws InvalidInput naming the option, the value and what is allowed
 */
export function defineJob<const Type extends string, Input, Output, Result = unknown, Stored = unknown>(
  options: JobOptions<Type, Input, Output, Result, Stored>,
): JobContract<Type, Input, Output, Result, Stored> {
  objectIn('defineJob', options)
  const where = `defineJob(${typeof options.type === 'string' ? options.type : ''})`
  refuseUnknownKeys(where, options, optionNames)
  textIn('type', options.type, typeNames, typeNameRule)
  if (options.type.startsWith('lamplighter.')) {
    throw new InvalidInput('type', options.type, "a name that does not begin with 'lamplighter.', which is reserved")
  }
  checkSchema(`${where}.input`, options.input)
  const {
    queue = 'default',
    enqueues = [],
    output,
    inlineInput,
    maxResult,
    tenant,
    limit,
    unique,
    signals,
    onFailed,
  } = options
  if (output !== undefined) checkSchema(`${where}.output`, output)
  const largest = maxItemBytes - itemReserveBytes
  return {
    type: options.type,
    queue: textIn(`${where}.queue`, queue, queueNames, queueNameRule),
    input: options.input,
    ...(output === undefined ? {} : { output }),
    policy: policyFrom(where, options),
    ...(inlineInput === undefined ? {} : { inlineInput: integerIn(`${where}.inlineInput`, inlineInput, 0, largest) }),
    ...(maxResult === undefined ? {} : { maxResult: integerIn(`${where}.maxResult`, maxResult, 1, largest) }),
    ...(tenant === undefined ? {} : { tenant: functionIn(`${where}.tenant`, tenant) }),
    ...(limit === undefined ? {} : { limit: limitIn(`${where}.limit`, limit) }),
    ...(unique === undefined ? {} : { unique: uniqueContractIn(`${where}.unique`, unique) }),
    ...(signals === undefined ? {} : { signals: signalsIn(`${where}.signals`, signals) }),
    ...(enqueues.length === 0 ? {} : { enqueues: typesIn(`${where}.enqueues`, enqueues) }),
    ...(onFailed === undefined ? {} : { onFailed: failureTypeIn(`${where}.onFailed`, onFailed) }),
  }
}

const maxSignals = 100

function signalsIn(field: string, signals: Signals): Signals {
  objectIn(field, signals)
  const named = Object.entries(signals)
  if (named.length > maxSignals) throw new InvalidInput(field, named.length, `at most ${maxSignals} signals`)
  for (const [name, schema] of named) checkSchema(`${field}.${stepNameIn(field, name)}`, schema)
  return signals
}

function functionIn<Given>(field: string, value: Given): Given {
  if (typeof value === 'function') return value
  throw new InvalidInput(field, value, 'a function of the input')
}

function typesIn(field: string, contracts: readonly (JobContract | string)[]): readonly string[] {
  if (!Array.isArray(contracts)) throw new InvalidInput(field, contracts, 'a list of contracts or types')
  return (contracts as readonly (JobContract | string)[]).map((one, index) =>
    textIn(`${field}[${index}]`, typeof one === 'object' ? one?.type : one, typeNames, typeNameRule),
  )
}

/** In a transaction a unique job might be refused, and the failure with it. */
function failureTypeIn(field: string, contract: FailureContract): string {
  const { type, unique } = typeof contract === 'object' && contract !== null ? contract : {}
  if (typeof type !== 'string') throw new InvalidInput(field, contract, 'a contract, as defineJob makes it')
  if (unique !== undefined) throw describedInput(field, `the unique job '${type}'`, 'a job that is not unique')
  return type
}

/** Defaults for what is absent, not for null: that is a value, and a wrong one. */
function policyFrom(
  where: string,
  options: Omit<JobOptions<string, never, unknown>, 'input' | 'output' | 'tenant' | 'unique' | 'signals'>,
): JobPolicy {
  const { maxAttempts = defaultPolicy.maxAttempts, maxSnoozes = defaultPolicy.maxSnoozes } = options
  const { listCompleted = defaultPolicy.listCompleted, tagIndex = false, backoff, keep = {}, maxDuration } = options
  for (const [name, value] of Object.entries({ listCompleted, tagIndex })) {
    if (typeof value !== 'boolean') throw new InvalidInput(`${where}.${name}`, value, 'true or false')
  }
  objectIn(`${where}.keep`, keep)
  refuseUnknownKeys(`${where}.keep`, keep, ['completed', 'failed'])
  const keepMs = (name: 'completed' | 'failed', fallback: number) => {
    const value = keep[name]
    return value === undefined ? fallback : durationMs(`${where}.keep.${name}`, value, 60_000, maxAheadMs)
  }
  return {
    timeoutMs: timeoutFrom(where, options),
    ...(maxDuration === undefined
      ? {}
      : { maxDurationMs: durationMs(`${where}.maxDuration`, maxDuration, 1_000, maxRestMs) }),
    maxAttempts: integerIn(`${where}.maxAttempts`, maxAttempts, 1, 1_000),
    maxSnoozes: integerIn(`${where}.maxSnoozes`, maxSnoozes, 0, 100_000),
    backoff: backoff === undefined ? defaultPolicy.backoff : backoffFrom(`${where}.backoff`, backoff),
    listCompleted,
    ...(tagIndex ? { tagIndex } : {}),
    keepCompletedMs: keepMs('completed', defaultPolicy.keepCompletedMs),
    keepFailedMs: keepMs('failed', defaultPolicy.keepFailedMs),
  }
}

function timeoutFrom(where: string, { timeout, timeoutMs }: { timeout?: Duration; timeoutMs?: number }): number {
  if (timeout !== undefined && timeoutMs !== undefined) {
    throw new InvalidInput(`${where}.timeoutMs`, timeoutMs, 'either timeout or timeoutMs, not both')
  }
  if (timeoutMs !== undefined) return millisecondsIn(`${where}.timeoutMs`, timeoutMs, 1_000, maxTimeoutMs)
  return timeout === undefined ? defaultPolicy.timeoutMs : durationMs(`${where}.timeout`, timeout, 1_000, maxTimeoutMs)
}
