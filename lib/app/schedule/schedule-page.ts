/** Schedules a page at a time, in the order of lane and due time; a page ends at its limit, or before it grows too large. */
import {
  type LanePlace,
  lanePlaceFrom,
  lanePlaceText,
  type PlacedRow,
  placeAfterPage,
} from '../../core/lookup/cursor.ts'
import { scheduleKey } from '../../core/records/keys.ts'
import {
  isScheduleKey,
  laneOfSchedule,
  neverAt,
  scheduleFrom,
  scheduleLanes,
} from '../../core/records/schedule-record.ts'
import { scheduleNameIn } from '../../core/schedule/definition.ts'
import { integerIn } from '../../core/values/check-options.ts'
import { utf8Bytes } from '../../core/values/json.ts'
import { maxAnswerBytes, maxItemBytes } from '../../core/values/quotas.ts'
import type { Deps } from '../../ports/deps.ts'
import { type ScheduleView, scheduleView } from './schedule-view.ts'

export interface SchedulePage {
  readonly schedules: readonly ScheduleView[]
  /** Where the next page starts; absent after the last. */
  readonly next?: string
}

/**
 * @param limit 1 to 100
 * @param cursor the `next` of the page before
 * @throws InvalidInput for a cursor that no page gave; Unavailable
 */
export async function schedulePage({ records }: Deps, limit = 50, cursor?: string): Promise<SchedulePage> {
  const lanes = scheduleLanes.length
  let place: LanePlace | undefined = cursor === undefined ? { lane: 0 } : lanePlaceFrom(cursor, lanes, isRow)
  let [left, bytes] = [integerIn('limit', limit, 1, 100), 0]
  const schedules: ScheduleView[] = []
  while (place !== undefined && left > 0 && bytes <= maxAnswerBytes - maxItemBytes) {
    // So few that they fit, even if each is as large as an item can be.
    const size = Math.min(left, Math.max(1, Math.floor((maxAnswerBytes - bytes) / maxItemBytes)))
    const page = await records.due(scheduleLanes[place.lane] ?? '', neverAt, size, place.from)
    const stored = await records.get(page.rows.filter(isScheduleKey))
    const views = stored.flatMap(record => (record === undefined ? [] : (scheduleFrom(record) ?? []))).map(scheduleView)
    schedules.push(...views)
    left -= views.length
    bytes += utf8Bytes(JSON.stringify(views))
    place = placeAfterPage(place, page.next, lanes)
  }
  return { schedules, ...(place === undefined ? {} : { next: lanePlaceText(place) }) }
}

const isRow = (lane: number, { id, part }: PlacedRow): boolean => {
  const name = id.slice(scheduleKey('').id.length)
  const key = scheduleKey(name)
  return id === key.id && part === key.part && isName(name) && laneOfSchedule(name) === scheduleLanes[lane]
}

function isName(name: string): boolean {
  try {
    return scheduleNameIn('name', name) === name
  } catch {
    return false
  }
}
