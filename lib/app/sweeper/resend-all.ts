import { isTerminal, isUnderstood, type Job } from '../../core/job/job.ts'
import { lookLaterIfSeen, pullIfMine } from '../../core/transitions/dispatch.ts'
import { Unavailable } from '../../core/values/errors.ts'
import type { Deps } from '../../ports/deps.ts'
import type { Change } from '../../ports/job-store.ts'
import { liveLanes, walkLanes } from './walk.ts'

/**
 * For when a queue is *known* to have lost its messages: it was purged, or deleted and made again. The sweeper must
 * not wait for each hold to run out: every waiting job is pulled to now (T21), every running one to the end of its
 * lease (T20). Harmless when the messages are still there: a second message of one fence starts nothing.
 *
 * @returns how many jobs were moved
 * @throws Unavailable when some lane could not be read, or some job could not be moved; the others have been
 */
export async function resendAll(deps: Deps): Promise<number> {
  let moved = 0
  const visitAgain = async (ids: readonly string[]): Promise<readonly string[]> => {
    const now = deps.clock.now()
    const jobs = await deps.store.get(ids, 'control')
    const changes = jobs.flatMap(job => (job === undefined ? [] : (changeFor(job, now) ?? [])))
    const outcomes = await deps.store.apply(changes)
    moved += outcomes.filter(({ kind }) => kind === 'applied').length
    return changes.flatMap(({ id }, index) => (outcomes[index]?.kind === 'failed' ? [id] : []))
  }
  const { isComplete, leftOver, unread, error } = await walkLanes(deps, await liveLanes(deps), {
    until: Number.MAX_SAFE_INTEGER,
    endAt: Number.POSITIVE_INFINITY,
    visitAgain,
    visitPage: rows => visitAgain(rows.map(({ id }) => id)),
  })
  if (!isComplete) throw new Unavailable(`${leftOver} jobs and ${unread} lanes are left`, error ?? 'writes failed')
  return moved
}

function changeFor(job: Job, now: number): Change | undefined {
  // Who waits at a gate has no message: the gate hands it out. Nor has a job that waits for a signal.
  if (job.parked !== undefined || job.state === 'WAITING') return undefined
  if (!isUnderstood(job) || isTerminal(job.state) || job.lookAt === undefined || job.lookAt <= now) return undefined
  if (job.state === 'IN_PROGRESS') return { id: job.id, transition: lookLaterIfSeen(job, now) }
  // A job that no message was sent for waits for its own time; there is nothing to send again.
  const hasMessage = job.fence > 0 && (job.state !== 'RETRY' || job.lookAt > job.scheduledAt)
  return hasMessage && (job.state !== 'SCHEDULED' || job.lookAt > job.scheduledAt)
    ? { id: job.id, transition: pullIfMine(job, now) }
    : undefined
}
