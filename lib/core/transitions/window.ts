/** T45: a new job beyond the window of its queue. */
import type { Job } from '../job/job.ts'

/**
 * The first look at a job that waits for room, in milliseconds: it brings the job into line whose producer died before it
 * wrote the ticket. Each look costs three units.
 */
const firstLookMs = 15 * 60_000

/** A job that waits for room in its queue. */
export type BeyondWindow = Job & { readonly parked: number }

/** Whether the job waits for room in its queue: no message was ever sent of it. A job that waits at its gate had one. */
export const isBeyondWindow = (job: Job): job is BeyondWindow =>
  job.state === 'AVAILABLE' && job.parked !== undefined && job.fence === 0

/** T45. The same job as it waits in the table, in line, where its queue has no room for its message. */
export function beyondWindow(whole: Job, now: number): BeyondWindow {
  const { dispatches: _, ...job } = whole
  return { ...job, state: 'AVAILABLE', fence: 0, parked: now, lookAt: now + firstLookMs }
}
