/**
 * Whatever needs cron grammar and calendar: one file of its own in the API's bundle, which no cold start reads. Few
 * requests are about schedules.
 */
export { startBackfill } from '../bulk/start-backfill.ts'
export { occurrencesOf, previewOf, previewSchedule, runScheduleNow } from './occurrences-of.ts'
export { deleteSchedule, getSchedule, pauseSchedule, putSchedule, resumeSchedule } from './operate.ts'
export { schedulePage } from './schedule-page.ts'
