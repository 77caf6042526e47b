/**
 * Jobs are enqueued up to the lead before their time. When the schedule changes, is paused or goes, those that are still to
 * come are taken back (T15), so that the change holds at once; what the schedule still has is fired again.
 */
import { policyOf } from '../../core/definition/runner.ts'
import type { Job } from '../../core/job/job.ts'
import { aheadOf } from '../../core/records/schedule-changes.ts'
import type { StoredSchedule } from '../../core/records/schedule-record.ts'
import { takeBackIfSeen } from '../../core/transitions/cancel.ts'
import type { Deps } from '../../ports/deps.ts'
import { newRequestToken } from '../tokens.ts'
import { writeAll } from '../write.ts'
import { type ScheduleChange, type ScheduleWritten, writeSchedules } from './write-schedules.ts'

/**
 * Writes changes that take back what is enqueued ahead. First the schedule, then its jobs: after a crash in between they
 * run by the definition before, and none is lost.
 * @param token of the registration that they belong to
 * @returns per change, in order
 */
export async function writeTakingBack(
  deps: Deps,
  changes: readonly ScheduleChange[],
  now: number,
  token?: string,
): Promise<readonly ScheduleWritten[]> {
  const ahead = await jobsAhead(
    deps,
    changes.map(({ before }) => before),
    now,
  )
  const complete = changes.map((change, index) => withPrevious(change, ahead[index] ?? []))
  const written = await writeSchedules(deps, complete, token)
  await cancelAhead(deps, ahead.filter((_, index) => written[index] === 'written').flat(), now)
  return written
}

/** Per schedule, its jobs that are enqueued and still to come, the earliest first. @throws Unavailable */
export async function jobsAhead(
  { store }: Pick<Deps, 'store'>,
  schedules: readonly (StoredSchedule | undefined)[],
  now: number,
): Promise<readonly (readonly Job[])[]> {
  const ids = schedules.map(schedule =>
    schedule === undefined ? [] : aheadOf(schedule, now).map(({ jobId }) => jobId),
  )
  const asked = ids.flat()
  if (asked.length === 0) return ids.map(() => [])
  const found = await store.get(asked)
  const jobs = new Map(found.flatMap(job => (job === undefined ? [] : [[job.id, job] as const])))
  return ids.map(some => some.flatMap(id => jobs.get(id) ?? []))
}

/** The job before the first that is taken back is the newest again: the next one looks at it. */
function withPrevious(change: ScheduleChange, [first]: readonly Job[]): ScheduleChange {
  const { after } = change
  if (first?.after === undefined || after.lastJob !== undefined) return change
  return { ...change, after: { ...after, lastJob: first.after } }
}

/** Whether the job of an occurrence waits for its first start. */
export const neverRan = ({ state, attempt }: Job): boolean =>
  attempt === 0 && (state === 'SCHEDULED' || state === 'RESERVED')

/** T15 for those that never ran. What a store fails to write runs as it was enqueued. */
export async function cancelAhead(deps: Deps, jobs: readonly Job[], now: number): Promise<void> {
  const waiting = jobs.filter(neverRan)
  if (waiting.length === 0) return
  const changes = waiting.map(job => {
    const asked = { now, request: newRequestToken(deps.random), policy: policyOf(deps.runner, job.type) }
    return { id: job.id, transition: takeBackIfSeen(job, asked) }
  })
  await writeAll(deps, changes, { delaysMs: [200] })
}
