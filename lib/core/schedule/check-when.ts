import { durationMs } from '../values/duration.ts'
import { describedInput, InvalidInput } from '../values/errors.ts'
import { instantOf, lastInstant } from '../values/instant.ts'
import type { ScheduleDeclaration, ScheduleOptions } from './definition.ts'
import { isFrequency, parseCron } from './parse.ts'

type Times = Pick<ScheduleOptions, 'cron' | 'gap' | 'repeat' | 'every' | 'anchor' | 'at'>

const dayMs = 86_400_000

/** How an error names an option, such as `schedule(a).cron` or `--cron`; without one, the whole. */
export type FieldOf = (option?: keyof Times) => string

/** When a schedule is due, from its options. @throws InvalidInput naming the option */
export function whenFrom(fieldOf: FieldOf, options: Times, timezone: string): ScheduleDeclaration['when'] {
  const { cron, gap, repeat, every, anchor, at } = options
  const given = Object.entries({ cron, every, at }).filter(([, value]) => value !== undefined)
  const [kind] = given[0] ?? []
  if (kind === undefined || given.length > 1) {
    const found = kind === undefined ? 'without a time' : `given ${given.map(([name]) => name).join(' and ')}`
    throw describedInput(fieldOf(), found, 'exactly one of cron, every and at')
  }
  if (kind !== 'cron') refuse(fieldOf, { gap, repeat }, 'only with cron')
  if (kind !== 'every') refuse(fieldOf, { anchor }, 'only with every')
  if (kind === 'at') return { kind, at: instantIn(fieldOf('at'), at) }
  if (kind === 'every') {
    const everyMs = durationMs(fieldOf('every'), every, 1_000, 366 * dayMs)
    return anchor === undefined
      ? { kind: 'every', everyMs }
      : { kind: 'every', everyMs, anchorAt: instantIn(fieldOf('anchor'), anchor) }
  }
  const expression = parseCron(fieldOf('cron'), cron)
  // Vixie's rule: a frequency keeps its rhythm through a clock change, a fixed time runs once on each day.
  const usual = isFrequency(expression)
    ? ({ gap: 'skip', repeat: 'both' } as const)
    : ({ gap: 'next', repeat: 'first' } as const)
  return {
    kind: 'cron',
    cron: (cron ?? '').trim(),
    timezone,
    gap: gap === undefined ? usual.gap : oneOf(fieldOf('gap'), gap, ['skip', 'next']),
    repeat: repeat === undefined ? usual.repeat : oneOf(fieldOf('repeat'), repeat, ['first', 'second', 'both']),
  }
}

function refuse(fieldOf: FieldOf, options: Readonly<Partial<Record<keyof Times, unknown>>>, allowed: string): void {
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined) throw new InvalidInput(fieldOf(name as keyof Times), value, allowed)
  }
}

/** @throws InvalidInput unless the value is one of the texts */
export function oneOf<const Text extends string>(field: string, value: unknown, known: readonly Text[]): Text {
  const found = known.find(text => text === value)
  if (found === undefined) throw new InvalidInput(field, value, known.map(text => `'${text}'`).join(', '))
  return found
}

/** @throws InvalidInput unless the value is an instant from 1970 to 9999 */
export function instantIn(field: string, value: unknown): number {
  const instant = instantOf(value)
  if (instant === undefined || instant < 0 || instant > lastInstant) {
    const form = 'a Date or ISO 8601 text with a zone, such as 2027-01-31T09:00:00Z, from 1970 to 9999'
    throw new InvalidInput(field, value, form)
  }
  return instant
}
