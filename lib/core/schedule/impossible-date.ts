import { type CronField, fieldRules, fieldValues } from './cron-fields.ts'
import { listed, monthName, ordinal } from './words.ts'

/** Most days that each month can have. */
const longest = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const

/**
 * Why no day of these months can match, in words; undefined if one can. `30W` asks for a 30th as `30` does: it moves
 * within a month that has one.
 */
export function impossibleDate(day: CronField, month: CronField): string | undefined {
  if (day.some(part => part.kind === 'lastDay' || part.kind === 'lastWorkday')) return undefined
  const nearest = day.flatMap(part => (part.kind === 'nearestWorkday' ? part.day : []))
  const earliest = Math.min(...fieldValues(fieldRules.day, day), ...nearest)
  const months = fieldValues(fieldRules.month, month)
  if (months.some(number => (longest[number - 1] ?? 0) >= earliest)) return undefined
  const names = months.map(monthName)
  return `${listed(names)} ${names.length === 1 ? 'has' : 'have'} no ${ordinal(earliest)}`
}
