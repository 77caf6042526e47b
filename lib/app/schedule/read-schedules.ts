import { type Control, controlFrom } from '../../core/records/control.ts'
import { controlKey, scheduleKey } from '../../core/records/keys.ts'
import {
  isScheduleKey,
  neverAt,
  type StoredSchedule,
  scheduleFrom,
  scheduleLanes,
} from '../../core/records/schedule-record.ts'
import type { Deps } from '../../ports/deps.ts'

type Reading = Pick<Deps, 'records'>

const pageSize = 500

/** Every schedule that fires or is paused, page by page. @throws Unavailable */
export async function* listedSchedules({ records }: Reading): AsyncGenerator<readonly StoredSchedule[]> {
  for (const lane of scheduleLanes) {
    let from: string | undefined
    do {
      const page = await records.due(lane, neverAt, pageSize, from)
      const stored = await records.get(page.rows.filter(isScheduleKey))
      yield stored.flatMap(record => (record === undefined ? [] : (scheduleFrom(record) ?? [])))
      from = page.next
    } while (from !== undefined)
  }
}

/** Schedules by name, ended and removed ones too; without those that are absent or damaged. @throws Unavailable */
export async function schedulesNamed(
  { records }: Reading,
  names: readonly string[],
): Promise<ReadonlyMap<string, StoredSchedule>> {
  const stored = await records.get(names.map(scheduleKey))
  const schedules = stored.flatMap(record => (record === undefined ? [] : (scheduleFrom(record) ?? [])))
  return new Map(schedules.map(schedule => [schedule.definition.name, schedule]))
}

/** A schedule before somebody changes it, and what the whole runner must know: one request. @throws Unavailable */
export async function scheduleToChange(
  { records }: Reading,
  name: string,
): Promise<{ readonly before: StoredSchedule | undefined; readonly control: Control }> {
  const [stored, control] = await records.get([scheduleKey(name), controlKey])
  return { before: stored === undefined ? undefined : scheduleFrom(stored), control: controlFrom(control) }
}
