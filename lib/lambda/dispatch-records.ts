import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda'
import type { startAvailable } from '../app/sweeper/start-available.ts'
import { fromItem, type Item } from '../aws/dynamodb/item.ts'
import { completeJob, type Job } from '../core/job/job.ts'
import type { Deps } from '../ports/deps.ts'

/**
 * Records of the table's stream, in the order of their shard. The answer names the first record that must come again;
 * Lambda then brings it and all after it.
 */
export async function dispatchRecords(
  deps: Deps,
  { Records }: DynamoDBStreamEvent,
  start: typeof startAvailable,
): Promise<DynamoDBBatchResponse> {
  const jobs = new Map<string, Job>()
  const sequenceNumbers = new Map<string, string>()
  for (const { dynamodb } of Records) {
    const image = (dynamodb?.NewImage ?? {}) as Item
    const job = completeJob(fromItem(image), deps.clock.now())
    if (job === undefined) {
      deps.telemetry.emit({ name: 'job_set_aside', id: image['id']?.S ?? '', error: 'an image that is no job' })
      continue
    }
    jobs.set(job.id, job)
    if (!sequenceNumbers.has(job.id)) sequenceNumbers.set(job.id, dynamodb?.SequenceNumber ?? '')
  }
  const failed = new Set(await start(deps, [...jobs.values()]))
  const first = [...sequenceNumbers].find(([id]) => failed.has(id))?.[1]
  return { batchItemFailures: first === undefined ? [] : [{ itemIdentifier: first }] }
}
