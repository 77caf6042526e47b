import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda'
import { startAvailable } from '../app/sweeper/start-available.ts'
import { awsDeps, namesFrom } from '../aws/connect.ts'
import { fromItem, type Item } from '../aws/dynamodb/item.ts'
import { completeJob, type Job } from '../core/job/job.ts'
import { type FunctionOptions, type LambdaFunction, lambdaHandler } from './lambda-handler.ts'
import { lambdaTelemetry } from './telemetry.ts'

/**
 * The dispatcher function: records of the table's stream in, whose items became AVAILABLE. Answers with the first
 * record that must come again; Lambda then brings it and all after it.
 */
export function createDispatcher({
  runner,
}: FunctionOptions): LambdaFunction<DynamoDBStreamEvent, DynamoDBBatchResponse> {
  const telemetry = lambdaTelemetry('dispatcher')
  const deps = awsDeps(runner, namesFrom(process.env), telemetry)
  return lambdaHandler(telemetry, async (event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => {
    const jobs = new Map<string, Job>()
    const sequenceNumbers = new Map<string, string>()
    for (const { dynamodb } of event.Records) {
      const image = (dynamodb?.NewImage ?? {}) as Item
      const job = completeJob(fromItem(image), deps.clock.now())
      if (job === undefined) {
        telemetry.emit({ name: 'job_set_aside', id: image['id']?.S ?? '', error: 'an image that is no job' })
        continue
      }
      jobs.set(job.id, job)
      if (!sequenceNumbers.has(job.id)) sequenceNumbers.set(job.id, dynamodb?.SequenceNumber ?? '')
    }
    const failed = new Set(await startAvailable(deps, [...jobs.values()]))
    const first = [...sequenceNumbers].find(([id]) => failed.has(id))?.[1]
    return { batchItemFailures: first === undefined ? [] : [{ itemIdentifier: first }] }
  })
}
