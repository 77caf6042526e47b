import { createHash } from 'node:crypto'
import { occurrenceJobId } from '../job/ids.ts'
import type { ScheduleDefinition } from './definition.ts'
import { type Next, nextOf } from './next.ts'

/** One time at which a schedule is due. Instants in epoch milliseconds. */
export interface Occurrence {
  /** When it is due: its identity, together with the schedule's name. */
  readonly time: number
  /** When its job starts: `time` and the jitter. */
  readonly runAt: number
  readonly jobId: string
}

/** When a schedule is due next, within its `startAt` and `endAt`. `times` and a pause are for the caller to keep. */
export function boundedNext({ when, startAt, endAt }: Pick<ScheduleDefinition, 'when' | 'startAt' | 'endAt'>): Next {
  const next = nextOf(when)
  return after => {
    const found = next(startAt === undefined ? after : Math.max(after, startAt - 1))
    return found !== undefined && (endAt === undefined || found < endAt) ? found : undefined
  }
}

/**
 * The occurrences with `from < time ≤ until`, the earliest first, at most `limit` of them.
 * @example occurrencesIn(definition, lastAt, now + 90_000, 1_000)
 */
export function occurrencesIn(
  definition: ScheduleDefinition,
  from: number,
  until: number,
  limit: number,
): readonly Occurrence[] {
  return timesIn(boundedNext(definition), { from, until, limit }).map(time => occurrenceOf(definition, time))
}

/** As `occurrencesIn`, for times alone. */
export function timesIn(next: Next, window: { from: number; until: number; limit: number }): readonly number[] {
  const times: number[] = []
  let time = next(window.from)
  while (time !== undefined && time <= window.until && times.length < window.limit) {
    times.push(time)
    time = next(time)
  }
  return times
}

/** The occurrence at a time, as every sweeper sees it. */
export const occurrenceOf = (definition: Pick<ScheduleDefinition, 'name' | 'jitterMs'>, time: number): Occurrence => ({
  time,
  runAt: time + jitterOf(definition.name, time, definition.jitterMs),
  jobId: occurrenceJobId(definition.name, time),
})

/** 0 to `jitterMs`, both included: a hash of name and time, so that a repeated tick finds the same start. */
export function jitterOf(name: string, time: number, jitterMs: number): number {
  if (jitterMs === 0) return 0
  const hash = createHash('sha256').update(`jitter:${name.length}:${name}:${time}`).digest()
  return Math.floor((hash.readUIntBE(0, 6) / 2 ** 48) * (jitterMs + 1))
}
