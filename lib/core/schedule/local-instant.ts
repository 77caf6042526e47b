import { InvalidInput } from '../values/errors.ts'
import { parseInstant } from '../values/instant.ts'
import { instantIn } from './check-when.ts'
import { changesWithin, offsetAt } from './clock-changes.ts'

const form = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?))?$/
const allowed =
  "a day such as '2027-03-28', a local time such as '2027-03-28T02:30', or an instant such as '2027-03-28T01:30:00Z'"

/**
 * An instant as people type it: a day, which begins at its first instant in the zone; a local time; or ISO 8601 with a
 * zone of its own.
 *
 * @returns epoch milliseconds, from 1970 to 9999
 * @throws InvalidInput
 * @example localInstantIn('--from', '2027-03-28', 'Europe/Berlin') // 2027-03-27T23:00:00Z
 */
export function localInstantIn(field: string, value: string, zone: string): number {
  if (parseInstant(value) !== undefined) return instantIn(field, value)
  const [, day, time = '00:00'] = form.exec(value) ?? []
  const wall = day === undefined ? undefined : parseInstant(`${day}T${time}Z`)
  if (wall === undefined) throw new InvalidInput(field, value, allowed)
  const instant = firstAtOrAfter(zone, wall)
  return instant < 0 ? 0 : instant
}

/** Longer than any zone is away from UTC, and than any change of a clock. */
const farMs = 48 * 3_600_000

/**
 * The first instant at which a clock of the zone shows this wall time or a later one: of a time that comes twice the
 * first, of a time that is skipped the change.
 */
export function firstAtOrAfter(zone: string, wall: number): number {
  let [start, offset] = [wall - farMs, offsetAt(zone, wall - farMs)]
  for (const change of changesWithin(zone, wall - farMs, wall + farMs)) {
    const found = Math.max(start, wall - offset)
    if (found < change.at) return found
    ;[start, offset] = [change.at, change.after]
  }
  return Math.max(start, wall - offset)
}
