import { Cron } from 'croner'
import { type CronExpression, type FieldName, fieldNames, fieldRules, isAny, valuesOf } from './cron-fields.ts'

/** The next wall time later than the given one; undefined if there is none. Both as milliseconds, as if in UTC. */
export type Calendar = (wall: number) => number | undefined

/**
 * Which wall times an expression names. croner answers for UTC only, where no clock ever changes: its own rules for
 * clock changes differ between its majors, and cannot be chosen.
 */
export function calendarOf(expression: CronExpression): Calendar {
  const pattern = fieldNames.map(name => plainField(name, expression)).join(' ')
  // Paused and without a function: it sets no timer. With an instant given, it asks no clock.
  const cron = new Cron(pattern, { utcOffset: 0, paused: true })
  return wall => cron.nextRun(new Date(wall))?.getTime()
}

/** The field in the words that every version of croner reads alike: numbers in a list, or a star. */
function plainField(name: FieldName, expression: CronExpression): string {
  const field = expression[name]
  if (isAny(field)) return '*'
  return field
    .flatMap((part): readonly (number | string)[] => {
      switch (part.kind) {
        case 'value':
        case 'all':
        case 'range':
          return valuesOf(fieldRules[name], part)
        case 'lastDay':
          return ['L']
        case 'lastWorkday':
          return ['LW']
        case 'nearestWorkday':
          return [`${part.day}W`]
        case 'lastOf':
          return [`${part.weekday}L`]
        case 'nth':
          return [`${part.weekday}#${part.nth}`]
      }
    })
    .join(',')
}
