import { editDistance } from '../values/check-options.ts'
import { InvalidInput } from '../values/errors.ts'
import { formatInstant } from '../values/instant.ts'
import { isZone, offsetAt } from './clock-changes.ts'
import type { ScheduleDefinition, ScheduledTime } from './definition.ts'

/** Three letters that tz itself defines. Others, the runtime takes for places: BST is Dhaka to it, IST is Kolkata. */
const threeLetterZones = ['CET', 'EET', 'EST', 'GMT', 'HST', 'MET', 'MST', 'PRC', 'ROC', 'ROK', 'UCT', 'UTC', 'WET']

/** Names that the runtime accepts and lists under an older one only. */
const newerNames = [
  'UTC',
  'America/Nuuk',
  'Asia/Ho_Chi_Minh',
  'Asia/Kathmandu',
  'Asia/Kolkata',
  'Asia/Yangon',
  'Europe/Kyiv',
  'Pacific/Kanton',
]

/**
 * Checks the name of a time zone: one of the IANA data base (`Europe/Berlin`, `UTC`), or an offset (`+05:30`).
 * Abbreviations that tz does not define (`PST`, `BST`) are refused: they mean several places.
 * Returned as given.
 * @throws InvalidInput with the nearest name
 */
export function zoneIn(field: string, value: unknown): string {
  if (typeof value !== 'string') throw new InvalidInput(field, value, "an IANA zone such as 'Europe/Berlin'")
  const isAbbreviation = /^[a-z]{3}$/i.test(value) && !threeLetterZones.includes(value.toUpperCase())
  if (value.length <= 64 && !isAbbreviation && isZone(value)) return value
  const near = offsetMeant(value) ?? nearestZone(value)
  throw new InvalidInput(
    field,
    value,
    `an IANA zone${near === undefined ? " such as 'Europe/Berlin'" : `; did you mean ${near}?`}`,
  )
}

/** `UTC+2` and `GMT-03:30` as an offset. */
function offsetMeant(given: string): string | undefined {
  const [, sign, hours, minutes = '00'] = /^(?:UTC|GMT)([+-])(\d\d?)(?::?(\d\d))?$/i.exec(given) ?? []
  const offset = `${sign}${hours?.padStart(2, '0')}:${minutes}`
  return sign !== undefined && isZone(offset) ? offset : undefined
}

/** The zone whose name, or whose city's name, needs the fewest changes to become the given one. */
function nearestZone(given: string): string | undefined {
  if (given.length < 3 || given.length > 64 || /^[A-Z]{3,4}$/.test(given)) return undefined
  // A space for the underline is the commonest slip: the distance must not count it.
  const text = plain(given)
  const ranked = [...newerNames, ...Intl.supportedValuesOf('timeZone')]
    .map(zone => ({ zone, steps: Math.min(editDistance(text, plain(zone)), editDistance(text, plain(cityOf(zone)))) }))
    .toSorted((a, b) => a.steps - b.steps)
  const [best] = ranked
  return best !== undefined && best.steps <= Math.min(3, Math.floor(given.length / 3)) ? best.zone : undefined
}

const plain = (text: string): string => text.toLowerCase().replaceAll(' ', '_')
const cityOf = (zone: string): string => zone.slice(zone.lastIndexOf('/') + 1)

/** What a clock in the zone shows, with its offset: `2027-03-28T03:00:00+02:00`. Sorts as text only within one offset. */
export function localText(zone: string, at: number): string {
  const offset = offsetAt(zone, at)
  return `${wallText(at + offset)}${offsetText(offset)}`
}

/** The calendar day of an instant in the zone: `2027-03-28`. */
export const localDate = (zone: string, at: number): string => wallText(at + offsetAt(zone, at)).slice(0, 10)

/** A wall time without its offset: `2027-03-28T03:00:00`. */
export const wallText = (wall: number): string => formatInstant(wall).slice(0, -5)

/** `+02:00`; with seconds where a zone had them. */
function offsetText(offset: number): string {
  const size = formatInstant(Math.abs(offset)).slice(11, 19)
  return `${offset < 0 ? '-' : '+'}${size.endsWith(':00') ? size.slice(0, 5) : size}`
}

/** What the input function and the handler get to know of an occurrence. */
export const scheduledTimeOf = (
  { name, timezone }: Pick<ScheduleDefinition, 'name' | 'timezone'>,
  time: number,
  { isBackfill = false, missedBefore = 0 }: Partial<Pick<ScheduledTime, 'isBackfill' | 'missedBefore'>> = {},
): ScheduledTime => ({ name, time, localDate: localDate(timezone, time), timezone, isBackfill, missedBefore })
