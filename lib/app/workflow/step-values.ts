/** What a step gives, and what a signal brought, as later runs get it. */
import { StepFailed, StepMisused } from '../../core/definition/workflow.ts'
import { normaliseError } from '../../core/job/job-error.ts'
import { type Cell, maxCellBytes, valueOf } from '../../core/records/cell.ts'
import { resultJsonText } from '../../core/values/json.ts'
import { checkSignal } from '../check-input.ts'

/** @throws StepFailed where it does not fit */
export async function fitting(signal: Cell, schema: Parameters<typeof checkSignal>[1] | undefined): Promise<unknown> {
  const value = valueOf(signal)
  if (schema === undefined) return value
  try {
    return await checkSignal(signal.name, schema, value)
  } catch (error) {
    // It is what came, in each run.
    throw new StepFailed(signal.name, normaliseError(error))
  }
}

/** @throws StepMisused: what a step returns must be JSON, or each run would see something else */
export function contentOf(name: string, value: unknown, call = 'step'): Pick<Cell, 'value'> {
  if (value === undefined) return {}
  try {
    return { value: resultJsonText(`${call}(${name})`, value, maxCellBytes) }
  } catch (cause) {
    throw new StepMisused(name, cause instanceof Error ? cause.message : String(cause), { cause })
  }
}
