import { formatMs } from '../values/duration.ts'
import { formatInstant, lastInstant } from '../values/instant.ts'
import { type Calendar, calendarOf } from './calendar.ts'
import { type ClockChange, changesWithin, offsetAt } from './clock-changes.ts'
import type { ScheduleDefinition } from './definition.ts'
import { describeCron } from './describe.ts'
import { isMissed, twinsOf, type When } from './next.ts'
import { boundedNext } from './occurrences.ts'
import { parseCron } from './parse.ts'
import { localText, wallText } from './time-zone.ts'

/** One line of a preview. */
export interface PreviewRow {
  /** ISO 8601 in UTC. */
  readonly at: string
  /** What a clock in the schedule's zone shows, with its offset: `2027-03-28T03:00:00+02:00`. */
  readonly local: string
  /** What a clock change did to this time, or to times right before it. */
  readonly note?: string
}

/**
 * The first `count` occurrences at or after an instant (epoch milliseconds), without their jitter; clock changes are
 * marked. Fewer if the schedule ends, or at the end of the year 9999.
 *
 * @example
 * preview(definition, Date.parse('2027-03-28T00:00Z'), 1)
 * // [{ at: '2027-03-28T01:00:00.000Z', local: '2027-03-28T03:00:00+02:00', note: '02:30 is missing (clock +1 h)' }]
 */
export function preview(
  definition: Pick<ScheduleDefinition, 'when' | 'timezone' | 'startAt' | 'endAt'>,
  from: number,
  count: number,
): readonly PreviewRow[] {
  const next = boundedNext(definition)
  const noteOf = definition.when.kind === 'cron' ? notesOf(definition.when) : () => undefined
  const rows: PreviewRow[] = []
  let before = Math.max(from, definition.startAt ?? from) - 1
  for (let at = next(before); at !== undefined && at <= lastInstant && rows.length < count; at = next(at)) {
    const note = noteOf(before, at)
    const local = localText(definition.timezone, at)
    rows.push({ at: formatInstant(at), local, ...(note === undefined ? {} : { note }) })
    before = at
  }
  return rows
}

/** Longest stretch between two occurrences that is searched for clock changes: a schedule of each year fits in. */
const maxSearchMs = 400 * 86_400_000

function notesOf(when: Extract<When, { kind: 'cron' }>): (before: number, at: number) => string | undefined {
  const calendar = calendarOf(parseCron('cron', when.cron))
  return (before, at) => {
    const changes = changesWithin(when.timezone, Math.max(before, at - maxSearchMs), at)
    const missing = changes
      .filter(change => isMissed(calendar, change))
      .map(change => missingNote(calendar, change, at))
    const repeated = repeatNote(when, at)
    const notes = [...missing, ...(repeated === undefined ? [] : [repeated])]
    return notes.length === 0 ? undefined : notes.join('; ')
  }
}

/** `02:30 is missing (clock +1 h)`; with its day, unless that is the day of this occurrence. */
function missingNote(calendar: Calendar, change: ClockChange, at: number): string {
  const walls: number[] = []
  const end = change.at + change.after
  let wall = calendar(change.at + change.before - 1)
  // A day of seconds was skipped once, in Samoa: enough to name the first and the last.
  while (wall !== undefined && wall < end && walls.length < 100_000) {
    walls.push(wall)
    wall = calendar(wall)
  }
  const [first = end, last = first] = [walls[0], walls.at(-1)]
  const day = wallText(first).slice(0, 10)
  const onDay = day === wallText(at + change.after).slice(0, 10) ? '' : `${day} `
  const words =
    walls.length === 1
      ? `${clockText(first)} is missing`
      : `${clockText(first)} ${walls.length === 2 ? 'and' : 'to'} ${clockText(last)} are missing`
  return `${onDay}${words} (clock ${shiftText(change)})`
}

/** `02:30 comes twice (clock -1 h); this is the first`. */
function repeatNote({ timezone, repeat }: Extract<When, { kind: 'cron' }>, at: number): string | undefined {
  const offset = offsetAt(timezone, at)
  const twin = twinsOf(timezone, at, offset)[0]
  if (twin === undefined) return undefined
  const [change] = changesWithin(timezone, Math.min(at, twin), Math.max(at, twin))
  const which = twin > at ? 'first' : 'second'
  const words = repeat === 'both' ? `this is the ${which}` : `only the ${which} counts`
  return `${clockText(at + offset)} comes twice${change === undefined ? '' : ` (clock ${shiftText(change)})`}: ${words}`
}

/** `02:30`, with seconds unless they are 0. */
const clockText = (wall: number): string => wallText(wall).slice(11).replace(/:00$/, '')

/** `+1 h`, `-30 min`, `+1 d`. */
function shiftText({ before, after }: ClockChange): string {
  const minutes = Math.abs(after - before) / 60_000
  const size =
    minutes % 1440 === 0 ? `${minutes / 1440} d` : minutes % 60 === 0 ? `${minutes / 60} h` : `${minutes} min`
  return `${after < before ? '-' : '+'}${size}`
}

const units = { d: 'day', h: 'hour', m: 'minute', s: 'second', ms: 'millisecond' } as const

/**
 * When a schedule is due, in words for people; never parsed again.
 *
 * @example 'Every day at 02:30, Europe/Berlin'
 * @example 'Every 15 minutes, counted from 2026-01-01T00:05:00.000Z'
 * @example 'Once, at 2027-01-01T00:00:00.000Z'
 */
export function describeWhen(when: When): string {
  switch (when.kind) {
    case 'cron':
      return `${describeCron(parseCron('cron', when.cron))}, ${when.timezone}`
    case 'every':
      return `Every ${lengthText(when.everyMs)}, counted from ${formatInstant(when.anchorAt)}`
    case 'at':
      return `Once, at ${formatInstant(when.at)}`
  }
}

function lengthText(milliseconds: number): string {
  const [, count = '', unit = 'ms'] = /^(\d+)(\D+)$/.exec(formatMs(milliseconds)) ?? []
  const word = units[unit as keyof typeof units]
  return count === '1' ? word : `${count} ${word}s`
}
