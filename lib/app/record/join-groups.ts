/**
 * Joins: jobs that have ended go out of the groups that wait for them; whoever waits for a group of which nobody is left is
 * woken. A repetition of any of it changes nothing, so batches may come again with other bounds.
 */
import type { JobChange } from '../../core/history/job-change.ts'
import type { Job } from '../../core/job/job.ts'
import { type ParentName, parentOf } from '../../core/job/parent.ts'
import { groupBy } from '../../core/values/lists.ts'
import { hasEnded } from '../workflow/members.ts'
import { settleGroup } from '../workflow/settle-group.ts'
import { wakeWaiter } from '../workflow/wake-waiter.ts'
import { isForEver, setAside } from './count.ts'
import type { JoiningDeps } from './recorder-deps.ts'

interface Ended {
  readonly change: JobChange
  readonly parent: ParentName
}

/** @returns the changes that must come again */
export async function joinGroups(deps: JoiningDeps, changes: readonly JobChange[]): Promise<readonly JobChange[]> {
  const ended = changes.flatMap(change => endedChild(change) ?? [])
  if (ended.length === 0) return []
  const groups = groupBy(ended, ({ parent: { id, life, generation, name } }) => [id, life, generation, name].join('\0'))
  const failed = await Promise.all([...groups.values()].map(group => joinOne(deps, group)))
  return failed.flat()
}

async function joinOne(deps: JoiningDeps, ended: readonly Ended[]): Promise<readonly JobChange[]> {
  const [first] = ended
  if (first === undefined) return []
  const { parent } = first
  try {
    const haveAllEnded = await settleGroup(
      deps.records,
      parent,
      ended.map(one => one.parent.index),
    )
    if (haveAllEnded) await wakeWaiter(deps, parent)
    return []
  } catch (error) {
    if (!(error instanceof Error) || !isForEver(error)) return ended.map(({ change }) => change)
    setAside(deps, parent.id, error)
    return []
  }
}

/** A change with which a job of a group has ended; a job that was deleted before its end will never do. */
function endedChild(change: JobChange): Ended | undefined {
  const { before, after } = change
  const job = after ?? before
  if (job?.parent === undefined || !isEnd(before, after)) return undefined
  const parent = parentOf(job)
  return parent === undefined ? undefined : { change, parent }
}

function isEnd(before: Job | undefined, after: Job | undefined): boolean {
  if (before !== undefined && hasEnded(before)) return false
  return after === undefined || hasEnded(after)
}
