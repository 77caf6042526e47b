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
import { describeDays, runs } from './describe-days.ts'
import { listed, ordinal, pad } from './words.ts'

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
