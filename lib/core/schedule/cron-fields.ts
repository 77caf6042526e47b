/**
 * A cron expression after reading, and the rules of its six fields.
 *
 * - field: one of second, minute, hour, day of month, month, weekday
 * - part: what stands between two commas of a field
 * - wall time: what a clock on a wall shows; each change of a zone skips or repeats some of it
 */
export type FieldName = 'second' | 'minute' | 'hour' | 'day' | 'month' | 'weekday'

export type CronPart =
  // A star, alone or with a step: every value, or each n-th from the first on.
  | { readonly kind: 'all'; readonly step: number }
  /** `8-17`, or `18-6/2` with a step. `from` may be the larger one: the range then wraps. */
  | { readonly kind: 'range'; readonly from: number; readonly to: number; readonly step: number }
  | { readonly kind: 'value'; readonly value: number }
  /** `L` in the day of month. */
  | { readonly kind: 'lastDay' }
  /** `LW`: the last Monday to Friday of the month. */
  | { readonly kind: 'lastWorkday' }
  /** `15W`: the Monday to Friday nearest to the 15th, within the same month. */
  | { readonly kind: 'nearestWorkday'; readonly day: number }
  /** `5L` or `FRIL`: the last Friday of the month. */
  | { readonly kind: 'lastOf'; readonly weekday: number }
  /** `FRI#2`: the second Friday of the month. */
  | { readonly kind: 'nth'; readonly weekday: number; readonly nth: number }

export type CronField = readonly CronPart[]

/** Six fields. An expression of five has the second 0. */
export type CronExpression = Readonly<Record<FieldName, CronField>>

export interface FieldRule {
  readonly name: FieldName
  /** As a message names it. */
  readonly label: string
  readonly min: number
  readonly max: number
  /** Three-letter names of the values from `min` on. */
  readonly names: readonly string[]
  /** A common step, for the example in a refusal. */
  readonly commonStep: number
}

const monthNames = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'] as const
const weekdayNames = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'] as const

export const fieldRules: Readonly<Record<FieldName, FieldRule>> = {
  second: { name: 'second', label: 'second', min: 0, max: 59, names: [], commonStep: 10 },
  minute: { name: 'minute', label: 'minute', min: 0, max: 59, names: [], commonStep: 15 },
  hour: { name: 'hour', label: 'hour', min: 0, max: 23, names: [], commonStep: 6 },
  day: { name: 'day', label: 'day of month', min: 1, max: 31, names: [], commonStep: 10 },
  month: { name: 'month', label: 'month', min: 1, max: 12, names: monthNames, commonStep: 3 },
  // 7 is Sunday too: the reader accepts it and stores 0.
  weekday: { name: 'weekday', label: 'weekday', min: 0, max: 6, names: weekdayNames, commonStep: 2 },
}

/** In the order in which they are written. */
export const fieldNames = [
  'second',
  'minute',
  'hour',
  'day',
  'month',
  'weekday',
] as const satisfies readonly FieldName[]

/** Whether the field leaves its unit free. Only such a day of month leaves the choice to the weekday alone. */
export const isAny = (field: CronField): boolean => field.some(part => part.kind === 'all' && part.step === 1)

/** Whether the field is written with `*` first: the sign by which Vixie's cron knows a frequency. */
export const beginsWithStar = (field: CronField): boolean => field[0]?.kind === 'all'

/** The numbers of a part, in the order of its range. None for `L`, `W` and `#`, which depend on the month. */
export function valuesOf(rule: Pick<FieldRule, 'min' | 'max'>, part: CronPart): readonly number[] {
  switch (part.kind) {
    case 'value':
      return [part.value]
    case 'all':
      return stepped(rule, rule.min, rule.max, part.step)
    case 'range':
      return stepped(rule, part.from, part.to, part.step)
    case 'lastDay':
    case 'lastWorkday':
    case 'nearestWorkday':
    case 'lastOf':
    case 'nth':
      return []
  }
}

function stepped({ min, max }: Pick<FieldRule, 'min' | 'max'>, from: number, to: number, step: number): number[] {
  const size = max - min + 1
  const end = to < from ? to + size : to
  const count = Math.floor((end - from) / step) + 1
  return Array.from({ length: count }, (_, index) => min + ((from + index * step - min) % size))
}

/** All plain numbers of a field, sorted, each once. */
export const fieldValues = (rule: Pick<FieldRule, 'min' | 'max'>, field: CronField): readonly number[] =>
  [...new Set(field.flatMap(part => valuesOf(rule, part)))].toSorted((a, b) => a - b)

/** The field as text that reads back as the same field. */
export const formatField = (rule: FieldRule, field: CronField): string =>
  field.map(part => formatPart(rule, part)).join(',')

function formatPart(rule: FieldRule, part: CronPart): string {
  const nameOf = (value: number): string => rule.names[value - rule.min] ?? String(value)
  switch (part.kind) {
    case 'all':
      return `*${stepText(part.step)}`
    case 'range':
      return `${nameOf(part.from)}-${nameOf(part.to)}${stepText(part.step)}`
    case 'value':
      return nameOf(part.value)
    case 'lastDay':
      return 'L'
    case 'lastWorkday':
      return 'LW'
    case 'nearestWorkday':
      return `${part.day}W`
    case 'lastOf':
      return `${nameOf(part.weekday)}L`
    case 'nth':
      return `${nameOf(part.weekday)}#${part.nth}`
  }
}

const stepText = (step: number): string => (step === 1 ? '' : `/${step}`)
