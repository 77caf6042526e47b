/**
 * Fires what is due: insert, send, then advance. A crash at any point leaves the schedule due, and the next tick does the
 * same again: the jobs have the same ids, so each occurrence stays one job. The message goes out before the schedule
 * advances, or a crash between the two would leave the job to its hold, two minutes late.
 */
import type { Control } from '../../core/records/control.ts'
import { failing, fired } from '../../core/records/schedule-changes.ts'
import { isScheduleKey, type StoredSchedule, scheduleFrom, scheduleLanes } from '../../core/records/schedule-record.ts'
import type { Deps } from '../../ports/deps.ts'
import type { RecordRow } from '../../ports/record-store.ts'
import { eventsOfFiring } from '../record/act-events.ts'
import { sendOrPull } from '../send.ts'
import { type Firing, isDue, planFiring } from './plan-firing.ts'
import { putOccurrences } from './put-occurrences.ts'
import { writeSchedules } from './write-schedules.ts'

export interface FireReport {
  /** Schedules that advanced. */
  fired: number
  /** Schedules that could not be fired; they stay due. */
  failed: number
  isComplete: boolean
}

const pageSize = 200

/** @param endAt when to stop and leave the rest to the next tick, epoch milliseconds. Never rejects. */
export async function fireSchedules(deps: Deps, control: Control, endAt: number): Promise<FireReport> {
  const report: FireReport = { fired: 0, failed: 0, isComplete: true }
  const now = deps.clock.now()
  const walk = async (lane: string): Promise<void> => {
    let from: string | undefined
    do {
      if (deps.clock.now() >= endAt) {
        report.isComplete = false
        return
      }
      const page = await deps.records.due(lane, now, pageSize, from)
      if (page.rows.length > 0) await firePage(deps, page.rows, { control, report })
      from = page.next
    } while (from !== undefined)
  }
  await Promise.all(
    scheduleLanes.map(async lane => {
      try {
        await walk(lane)
      } catch (error) {
        report.isComplete = false
        deps.telemetry.emit({ name: 'store_failed', transition: 'fireSchedules', error: String(error) })
      }
    }),
  )
  return report
}

interface Firings {
  readonly control: Control
  readonly report: FireReport
}

async function firePage(deps: Deps, rows: readonly RecordRow[], { control, report }: Firings): Promise<void> {
  const records = await deps.records.get(rows.filter(isScheduleKey))
  const now = deps.clock.now()
  const schedules = records.flatMap(record => {
    if (record === undefined) return []
    const schedule = scheduleFrom(record)
    if (schedule === undefined) deps.telemetry.emit({ name: 'job_set_aside', id: record.id, error: 'no schedule' })
    return schedule !== undefined && isDue(schedule, now) ? [schedule] : []
  })
  const firings: Firing[] = []
  const broken: { readonly schedule: StoredSchedule; readonly error: string }[] = []
  for (const schedule of schedules) {
    try {
      firings.push(await planFiring(deps, schedule, now))
    } catch (error) {
      broken.push({ schedule, error: textOf(error) })
    }
  }
  const inserted = await putOccurrences(
    deps,
    firings.flatMap(({ jobs }) => jobs),
  )
  // All of a schedule's jobs, or it stays due.
  const complete = firings.filter(({ jobs }) => jobs.every(job => inserted.has(job)))
  if (complete.length < firings.length) report.isComplete = false
  await sendOrPull(
    deps,
    complete.flatMap(({ jobs }) => jobs.flatMap(job => inserted.get(job) ?? [])),
  )
  await advance(deps, complete, { now, control, report })
  await keepErrors(deps, broken)
  report.failed += broken.length
}

/** Guarded by the `nextAt` that was read: of two sweepers one advances, and that one reports. */
async function advance(
  deps: Deps,
  firings: readonly Firing[],
  { now, control, report }: Firings & { readonly now: number },
): Promise<void> {
  const changes = firings.map(({ schedule, due }) => {
    const after = fired(schedule, due, now)
    const events = control.isPublishing ? eventsOfFiring(deps, after, due, now) : []
    return { name: 'advanceIfSeen', before: schedule, after, events }
  })
  const written = await writeSchedules(deps, changes)
  for (const [index, { schedule, due }] of firings.entries()) {
    const outcome = written[index]
    const { name } = schedule.definition
    if (typeof outcome === 'object') {
      report.isComplete = false
      const error = outcome.error.message
      deps.telemetry.emit({ name: 'store_failed', id: name, transition: 'advanceIfSeen', error })
    }
    if (outcome !== 'written') continue
    report.fired += 1
    const lateMs = Math.max(0, now - (schedule.nextAt ?? now))
    deps.telemetry.emit({ name: 'schedule_fired', schedule: name, jobs: due.occurrences.length, lateMs })
    const { dropped, isDroppedExact } = due
    if (dropped > 0) {
      deps.telemetry.emit({ name: 'schedule_missed', schedule: name, dropped, isExact: isDroppedExact })
    }
    if (due.nextAt === undefined) deps.telemetry.emit({ name: 'schedule_ended', schedule: name })
  }
}

/** A write only when the reason is another one: a schedule that fails in each tick would cost one in each tick. */
async function keepErrors(
  deps: Deps,
  broken: readonly { readonly schedule: StoredSchedule; readonly error: string }[],
): Promise<void> {
  for (const { schedule, error } of broken) {
    deps.telemetry.emit({ name: 'schedule_failed', schedule: schedule.definition.name, error })
  }
  const changes = broken.map(({ schedule, error }) => ({
    name: 'keepErrorIfSeen',
    before: schedule,
    after: failing(schedule, error),
  }))
  await writeSchedules(deps, changes)
}

const maxErrorLength = 500

function textOf(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return text.length > maxErrorLength ? `${text.slice(0, maxErrorLength)}…` : text
}
