/** T45, T50: a job beyond the window of its queue waits in line for room. */
import type { Job } from '../job/job.ts'
import { asSeen } from './clause.ts'
import type { Changes, Transition } from './transition.ts'

/**
 * The first look at a job that waits for room, in milliseconds: it brings a job into line whose ticket was not written.
 * Each look costs three units.
 */
const firstLookMs = 15 * 60_000

/** A job that waits for room in its queue. */
export type BeyondWindow = Job & { readonly parked: number }

/** Whether the job waits for room in its queue: no message was sent of it. A job that waits at its gate had one. */
export const isBeyondWindow = (job: Job): job is BeyondWindow =>
  job.state === 'AVAILABLE' && job.parked !== undefined && (job.fence === 0 || job.beyond === 1)

/** T45. The same job as it waits in the table, in line, where its queue has no room for its message. */
export function beyondWindow(whole: Job, now: number): BeyondWindow {
  const { dispatches: _, ...job } = whole
  return { ...job, state: 'AVAILABLE', fence: 0, parked: now, lookAt: now + firstLookMs }
}

/** What a job has while it is in line. Of one that is not due yet the line hands out nothing. */
const inLine = (scheduledAt: number, now: number): Changes => ({
  state: 'AVAILABLE',
  parked: now,
  beyond: 1,
  lookAt: Math.max(now, scheduledAt) + firstLookMs,
})

/** Whether the job may join the line: it waits in the table, and no message is under way that would start it. */
export const isWithoutMessage = ({ state, parked, dispatches = 0 }: Job): boolean =>
  dispatches === 0 && parked === undefined && (state === 'SCHEDULED' || state === 'RETRY' || state === 'AVAILABLE')

/** T50. A job that is due, or soon will be, joins the line: its queue has no room for its message. */
export const joinLineIfSeen = (job: Job, now: number, request: string): Transition => ({
  name: 'joinLineIfSeen',
  row: 'T50',
  guard: [asSeen(job, 'state'), asSeen(job, 'fence'), asSeen(job, 'lookAt')],
  set: { ...inLine(job.scheduledAt, now), request },
  remove: job.dispatches === undefined ? [] : ['dispatches'],
})

/** The same placing of a job, in line: its queue has no room for the message that was to go out. */
export const placedInLine = ({ set, remove, ...transition }: Transition, now: number): Transition => {
  const { dispatches: _, ...placed } = set
  const { scheduledAt = now } = placed
  return {
    ...transition,
    set: { ...placed, ...inLine(scheduledAt, now) },
    remove: [...new Set([...remove.filter(name => name !== 'parked' && name !== 'beyond'), 'dispatches' as const])],
  }
}
