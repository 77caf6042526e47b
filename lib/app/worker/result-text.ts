import type { JobContract } from '../../core/definition/contract.ts'
import { jobBytes } from '../../core/job/item-size.ts'
import type { Job } from '../../core/job/job.ts'
import { fromJsonText, resultJsonText } from '../../core/values/json.ts'
import { maxItemBytes } from '../../core/values/quotas.ts'
import { checkResult } from '../check-input.ts'

/** Room in the item for what completion adds to the result. */
const completionBytes = 256

/**
 * A result as its job's item will hold it; undefined for none. What is stored is checked, not what was given: readers get
 * what JSON text gives back.
 * @throws InvalidInput for what is no JSON, JobTooLarge for what its limit or the item has no room for, ResultRefused
 */
export async function resultText(contract: JobContract, job: Job, result: unknown): Promise<string | undefined> {
  const room = maxItemBytes - jobBytes({ ...job, result: '' }) - completionBytes
  const { maxResult = room } = contract
  const text = result === undefined ? undefined : resultJsonText('result', result, Math.min(maxResult, room))
  if (contract.output !== undefined) await checkResult(contract, text === undefined ? text : fromJsonText(text))
  return text
}
