import type { _Record as StreamRecord } from '@aws-sdk/client-dynamodb-streams'
import { fromItem, type Item } from '../../aws/dynamodb/item.ts'
import { completeJob, type Job } from '../../core/job/job.ts'

/** A job before and after a write that moved it on. */
export interface StateChange {
  /** Undefined for a new job. */
  readonly before: Job | undefined
  readonly after: Job
}

/** The change of a job in a record of the table's stream; undefined when no job moved. */
export function stateChangeOf(record: StreamRecord, now: number): StateChange | undefined {
  const after = jobOf(record.dynamodb?.NewImage, now)
  if (after === undefined) return undefined
  const before = jobOf(record.dynamodb?.OldImage, now)
  const hasMoved =
    before === undefined ||
    before.state !== after.state ||
    // A run that took over from one that had gone silent.
    before.attempt !== after.attempt ||
    before.generation !== after.generation
  return hasMoved ? { before, after } : undefined
}

const jobOf = (image: Item | undefined, now: number): Job | undefined =>
  image === undefined ? undefined : completeJob(fromItem(image), now)
