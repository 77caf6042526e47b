import type { JobContract } from '../core/definition/contract.ts'
import { InputRefused } from '../core/values/errors.ts'

/**
 * Checks an input against the contract's schema: at enqueue, and again before the handler runs.
 * @param input as it is stored: what JSON text gives back
 * @returns the schema's output
 * @throws InputRefused with every issue and its path, or with the schema's own error as its cause
 */
export async function checkInput(contract: JobContract, input: unknown): Promise<unknown> {
  const checked = await validated(contract, input)
  if (checked.issues === undefined) return checked.value
  throw new InputRefused(
    contract.type,
    checked.issues.map(issue => ({
      path: ['input', ...(issue.path ?? []).map(part => String(typeof part === 'object' ? part.key : part))].join('.'),
      message: issue.message,
    })),
  )
}

/** A schema's own check may throw, where it expects what the input does not have. That refuses the input as well. */
async function validated(contract: JobContract, input: unknown) {
  try {
    return await contract.input['~standard'].validate(input)
  } catch (cause) {
    const message = `the schema threw ${cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)}`
    throw new InputRefused(contract.type, [{ path: 'input', message }], { cause })
  }
}
