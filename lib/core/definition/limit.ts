/** How many jobs of a type may run at once, and start in a time, under one key, such as a tenant. */
import { noPass } from '../job/job.ts'
import { integerIn, objectIn, refuseUnknownKeys } from '../values/check-options.ts'
import { durationMs } from '../values/duration.ts'
import { InvalidInput } from '../values/errors.ts'
import type { Rate } from '../values/rate.ts'
import type { JobContract, JobLimit, JobRate } from './contract.ts'
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
  const { concurrency, rate } = given
  const { key } = given as { readonly key?: unknown }
  if (key !== undefined && typeof key !== 'function')
    throw new InvalidInput(`${field}.key`, key, 'a function of the input')
  if (concurrency === undefined && rate === undefined) {
    throw new InvalidInput(field, given, 'concurrency, rate, or both')
  }
  return {
    ...(key === undefined ? {} : { key: (input: Input) => given.key?.(input) ?? '' }),
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
 * What a new job of this contract has of its gate: the gate; and `pass`, where it has a rate. With it a release that knows
 * no rates leaves the job alone.
 * @throws InvalidInput as `gateOf`
 */
export function atGate(
  contract: Pick<JobContract, 'type' | 'limit'>,
  input: unknown,
): { readonly gate?: string; readonly pass?: number } {
  const gate = gateOf(contract, input)
  if (gate === undefined) return {}
  return contract.limit?.rate === undefined ? { gate } : { gate, pass: noPass }
}

/** What a gate allows. At least one of both. */
export interface GateLimit {
  /** Jobs at once. Absent: any number. */
  readonly concurrency?: number
  /** Starts in a time. Absent: any number. */
  readonly rate?: Rate
}

/** What the deployed code allows; undefined where it has no limit for the gate's type any more. */
export function limitOf({ jobs }: Pick<Runner, 'jobs'>, gate: string): GateLimit | undefined {
  const type = typeOfGate(gate)
  const limit = Object.hasOwn(jobs, type) ? jobs[type]?.limit : undefined
  if (limit === undefined) return undefined
  const { concurrency, rate } = limit
  return {
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(rate === undefined ? {} : { rate: rateFrom(rate) }),
  }
}

function rateFrom({ count, per, burst = 1 }: JobRate): Rate {
  const everyUs = Math.ceil((durationMs('per', per, minPerMs, maxPerMs) * 1_000) / count)
  return { everyUs, slackUs: (burst - 1) * everyUs }
}

/** How many may run at once; undefined where the deployed code does not say. */
export const concurrencyOf = (runner: Pick<Runner, 'jobs'>, gate: string): number | undefined =>
  limitOf(runner, gate)?.concurrency

/** Whether some job of this queue has a limit. */
export const hasLimits = ({ jobs }: Pick<Runner, 'jobs'>, queue: string): boolean =>
  Object.values(jobs).some(contract => contract.queue === queue && contract.limit !== undefined)
