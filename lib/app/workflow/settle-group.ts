/** Takes jobs that have ended out of the group that somebody waits for. Each step of it may be repeated. */
import type { GroupName } from '../../core/job/parent.ts'
import { chunkOf, keyOfChunk, keyOfGroup, pendingIn, takeOut } from '../../core/records/group.ts'
import { groupBy } from '../../core/values/lists.ts'
import type { RecordStore, UpdateOutcome } from '../../ports/record-store.ts'

type Writes = Pick<RecordStore, 'update'>

/**
 * @param ended places in the group
 * @returns whether nobody of the group is left now
 * @throws Error of the write that failed
 */
export async function settleGroup(records: Writes, group: GroupName, ended: readonly number[]): Promise<boolean> {
  const chunks = [...groupBy(ended, chunkOf)]
  const outcomes = await records.update(
    chunks.map(([chunk, indexes]) => ({ key: keyOfChunk(group, chunk), change: takeOut(indexes) })),
  )
  const emptied = chunks.flatMap(([chunk], index) => (isEmptied(outcomes[index]) ? [chunk] : []))
  return emptied.length > 0 && closeChunks(records, group, emptied)
}

/** Chunks of which nobody is left. @returns whether nobody of the group is left now. @throws Error as `settleGroup` */
export async function closeChunks(records: Writes, group: GroupName, chunks: readonly number[]): Promise<boolean> {
  const [outcome] = await records.update([{ key: keyOfGroup(group), change: takeOut(chunks) }])
  return isEmptied(outcome)
}

/** A group that is not there, or not any more, has nobody who waits for it. */
function isEmptied(outcome: UpdateOutcome | undefined): boolean {
  if (outcome === undefined) throw new Error('no answer')
  if (outcome.kind === 'failed') throw outcome.error
  return outcome.kind === 'applied' && pendingIn(outcome.record).length === 0
}
