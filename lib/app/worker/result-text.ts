import { jobBytes } from '../../core/job/item-size.ts'
import type { Job } from '../../core/job/job.ts'
import { resultJsonText } from '../../core/values/json.ts'
import { maxItemBytes } from '../../core/values/quotas.ts'

/** Room in the item for what completion adds to the result. */
const completionBytes = 256

/**
 * A result as its job's item will hold it; undefined for none.
 * @throws InvalidInput for what is no JSON, JobTooLarge for what the item has no room for
 */
export function resultText(job: Job, result: unknown): string | undefined {
  if (result === undefined) return undefined
  return resultJsonText(result, maxItemBytes - jobBytes({ ...job, result: '' }) - completionBytes)
}
