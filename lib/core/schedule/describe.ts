import {
  beginsWithStar,
  type CronExpression,
  type CronField,
  type CronPart,
  fieldRules,
  fieldValues,
  isAny,
  valuesOf,
} from './cron-fields.ts'
import { listed, monthName, ordinal, pad, weekdayName } from './words.ts'

/** Times of day that a sentence may list; more of them become a frequency. */
const maxListedTimes = 6

/**
 * An expression in words, for people; never parsed again.
 *
 * @example describeCron(parseCron('cron', '30 2 * * *')) // 'Every day at 02:30'
 * @example describeCron(parseCron('cron', '0,30 8-17 * * MON-FRI'))
 * // 'At minutes 0 and 30 from 08:00 to 17:59, Mondays to Fridays'
 */
export function describeCron(expression: CronExpression): string {
  const days = describeDays(expression)
  const times = timesOfDay(expression)
  const sentence =
    times === undefined
      ? [frequency(expression), ...(days === undefined ? [] : [days])].join(', ')
      : `${days ?? 'every day'} at ${listed(times)}`
  return sentence.charAt(0).toUpperCase() + sentence.slice(1)
}

/** `02:30`, if the times of a day are few and none is written as a frequency. */
function timesOfDay({ second, minute, hour }: CronExpression): readonly string[] | undefined {
  if ([second, minute, hour].some(beginsWithStar)) return undefined
  const [seconds, minutes, hours] = [
    fieldValues(fieldRules.second, second),
    fieldValues(fieldRules.minute, minute),
    fieldValues(fieldRules.hour, hour),
  ]
  if (seconds.length * minutes.length * hours.length > maxListedTimes) return undefined
  return hours.flatMap(h =>
    minutes.flatMap(m => seconds.map(s => `${pad(h)}:${pad(m)}${seconds.length === 1 && s === 0 ? '' : `:${pad(s)}`}`)),
  )
}

function frequency({ second, minute, hour }: CronExpression): string {
  const isWholeMinute = fieldValues(fieldRules.second, second).join() === '0'
  const isWholeHour = isWholeMinute && fieldValues(fieldRules.minute, minute).join() === '0'
  if (isWholeHour) return hourFrequency(hour)
  const hours = isAny(hour) ? (isEven('minute', minute) ? '' : ' of every hour') : ` ${hourWords(hour)}`
  if (isWholeMinute) return `${unitWords('minute', minute)}${hours}`
  const seconds = unitWords('second', second)
  if (isAny(minute)) return `${seconds}${isEven('second', second) ? '' : ' of every minute'}${hours}`
  return `${seconds}${isEven('minute', minute) ? ', ' : ' of '}${unitWords('minute', minute).replace(/^at /, '')}${hours}`
}

/** `every 15 minutes`, `at minute 5`, `at minutes 5, 20 and 40`, `every 2 minutes from minute 1 to 59`. */
function unitWords(unit: 'second' | 'minute', field: CronField): string {
  if (isAny(field)) return `every ${unit}`
  if (isEven(unit, field)) return `every ${stepOf(field[0])} ${unit}s`
  const [part] = field
  if (field.length === 1 && part?.kind === 'range' && part.step > 1) {
    const last = valuesOf(fieldRules[unit], part).at(-1)
    return `every ${part.step} ${unit}s from ${unit} ${part.from} to ${last}`
  }
  const values = fieldValues(fieldRules[unit], field)
  return `at ${unit}${values.length === 1 ? '' : 's'} ${listed(runs(values, String))}`
}

/** Whether the steps go on evenly into the next minute or hour: 15 divides 60, 40 does not. */
const isEven = (unit: 'second' | 'minute', field: CronField): boolean =>
  isAny(field) ||
  (field.length === 1 && field[0]?.kind === 'all' && (fieldRules[unit].max + 1) % stepOf(field[0]) === 0)

const stepOf = (part: CronPart | undefined): number => (part?.kind === 'all' ? part.step : 1)

function hourFrequency(hour: CronField): string {
  if (isAny(hour)) return 'every hour'
  const [part] = hour
  if (hour.length > 1 || part === undefined) return `on the hour ${hourWords(hour)}`
  if (part.kind === 'all' && 24 % part.step === 0) return `every ${part.step} hours`
  if (part.kind !== 'range') return `on the hour ${hourWords(hour)}`
  const last = valuesOf(fieldRules.hour, part).at(-1) ?? part.to
  return `every ${part.step === 1 ? 'hour' : `${part.step} hours`} from ${pad(part.from)}:00 to ${pad(last)}:00`
}

/** `from 08:00 to 17:59`, `in every 2nd hour`, `in the hours 8, 12 and 18`. */
function hourWords(hour: CronField): string {
  const [part] = hour
  if (hour.length === 1 && part?.kind === 'range') {
    const last = valuesOf(fieldRules.hour, part).at(-1) ?? part.to
    return `${part.step === 1 ? '' : `in every ${ordinal(part.step)} hour `}from ${pad(part.from)}:00 to ${pad(last)}:59`
  }
  if (hour.length === 1 && part?.kind === 'all' && 24 % part.step === 0) return `in every ${ordinal(part.step)} hour`
  const values = fieldValues(fieldRules.hour, hour)
  return values.length === 1
    ? `from ${pad(values[0] ?? 0)}:00 to ${pad(values[0] ?? 0)}:59`
    : `in the hours ${listed(runs(values, String))}`
}

/** The days of an expression in words; undefined: every day of the year. */
function describeDays({ day, month, weekday }: CronExpression): string | undefined {
  const months = isAny(month) ? undefined : (rangeWords(month, monthName) ?? listed(runs(monthsOf(month), monthName)))
  const within = months === undefined ? '' : ` in ${months}`
  const of = months ?? 'each month'
  if (isAny(day) && isAny(weekday)) return months === undefined ? undefined : `every day${within}`
  if (isAny(day)) return weekdayWords(weekday, of, within)
  const days = `on ${dayWords(day)} of ${of}`
  if (isAny(weekday)) return days
  // Vixie's rule, which surprises people: so it is said.
  return `${days}, and also ${weekdayWords(weekday, of, within)}`
}

/** `the 1st, 15th and last day`, `the weekday nearest to the 15th`. */
function dayWords(day: CronField): string {
  const numbers = runs(fieldValues(fieldRules.day, day), ordinal)
  const nearest = day.flatMap(part =>
    part.kind === 'nearestWorkday' ? `the Monday to Friday nearest to the ${ordinal(part.day)}` : [],
  )
  return listed([
    ...numbers.map(number => `the ${number}`),
    ...nearest,
    ...(day.some(part => part.kind === 'lastDay') ? ['the last day'] : []),
    ...(day.some(part => part.kind === 'lastWorkday') ? ['the last Monday to Friday'] : []),
  ])
}

/** `Mondays to Fridays`, `on the second Friday of each month`. */
function weekdayWords(weekday: CronField, of: string, within: string): string {
  const values = fieldValues(fieldRules.weekday, weekday)
  const range = rangeWords(weekday, weekdays)
  const plain =
    values.length === 7 ? ['every day'] : range === undefined ? runs(mondayFirst(values), weekdays) : [range]
  const special = weekday.flatMap(part => {
    if (part.kind === 'lastOf') return `the last ${weekdayName(part.weekday)}`
    return part.kind === 'nth' ? `the ${nths[part.nth - 1]} ${weekdayName(part.weekday)}` : []
  })
  const words = plain.length === 0 ? [] : [`${listed(plain)}${within}`]
  return listed([...words, ...(special.length === 0 ? [] : [`on ${listed(special)} of ${of}`])])
}

const weekdays = (number: number): string => `${weekdayName(number % 7)}s`

const nths = ['first', 'second', 'third', 'fourth', 'fifth'] as const

const monthsOf = (month: CronField): readonly number[] => fieldValues(fieldRules.month, month)

/** `Fridays to Mondays`: a range is said as it was written, since sorted values would tear one that wraps. */
function rangeWords(field: CronField, nameOf: (value: number) => string): string | undefined {
  const [part] = field
  return field.length === 1 && part?.kind === 'range' && part.step === 1 && part.from !== part.to
    ? `${nameOf(part.from)} to ${nameOf(part.to)}`
    : undefined
}

/** Weeks begin on Monday in words: SAT,SUN reads as Saturdays and Sundays. */
const mondayFirst = (values: readonly number[]): readonly number[] =>
  values.map(value => (value === 0 ? 7 : value)).toSorted((a, b) => a - b)

/** Sorted numbers in words; three or more in a row become `a to c`. */
function runs(values: readonly number[], nameOf: (value: number) => string): readonly string[] {
  const groups: number[][] = []
  for (const value of values) {
    const group = groups.at(-1)
    if (group !== undefined && group.at(-1) === value - 1) group.push(value)
    else groups.push([value])
  }
  return groups.flatMap(group => {
    const [first = 0] = group
    return group.length < 3 ? group.map(nameOf) : [`${nameOf(first)} to ${nameOf(group.at(-1) ?? first)}`]
  })
}
