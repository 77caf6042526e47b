/** Schedules a page at a time, in the order of lane and due time; a page ends at its limit, or before it grows too large. */
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
import { InvalidInput } from '../../core/values/errors.ts'
import { isPlain } from '../../core/values/instant.ts'
import { utf8Bytes } from '../../core/values/json.ts'
import { maxAnswerBytes, maxItemBytes } from '../../core/values/quotas.ts'
import type { Deps } from '../../ports/deps.ts'
import { type ScheduleView, scheduleView } from './schedule-view.ts'

export interface SchedulePage {
  readonly schedules: readonly ScheduleView[]
  /** Where the next page starts; absent after the last. */
  readonly next?: string
}

/** Where a page starts: a lane, and in it the row after which it goes on. */
interface Place {
  readonly lane: number
  readonly from?: string
}

/**
 * @param limit 1 to 100
 * @param cursor the `next` of the page before
 * @throws InvalidInput for a cursor that no page gave; Unavailable
 */
export async function schedulePage({ records }: Deps, limit = 50, cursor?: string): Promise<SchedulePage> {
  let place: Place | undefined = cursor === undefined ? { lane: 0 } : placeIn(cursor)
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
    place = placeAfter(place, page.next)
  }
  return { schedules, ...(place === undefined ? {} : { next: cursorOf(place) }) }
}

function placeAfter({ lane }: Place, next: string | undefined): Place | undefined {
  if (next !== undefined) return { lane, from: next }
  return lane + 1 < scheduleLanes.length ? { lane: lane + 1 } : undefined
}

const cursorOf = ({ lane, from }: Place): string =>
  Buffer.from(JSON.stringify(from === undefined ? [lane] : [lane, from])).toString('base64url')

/** @throws InvalidInput unless it names a row that can be in the lane: a store must not be asked for another */
function placeIn(cursor: string): Place {
  const [lane, from, ...more] = listIn(Buffer.from(cursor, 'base64url').toString())
  const isLane = typeof lane === 'number' && scheduleLanes[lane] !== undefined
  if (isLane && more.length === 0) {
    if (from === undefined) return { lane }
    if (typeof from === 'string' && isRowOf(lane, from)) return { lane, from }
  }
  throw new InvalidInput('cursor', cursor, 'what a page gave as `next`')
}

function isRowOf(lane: number, from: string): boolean {
  const [lookAt, id, part, ...more] = listIn(from)
  if (typeof lookAt !== 'string' || !isPlain(lookAt) || typeof id !== 'string' || more.length > 0) return false
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

function listIn(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}
