/** Jobs by tag, for types whose contract has `tagIndex: true`. */
import { taggedFrom } from '../../core/history/tag-record.ts'
import { tagKey, tagShards } from '../../core/records/keys.ts'
import { integerIn, textIn } from '../../core/values/check-options.ts'
import { maxTagLength } from '../../core/values/times.ts'
import type { Deps } from '../../ports/deps.ts'
import { type JobSummary, summaryOf } from './job-summary.ts'
import { readParts } from './read-parts.ts'

export interface TaggedOptions {
  /** 1 to 100. @default 50 */
  readonly limit?: number
}

export interface TaggedJobs {
  /** The newest first; whatever their state. Only jobs of types with `tagIndex: true`; exact up to a few seconds ago. */
  readonly jobs: readonly JobSummary[]
  /** Whether there are more than were asked for. */
  readonly isComplete: boolean
}

/** Costs 1 to 5 read units, and one for each job shown. @throws InvalidInput, Unavailable */
export async function listTagged(deps: Deps, tag: string, options: TaggedOptions = {}): Promise<TaggedJobs> {
  textIn('tag', tag, /^[\s\S]{1,64}$/u, `text of 1 to ${maxTagLength} characters`)
  const limit = integerIn('limit', options.limit ?? 50, 1, 100)
  const shards = Array.from({ length: tagShards }, (_, shard) => tagKey(tag, shard, { id: '', at: 0 }).id)
  const found = await Promise.all(
    shards.map(id => readParts(deps, { id, prefix: '', most: limit + 1, isDescending: true })),
  )
  const tagged = found.flat().flatMap(record => taggedFrom(record) ?? [])
  const newest = tagged.toSorted((a, b) => b.insertedAt - a.insertedAt)
  const jobs = await deps.store.get(
    newest.slice(0, limit).map(({ id }) => id),
    'control',
  )
  return {
    jobs: jobs.flatMap(job => (job === undefined ? [] : [summaryOf(job)])),
    isComplete: newest.length <= limit,
  }
}
