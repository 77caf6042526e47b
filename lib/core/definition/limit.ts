/** How many jobs of a type may run at once under one key, such as a tenant. */
import { integerIn, objectIn, refuseUnknownKeys } from '../values/check-options.ts'
import { InvalidInput } from '../values/errors.ts'
import type { JobContract, JobLimit } from './contract.ts'
import type { Runner } from './runner.ts'

const maxKeyLength = 128
const maxPermits = 100

/** @throws InvalidInput */
export function limitIn<Input>(field: string, given: JobLimit<Input>): JobLimit<Input> {
  objectIn(field, given)
  refuseUnknownKeys(field, given, ['key', 'concurrency'])
  const { key } = given as { readonly key: unknown }
  if (typeof key !== 'function') throw new InvalidInput(`${field}.key`, key, 'a function of the input')
  return {
    key: input => given.key(input),
    concurrency: integerIn(`${field}.concurrency`, given.concurrency, 1, maxPermits),
  }
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

/** How many may run at once; undefined where the deployed code has no limit for the gate's type any more. */
export function concurrencyOf({ jobs }: Pick<Runner, 'jobs'>, gate: string): number | undefined {
  const type = typeOfGate(gate)
  return Object.hasOwn(jobs, type) ? jobs[type]?.limit?.concurrency : undefined
}

/** Whether some job of this queue has a limit. */
export const hasLimits = ({ jobs }: Pick<Runner, 'jobs'>, queue: string): boolean =>
  Object.values(jobs).some(contract => contract.queue === queue && contract.limit !== undefined)
