import type { DynamoDBBatchResponse, DynamoDBRecord } from 'aws-lambda'
import type { recordBatch } from '../app/record/record-batch.ts'
import type { JoiningDeps } from '../app/record/recorder-deps.ts'
import { fromItem, type Item } from '../aws/dynamodb/item.ts'
import type { JobChange } from '../core/history/job-change.ts'
import { completeJob, type Job } from '../core/job/job.ts'

/**
 * What a mapping with a tumbling window sends. Without such a window the event does not name its shard, and nothing
 * could be counted. docs.aws.amazon.com/lambda/latest/dg/services-ddb-windows.html
 */
export interface ShardEvent {
  /** None in the last call of a window. */
  readonly Records?: readonly DynamoDBRecord[]
  readonly shardId?: string
}

/** A window's state must be in every answer; here it is always empty. */
export interface ShardAnswer extends DynamoDBBatchResponse {
  readonly state: Readonly<Record<string, never>>
}

/**
 * Records of one shard of the jobs' stream. The answer names the first record that must come again; Lambda then brings
 * it and all after it.
 * @param soleShard the shard of events that name none, for engines that have one only
 * @throws Error for records of a shard that nobody names: what is counted twice cannot be told from what is new
 */
export async function recordChanges(
  deps: JoiningDeps,
  { Records = [], shardId }: ShardEvent,
  { record, soleShard }: { readonly record: typeof recordBatch; readonly soleShard?: string },
): Promise<ShardAnswer> {
  if (Records.length === 0) return answer(undefined)
  const shard = shardId ?? soleShard
  if (shard === undefined) {
    throw new Error('the event names no shard: the mapping needs a tumbling window (TumblingWindowInSeconds)')
  }
  return answer(await record(deps, { shard, changes: Records.flatMap(changeOf) }))
}

const answer = (failed: JobChange | undefined): ShardAnswer => ({
  state: {},
  batchItemFailures: failed === undefined ? [] : [{ itemIdentifier: failed.sequence }],
})

function changeOf({ dynamodb }: DynamoDBRecord): readonly JobChange[] {
  const { ApproximateCreationDateTime: seconds = 0, SequenceNumber: sequence, OldImage, NewImage } = dynamodb ?? {}
  if (sequence === undefined) return []
  const at = Math.round(seconds * 1_000)
  const [before, after] = [jobIn(OldImage as Item | undefined, at), jobIn(NewImage as Item | undefined, at)]
  return [{ sequence, at, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }]
}

/** Undefined for an item that is no job, as the recount passes over it. */
const jobIn = (image: Item | undefined, at: number): Job | undefined =>
  image === undefined ? undefined : completeJob(fromItem(image), at)
