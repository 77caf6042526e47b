/** Apart from what finds occurrences: a worker knows its own, and need not carry a calendar. */
import type { ScheduleDefinition, ScheduledTime } from './definition.ts'
import { localDate } from './time-zone.ts'

/** What the input function and the handler get to know of an occurrence. */
export const scheduledTimeOf = (
  { name, timezone }: Pick<ScheduleDefinition, 'name' | 'timezone'>,
  time: number,
  { isBackfill = false, missedBefore = 0 }: Partial<Pick<ScheduledTime, 'isBackfill' | 'missedBefore'>> = {},
): ScheduledTime => ({ name, time, localDate: localDate(timezone, time), timezone, isBackfill, missedBefore })
