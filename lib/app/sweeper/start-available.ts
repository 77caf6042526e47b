import type { Job } from '../../core/job/job.ts'
import type { Deps } from '../../ports/deps.ts'
import { handleDueJobs } from './handle-due.ts'

/**
 * The dispatcher: jobs that *became* AVAILABLE, as the table's stream reports. An item put by any language, in any
 * transaction, starts at once; an operator who edits a failed job's state to AVAILABLE has requeued it.
 *
 * The image may be old by now: the guards decide, and a refusal means that somebody else took care of it.
 * A job that fails for good, and another follows it by `onFailed`, is left to the sweeper: here is no bucket for its input.
 * @returns the ids whose write could not be made, but may succeed later; the stream must bring them again
 */
export async function startAvailable(deps: Deps, images: readonly Job[]): Promise<readonly string[]> {
  // The latest image of an item is the one to act on; two changes of one item would refuse each other.
  const latest = new Map(images.map(job => [job.id, job]))
  const available = [...latest.values()].filter(({ state, parked }) => state === 'AVAILABLE' && parked === undefined)
  const { failedIds } = await handleDueJobs(deps, available, { leavesFollowed: true })
  return failedIds
}
