/** Lets a job of a group, or one that waits for a batch, run only if the others allow that. */
import { batchOf, type ParentName, parentOf } from '../../core/job/parent.ts'
import { groupFrom, keyOfGroup, nextLook } from '../../core/records/group.ts'
import type { RunOutcome, SuspendedRun } from '../worker/run.ts'
import type { RunLease } from '../worker/run-lease.ts'
import { haveChildrenEnded } from './run-children.ts'
import { isPast } from './wake-waiter.ts'

/** Undefined: the job runs. One that nobody asked to end with its parent costs no read. @throws Unavailable */
export async function keptByFamily(lease: RunLease): Promise<RunOutcome | undefined> {
  const parent = parentOf(lease.job)
  if (parent?.isBound === true && (await hasParentEnded(lease, parent))) return { kind: 'orphaned' }
  return lease.job.batch === undefined ? undefined : keptByBatch(lease)
}

/** A parent that is not there may not be there yet. */
async function hasParentEnded({ run }: RunLease, parent: ParentName): Promise<boolean> {
  const job = await run.batch.look(parent.id)
  return job !== undefined && isPast(job, parent)
}

async function keptByBatch({ job, started, run }: RunLease): Promise<SuspendedRun | undefined> {
  const { deps } = run.batch
  const group = batchOf(job.id)
  const [stored] = await deps.records.get([keyOfGroup(group)])
  const root = groupFrom(stored)
  // Its records are gone: nobody can say any more whom it waits for.
  if (root === undefined || (await haveChildrenEnded(deps, group, root.of))) return undefined
  const now = deps.clock.now()
  return {
    kind: 'suspended',
    dueAt: nextLook(root.madeAt, now),
    isWaiting: true,
    wakes: started.wakes,
    hasProgressed: false,
  }
}
