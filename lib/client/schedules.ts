/** What an application does with schedules. */

import type { BackfillOptions, BackfillOutcome } from '../app/bulk/start-backfill.ts'
import type { Acts } from '../app/operate/acts.ts'
import {
  type OccurrenceView,
  occurrencesOf,
  previewOf,
  previewSchedule,
  type RunNowOutcome,
  type SchedulePreview,
} from '../app/schedule/occurrences-of.ts'
import {
  deleteAllSchedules,
  getSchedule,
  listSchedules,
  type PutCondition,
  type ScheduleOutcome,
  type ScheduleRequest,
} from '../app/schedule/operate.ts'
import type { ScheduleView } from '../app/schedule/schedule-view.ts'
import type { ScheduleOptions } from '../core/schedule/definition.ts'
import type { Deps } from '../ports/deps.ts'

export type { OccurrenceView } from '../app/schedule/occurrences-of.ts'
export type { ScheduleView } from '../app/schedule/schedule-view.ts'

/** Schedules at run time. Those that code defines can be paused, resumed and run; only a deploy changes them. */
export interface ScheduleClient {
  /**
   * Makes a schedule, or replaces the definition of one that was made at run time.
   * @example
   * await client.schedules.put('tenant-42.digest', {
   *   type: 'digest', cron: '0 8 * * MON-FRI', timezone: 'America/New_York', input: { tenant: 42 },
   * })
   * @throws InvalidInput, InputRefused, UnknownType, JobTooLarge: nothing was written
   * @throws Unavailable
   */
  readonly put: (name: string, schedule: ScheduleRequest, condition?: PutCondition) => Promise<ScheduleOutcome>
  /** Undefined when there is none. @throws InvalidInput, Unavailable */
  readonly get: (name: string) => Promise<ScheduleView | undefined>
  /** Those that fire or are paused. @example for await (const { name, nextAt } of client.schedules.list()) … */
  readonly list: () => AsyncGenerator<ScheduleView>
  /** What falls into the pause is not missed. Deploys leave it alone. @param by who asks */
  readonly pause: (name: string, by?: string) => Promise<ScheduleOutcome>
  readonly resume: (name: string) => Promise<ScheduleOutcome>
  /** Enqueues a job out of turn, also while it is paused; `overlap` holds. */
  readonly runNow: (name: string) => Promise<RunNowOutcome>
  /** Jobs that are due stay; those enqueued ahead of their time are cancelled. */
  readonly delete: (name: string) => Promise<ScheduleOutcome | { readonly kind: 'deleted' }>
  /** All that were made at run time. */
  readonly deleteAll: () => Promise<{ readonly deleted: number; readonly ownedByCode: number }>
  /**
   * Enqueues the occurrences from one instant of the past to another, as a bulk act. Those that have a job are left alone.
   * @example await client.schedules.backfill('daily-report', { from: '2027-01-01T00:00:00Z', to: '2027-01-31T23:59:59Z' })
   * @throws InvalidInput, also for more than 10,000 occurrences: nothing was written
   * @throws Unavailable
   */
  readonly backfill: (name: string, options: BackfillOptions) => Promise<BackfillOutcome>
  /** Past occurrences with their jobs, the newest first. @param limit 1 to 100. @default 20 */
  readonly occurrences: (name: string, limit?: number) => Promise<readonly OccurrenceView[] | undefined>
  /** The next occurrences of a schedule, or of options that nobody has put yet. @param count 1 to 100. @default 5 */
  readonly preview: (schedule: string | ScheduleOptions, count?: number) => Promise<SchedulePreview | undefined>
}

export const schedulesOn = (deps: Deps, acts: Acts): ScheduleClient => ({
  put: (...given) => acts.putSchedule(...given),
  get: name => getSchedule(deps, name),
  list: () => listSchedules(deps),
  pause: (name, by) => acts.pauseSchedule(name, by),
  resume: name => acts.resumeSchedule(name),
  runNow: name => acts.runSchedule(name),
  delete: name => acts.deleteSchedule(name),
  deleteAll: () => deleteAllSchedules(deps, acts.deleteSchedule),
  backfill: (name, options) => acts.backfill(name, options),
  occurrences: (name, limit) => occurrencesOf(deps, name, limit),
  preview: async (schedule, count = 5) =>
    typeof schedule === 'string' ? previewOf(deps, schedule, count) : previewSchedule(deps, schedule, { count }),
})
