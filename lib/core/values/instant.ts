/** The only place that turns instants into text and back. Pure: it never asks what time it is. */

/** ISO 8601 in UTC with milliseconds: sorts as text in the order of time, for the years 0 to 9999. */
export const formatInstant = (epochMs: number): string => new Date(epochMs).toISOString()

/** The end of the year 9999: later instants do not sort as text. */
export const lastInstant = 253_402_300_799_999

/** As we write them: an instant that exists without looking at months, leap years or a 24th hour. */
const plain = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/
/** Such a text comes out the same again. */
export const isPlain = (text: string): boolean => plain.test(text)

const form = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)$/

/** Undefined unless the text is an ISO 8601 date and time *with* a zone: without one nobody can tell the instant. */
export function parseInstant(text: string): number | undefined {
  if (isPlain(text)) return Date.parse(text)
  if (!form.test(text)) return undefined
  const epochMs = Date.parse(text)
  // Date.parse takes 30 February for 2 March.
  const isDay = new Date(`${text.slice(0, 10)}T00:00Z`).getUTCDate() === Number(text.slice(8, 10))
  return Number.isNaN(epochMs) || !isDay ? undefined : epochMs
}

/** Epoch milliseconds of a Date or an ISO text; undefined for anything else. */
export function instantOf(value: unknown): number | undefined {
  if (typeof value === 'string') return parseInstant(value)
  if (!(value instanceof Date)) return undefined
  const epochMs = value.getTime()
  return Number.isNaN(epochMs) ? undefined : epochMs
}
