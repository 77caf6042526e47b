import { type CronExpression, type CronField, fieldRules, fieldValues, isAny } from './cron-fields.ts'
import { listed, monthName, ordinal, weekdayName } from './words.ts'

/** The days of an expression in words; undefined: every day of the year. */
export function describeDays({ day, month, weekday }: CronExpression): string | undefined {
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
export function runs(values: readonly number[], nameOf: (value: number) => string): readonly string[] {
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
