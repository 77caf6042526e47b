import { enteredState, type JobChange } from '../../core/history/job-change.ts'
import { generationOf, isTerminal, type Job, lifeOf } from '../../core/job/job.ts'
import { overlapCode, takenBackCode } from '../../core/transitions/cancel.ts'
import { formatInstant } from '../../core/values/instant.ts'
import type { ScheduleEvent } from '../../ports/events.ts'

/**
 * What a change of a job says of the schedule that made the job: an occurrence was fired, or skipped. So firings cost
 * the tick nothing more. What is done to schedules themselves comes with the act (act-events.ts).
 */
export function scheduleEventOf(change: JobChange): ScheduleEvent | undefined {
  const { after, at } = change
  const { schedule, occurrence } = after ?? {}
  const kind = kindOf(change)
  if (after === undefined || schedule === undefined || occurrence === undefined || kind === undefined) return undefined
  const eventId = [after.id, lifeOf(after).life, generationOf(after), kind].join('#')
  const detail = { type: after.type, job: after.id, occurrence: textOf(occurrence) }
  return { entity: 'schedule', eventId, at, kind, schedule, detail }
}

function kindOf(change: JobChange): 'fired' | 'skipped' | undefined {
  const { before, after } = change
  if (after === undefined || enteredState(change) === undefined) return undefined
  if (after.state === 'CANCELLED') return after.code === overlapCode ? 'skipped' : undefined
  return !isTerminal(after.state) && (before === undefined || isTakenBack(before)) ? 'fired' : undefined
}

/** Its schedule took it back, and has it again. */
const isTakenBack = ({ state, code }: Job): boolean => state === 'CANCELLED' && code === takenBackCode

/** A foreign writer may have put a number there that is no instant. */
function textOf(occurrence: number): string | number {
  return Math.abs(occurrence) <= 8.64e15 ? formatInstant(occurrence) : occurrence
}
