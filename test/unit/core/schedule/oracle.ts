/**
 * The answers of a schedule by brute force: each minute of a window is written as the zone's clock shows it, and
 * compared with the fields. It shares no code with lib: other formatter, other parser, no calendar, no bisection in steps
 * of a day.
 */
import type { Gap, Repeat } from '../../../../lib/core/schedule/next.ts'

export const minute = 60_000
export const hour = 60 * minute
export const day = 24 * hour

const formats = new Map<string, Intl.DateTimeFormat>()

/** What the zone's clock shows, as if in UTC. */
function wallAt(zone: string, at: number): number {
  let format = formats.get(zone)
  if (format === undefined) {
    const numeric = 'numeric'
    const fields = {
      year: numeric,
      month: numeric,
      day: numeric,
      hour: numeric,
      minute: numeric,
      second: numeric,
    } as const
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', ...fields })
    formats.set(zone, format)
  }
  const [month, date, year, hours, minutes, seconds] = format.format(at).match(/\d+/g)?.map(Number) ?? []
  return Date.UTC(year ?? 0, (month ?? 0) - 1, date, hours, minutes, seconds)
}

export interface Change {
  readonly at: number
  readonly before: number
  readonly after: number
}

/** Clock changes, searched in steps of 17 hours: lib searches in days, so that a fault of one step shows. */
export function changesOf(zone: string, from: number, until: number): readonly Change[] {
  const found: Change[] = []
  const step = 17 * hour
  let before = wallAt(zone, from) - from
  for (let at = from; at < until; at += step) {
    const after = wallAt(zone, at + step) - at - step
    if (after !== before) found.push({ at: firstWith(zone, at, at + step, before), before, after })
    before = after
  }
  return found
}

function firstWith(zone: string, low: number, high: number, before: number): number {
  if (high - low <= minute) return high
  const middle = Math.floor((low + high) / 2 / minute) * minute
  return wallAt(zone, middle) - middle === before
    ? firstWith(zone, middle, high, before)
    : firstWith(zone, low, middle, before)
}

const names: Readonly<Record<string, number>> = {
  ...Object.fromEntries('JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ').map((name, i) => [name, i + 1])),
  ...Object.fromEntries('SUN MON TUE WED THU FRI SAT'.split(' ').map((name, i) => [name, i])),
}
const numberOf = (text: string): number => names[text] ?? Number(text)

/** Every value of a field, by trying each; wrapping ranges too. */
function fieldSet(text: string, min: number, max: number): ReadonlySet<number> {
  const set = new Set<number>()
  for (const part of text.split(',')) {
    const [span = '', step = '1'] = part.split('/')
    const [low = '', high = low] = span === '*' ? [String(min), String(max)] : span.split('-')
    for (let at = numberOf(low), count = 0; ; at = at >= max ? min : at + 1, count += 1) {
      if (count % Number(step) === 0) set.add(at)
      if (at === numberOf(high)) break
    }
  }
  return set
}

/** Whether a day matches, from the definition of each sign. */
export function dayMatches(days: string, weekdays: string, date: Date): boolean {
  const of = (other: Date) => other.getUTCDay()
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0))
  const inMonth = Array.from(
    { length: last.getUTCDate() },
    (_, index) => new Date(last.getTime() - index * day),
  ).toReversed()
  const isWorkday = (other: Date) => of(other) > 0 && of(other) < 6
  const dayPart = (text: string): boolean => {
    if (text === 'L') return date.getTime() === last.getTime()
    if (text === 'LW') return date.getTime() === inMonth.findLast(isWorkday)?.getTime()
    if (!text.endsWith('W')) return fieldSet(text, 1, 31).has(date.getUTCDate())
    const wanted = Number(text.slice(0, -1))
    const distance = (other: Date) => Math.abs(other.getUTCDate() - wanted)
    const nearest = inMonth.filter(isWorkday).toSorted((a, b) => distance(a) - distance(b))[0]
    return wanted <= inMonth.length && date.getTime() === nearest?.getTime()
  }
  const weekdayPart = (text: string): boolean => {
    const same = inMonth.filter(other => of(other) === of(date))
    if (text.includes('#')) {
      const [name = '', nth] = text.split('#')
      return of(date) === numberOf(name) % 7 && same[Number(nth) - 1]?.getTime() === date.getTime()
    }
    if (/.L$/.test(text)) {
      return of(date) === numberOf(text.slice(0, -1)) % 7 && same.at(-1)?.getTime() === date.getTime()
    }
    return fieldSet(text.replace('7', '0'), 0, 6).has(of(date))
  }
  if (days === '*') return weekdays === '*' || weekdays.split(',').some(weekdayPart)
  return days.split(',').some(dayPart) || (weekdays !== '*' && weekdays.split(',').some(weekdayPart))
}

/** Whether a wall time, on a whole minute, matches an expression of five fields. Days are remembered. */
function matcherOf(cron: string): (wall: number) => boolean {
  const [minutes = '', hours = '', days = '', months = '', weekdays = ''] = cron.split(' ')
  const [minuteSet, hourSet, monthSet] = [fieldSet(minutes, 0, 59), fieldSet(hours, 0, 23), fieldSet(months, 1, 12)]
  const known = new Map<number, boolean>()
  return wall => {
    const inDay = ((wall % day) + day) % day
    if (!minuteSet.has((inDay / minute) % 60) || !hourSet.has(Math.floor(inDay / hour))) return false
    const midnight = wall - inDay
    let isDay = known.get(midnight)
    if (isDay === undefined) {
      const date = new Date(midnight)
      isDay = monthSet.has(date.getUTCMonth() + 1) && dayMatches(days, weekdays, date)
      known.set(midnight, isDay)
    }
    return isDay
  }
}

export interface Rules {
  readonly cron: string
  readonly gap: Gap
  readonly repeat: Repeat
}

/** Every instant in [from, until) at which the schedule is due. `changes` covers two days more on either side. */
export function bruteForce(rules: Rules, changes: readonly Change[], from: number, until: number): readonly number[] {
  const matches = matcherOf(rules.cron)
  const start = from - 2 * day
  const offsets = offsetsFrom(changes, start)
  const instants = new Map<number, number[]>()
  for (let at = start; at < until + 2 * day; at += minute) {
    const wall = at + offsets(at)
    if (!matches(wall)) continue
    const same = instants.get(wall)
    if (same === undefined) instants.set(wall, [at])
    else same.push(at)
  }
  const kept = [...instants.values()].flatMap(same => {
    if (rules.repeat === 'both') return same
    return rules.repeat === 'first' ? same.slice(0, 1) : same.slice(-1)
  })
  const moved =
    rules.gap === 'skip' ? [] : changes.filter(change => hasMissed(matches, change)).map(change => change.at)
  return [...new Set([...kept, ...moved])].filter(at => at >= from && at < until).toSorted((a, b) => a - b)
}

function hasMissed(matches: (wall: number) => boolean, change: Change): boolean {
  for (let wall = change.at + change.before; wall < change.at + change.after; wall += minute)
    if (matches(wall)) return true
  return false
}

/** The offset at instants asked for in rising order. */
function offsetsFrom(changes: readonly Change[], start: number): (at: number) => number {
  let index = changes.findIndex(change => change.at > start)
  if (index < 0) index = changes.length
  return at => {
    while ((changes[index]?.at ?? Number.POSITIVE_INFINITY) <= at) index += 1
    return changes[index - 1]?.after ?? changes[index]?.before ?? 0
  }
}
