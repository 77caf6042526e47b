import { describedInput, InvalidInput, show } from '../values/errors.ts'
import type { JobContract } from './contract.ts'

/** As many as a MessageGroupId has. docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const maxTenantLength = 128
const rule = `text of 1 to ${maxTenantLength} characters for an input that the schema takes, or undefined`

/**
 * For whom a job with this input runs; undefined where its contract names nobody.
 * @param input the schema's output
 * @throws InvalidInput when the contract's function throws, or gives something else than text
 */
export function tenantOf(contract: Pick<JobContract, 'tenant'>, input: unknown): string | undefined {
  if (contract.tenant === undefined) return undefined
  const tenant: unknown = called(contract, input)
  if (tenant === undefined) return undefined
  const isFit = typeof tenant === 'string' && tenant !== '' && tenant.length <= maxTenantLength
  if (!isFit || !tenant.isWellFormed()) throw new InvalidInput('tenant', tenant, rule)
  return tenant
}

function called(contract: Pick<JobContract, 'tenant'>, input: unknown): unknown {
  try {
    return contract.tenant?.(input)
  } catch (cause) {
    const error = describedInput('tenant', `a function that threw ${show(String(cause))}`, rule)
    error.cause = cause
    throw error
  }
}
