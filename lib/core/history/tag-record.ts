import { shardOf } from '../job/lane.ts'
import { tagKey, tagShards } from '../records/keys.ts'
import type { StoredRecord } from '../records/record.ts'
import type { JobChange } from './job-change.ts'

/** A job may wait for years; nobody looks for it by tag that long. */
const keepMs = 90 * 86_400_000

/** One record for each tag of a new job whose contract has `tagIndex: true`: a write unit each. */
export function tagRecordsOf({ before, after, at }: JobChange, isIndexed: boolean): readonly StoredRecord[] {
  if (!isIndexed || before !== undefined || after === undefined) return []
  const { id, type, queue, insertedAt } = after
  return [...new Set(after.tags)].map(tag => ({
    ...tagKey(tag, shardOf(id, tagShards), { id, at: insertedAt }),
    attributes: {
      job: id,
      type,
      queue,
      insertedAt,
      ttl: Math.ceil((Math.max(at, after.scheduledAt) + keepMs) / 1_000),
    },
  }))
}

export interface TaggedJob {
  readonly id: string
  readonly type: string
  readonly queue: string
  readonly insertedAt: number
}

/** Undefined for a record that is none of a tag. */
export function taggedFrom({ attributes }: StoredRecord): TaggedJob | undefined {
  const { job: id, type, queue, insertedAt } = attributes
  if (typeof id !== 'string' || typeof type !== 'string' || typeof queue !== 'string') return undefined
  return typeof insertedAt === 'number' ? { id, type, queue, insertedAt } : undefined
}
