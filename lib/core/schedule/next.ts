/**
 * When a schedule is due next. The calendar knows wall times only; here they become instants, and the rules for clock
 * changes decide what happens to a wall time that is skipped or comes twice.
 */
import { type Calendar, calendarOf } from './calendar.ts'
import { type ClockChange, changesWithin, offsetAt } from './clock-changes.ts'
import { parseCron } from './parse.ts'

/**
 * What happens to a time that a clock change skips.
 * - `skip`: no run
 * - `next`: one run at the change, the first instant after the gap, however many times were skipped
 */
export type Gap = 'skip' | 'next'

/** Which of two equal wall times counts when the clock is put back: the first, the second, or both. */
export type Repeat = 'first' | 'second' | 'both'

/** When something is due. */
export type When =
  | {
      readonly kind: 'cron'
      readonly cron: string
      readonly timezone: string
      readonly gap: Gap
      readonly repeat: Repeat
    }
  /** Every so many milliseconds, counted from an anchor in both directions. Clock changes do not touch it. */
  | { readonly kind: 'every'; readonly everyMs: number; readonly anchorAt: number }
  | { readonly kind: 'at'; readonly at: number }

/** The first instant strictly later than the given one; undefined if nothing is due any more. Epoch milliseconds. */
export type Next = (after: number) => number | undefined

/**
 * The function that answers when something is due next. Its answers are strictly later than what it is given, never
 * fall when that rises, and depend on nothing else.
 *
 * @throws InvalidInput when the expression cannot be read
 * @example
 * const next = nextOf({ kind: 'cron', cron: '30 2 * * *', timezone: 'Europe/Berlin', gap: 'next', repeat: 'first' })
 * next(Date.parse('2027-03-27T12:00Z')) // 2027-03-28T01:00Z, which is 03:00: there is no 02:30 on this day
 */
export function nextOf(when: When): Next {
  switch (when.kind) {
    case 'cron': {
      const calendar = calendarOf(parseCron('cron', when.cron))
      return after => nextOfCron({ calendar, zone: when.timezone, gap: when.gap, repeat: when.repeat }, after)
    }
    case 'every':
      return after => when.anchorAt + (Math.floor((after - when.anchorAt) / when.everyMs) + 1) * when.everyMs
    case 'at':
      return after => (when.at > after ? when.at : undefined)
  }
}

interface WallClock {
  readonly calendar: Calendar
  readonly zone: string
  readonly gap: Gap
  readonly repeat: Repeat
}

/** Longer than any zone ever put its clocks forward or back. */
const farMs = 48 * 3_600_000

function nextOfCron(clock: WallClock, after: number): number | undefined {
  let from = after
  let offset = offsetAt(clock.zone, after)
  // A change at the instant we go on from is behind us, though the wall time of that instant may still match.
  let seen = after
  for (;;) {
    const wall = clock.calendar(from + offset)
    if (wall === undefined) return undefined
    const candidate = wall - offset
    const [change] = changesWithin(clock.zone, seen, Math.min(candidate, from + 2 * farMs))
    if (change !== undefined) {
      if (clock.gap === 'next' && isMissed(clock.calendar, change)) return change.at
      ;[from, offset, seen] = [change.at - 1, change.after, change.at]
    } else if (candidate > from + 2 * farMs) {
      // No wall time in between matches, and no change of the next days shows an earlier one again.
      from = candidate - farMs
      seen = from
      offset = offsetAt(clock.zone, from)
    } else if (isWanted(clock, candidate, offset)) {
      return candidate
    } else {
      from = candidate
      seen = candidate
    }
  }
}

/** Whether a wall time that the change skips would have matched. */
export function isMissed(calendar: Calendar, change: ClockChange): boolean {
  if (change.after <= change.before) return false
  const wall = calendar(change.at + change.before - 1)
  return wall !== undefined && wall < change.at + change.after
}

/** Whether this is the one of two equal wall times that counts. */
function isWanted({ zone, repeat }: WallClock, at: number, offset: number): boolean {
  if (repeat === 'both') return true
  const twins = twinsOf(zone, at, offset)
  return !twins.some(twin => (repeat === 'first' ? twin < at : twin > at))
}

/** Other instants at which the zone's clock shows the same: one an hour away, on the night of a change. */
export function twinsOf(zone: string, at: number, offset: number): readonly number[] {
  const near = changesWithin(zone, at - farMs, at + farMs)
  const offsets = new Set(near.flatMap(change => [change.before, change.after]))
  return [...offsets]
    .map(other => at + offset - other)
    .filter(twin => twin !== at && showsSame(zone, twin, at + offset))
}

const showsSame = (zone: string, at: number, wall: number): boolean => at + offsetAt(zone, at) === wall
