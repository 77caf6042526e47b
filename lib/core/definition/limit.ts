/** How many jobs may run at once, and start in a time: of a type under one key, such as a tenant, or of a whole queue. */
import { noPass } from '../job/job.ts'
import { integerIn, objectIn, refuseUnknownKeys } from '../values/check-options.ts'
import { durationMs } from '../values/duration.ts'
import { InvalidInput } from '../values/errors.ts'
import type { Rate } from '../values/rate.ts'
import type { JobContract, JobLimit, JobRate, Limit } from './contract.ts'
import type { Runner } from './runner.ts'

const maxKeyLength = 128
const maxPermits = 100
const maxCount = 100_000
const maxBurst = 10_000
const minPerMs = 1_000
const maxPerMs = 7 * 86_400_000
/** A tick hands out no more jobs of one line: see the pump. */
const maxPerSecond = 100

/** @throws InvalidInput */
export function limitIn<Input>(field: string, given: JobLimit<Input>): JobLimit<Input> {
  objectIn(field, given)
  refuseUnknownKeys(field, given, ['key', 'concurrency', 'rate'])
  const { key } = given as { readonly key?: unknown }
  if (key !== undefined && typeof key !== 'function')
    throw new InvalidInput(`${field}.key`, key, 'a function of the input')
  return {
    ...(key === undefined ? {} : { key: (input: Input) => given.key?.(input) ?? '' }),
    ...allowedIn(field, given),
  }
}

/** Of a whole queue: it has no keys. @throws InvalidInput */
export function queueLimitIn(field: string, given: Limit): Limit {
  objectIn(field, given)
  refuseUnknownKeys(field, given, ['concurrency', 'rate'])
  return allowedIn(field, given)
}

function allowedIn(field: string, { concurrency, rate }: Limit): Limit {
  if (concurrency === undefined && rate === undefined) {
    throw new InvalidInput(field, {}, 'concurrency, rate, or both')
  }
  return {
    ...(concurrency === undefined
      ? {}
      : { concurrency: integerIn(`${field}.concurrency`, concurrency, 1, maxPermits) }),
    ...(rate === undefined ? {} : { rate: rateIn(`${field}.rate`, rate) }),
  }
}

function rateIn(field: string, given: JobRate): JobRate {
  objectIn(field, given)
  refuseUnknownKeys(field, given, ['count', 'per', 'burst'])
  const { count, per, burst } = given
  integerIn(`${field}.count`, count, 1, maxCount)
  const perMs = durationMs(`${field}.per`, per, minPerMs, maxPerMs)
  if ((count * 1_000) / perMs > maxPerSecond) {
    const most = Math.floor((maxPerSecond * perMs) / 1_000)
    throw new InvalidInput(`${field}.count`, count, `1 to ${most} per ${per}: ${maxPerSecond} a second`)
  }
  return { count, per, ...(burst === undefined ? {} : { burst: integerIn(`${field}.burst`, burst, 1, maxBurst) }) }
}

/** Types have no slash, so a gate's text says where its key begins. */
const gateName = (type: string, key: string): string => `${type}/${key}`
export const typeOfGate = (gate: string): string => gate.split('/', 1)[0] ?? ''
export const keyOfGate = (gate: string): string => gate.slice(typeOfGate(gate).length + 1)

/** The gate of a whole queue. No type is empty, so it is nobody else's. */
export const queueGate = (queue: string): string => gateName('', queue)
/** The queue whose gate it is; undefined for the gate of a type's key. */
export const queueOfGate = (gate: string): string | undefined => (gate.startsWith('/') ? gate.slice(1) : undefined)

/**
 * The gate of a job with this input; undefined where its contract has no limit.
 * @param input the schema's output
 * @throws InvalidInput when the contract's function throws, or gives no key
 */
export function gateOf({ type, limit }: Pick<JobContract, 'type' | 'limit'>, input: unknown): string | undefined {
  if (limit === undefined) return undefined
  // All jobs of the type: no key of a function is empty.
  if (limit.key === undefined) return gateName(type, '')
  let key: unknown
  try {
    key = limit.key(input)
  } catch (cause) {
    const error = new InvalidInput('limit.key', cause instanceof Error ? cause.message : cause, rule)
    error.cause = cause
    throw error
  }
  const isKey = typeof key === 'string' && key !== '' && key.length <= maxKeyLength && key.isWellFormed()
  if (!isKey) throw new InvalidInput('limit.key', key, rule)
  return gateName(type, key as string)
}

const rule = `a function that gives text of 1 to ${maxKeyLength} characters for each input that the schema takes`

/**
 * What a new job of this contract has of its gate, its type's or its queue's: the gate; and `pass`, where it has a rate. With
 * it a release that knows no rates leaves the job alone. A limit set at run time is not known here: the worker asks for it.
 * @throws InvalidInput as `gateOf`
 */
export function atGate(
  { queues }: Pick<Runner, 'queues'>,
  contract: Pick<JobContract, 'type' | 'queue' | 'limit'>,
  input: unknown,
): { readonly gate?: string; readonly pass?: number } {
  const declared = contract.limit === undefined ? queueLimitOf(queues, contract.queue) : undefined
  const gate = declared === undefined ? gateOf(contract, input) : queueGate(contract.queue)
  if (gate === undefined) return {}
  return (declared ?? contract.limit)?.rate === undefined ? { gate } : { gate, pass: noPass }
}

/** What a gate allows. At least one of both. */
export interface GateLimit {
  /** Jobs at once. Absent: any number. */
  readonly concurrency?: number
  /** Starts in a time. Absent: any number. */
  readonly rate?: Rate
}

const queueLimitOf = (queues: Runner['queues'], queue: string): Limit | undefined =>
  Object.hasOwn(queues, queue) ? queues[queue]?.limit : undefined

/** What the deployed code says of a gate; undefined where it has no limit for it any more. */
export function limitDeclared({ jobs, queues }: Pick<Runner, 'jobs' | 'queues'>, gate: string): Limit | undefined {
  const queue = queueOfGate(gate)
  if (queue !== undefined) return queueLimitOf(queues, queue)
  const type = typeOfGate(gate)
  return Object.hasOwn(jobs, type) ? jobs[type]?.limit : undefined
}

/** What the deployed code allows; undefined where it has no limit for the gate any more. */
export function limitOf(runner: Pick<Runner, 'jobs' | 'queues'>, gate: string): GateLimit | undefined {
  const limit = limitDeclared(runner, gate)
  return limit === undefined ? undefined : gateLimit(limit)
}

export const gateLimit = ({ concurrency, rate }: Limit): GateLimit => ({
  ...(concurrency === undefined ? {} : { concurrency }),
  ...(rate === undefined ? {} : { rate: rateFrom(rate) }),
})

function rateFrom({ count, per, burst = 1 }: JobRate): Rate {
  const everyUs = Math.ceil((durationMs('per', per, minPerMs, maxPerMs) * 1_000) / count)
  return { everyUs, slackUs: (burst - 1) * everyUs }
}

/** How many may run at once; undefined where the deployed code does not say. */
export const concurrencyOf = (runner: Pick<Runner, 'jobs' | 'queues'>, gate: string): number | undefined =>
  limitOf(runner, gate)?.concurrency

/** The types of this queue that have limits of their own. */
export const limitedTypes = ({ jobs }: Pick<Runner, 'jobs'>, queue: string): readonly string[] =>
  Object.values(jobs).flatMap(({ queue: home, type, limit }) => (home === queue && limit !== undefined ? [type] : []))

/** Whether the code limits this queue, or some job of it. */
export const hasLimits = (runner: Pick<Runner, 'jobs' | 'queues'>, queue: string): boolean =>
  queueLimitOf(runner.queues, queue) !== undefined || limitedTypes(runner, queue).length > 0
