import { InvalidInput, show } from '../values/errors.ts'
import { beginsWithStar, type CronExpression, fieldNames, fieldRules, formatField } from './cron-fields.ts'
import { describeCron } from './describe.ts'
import { readCron } from './read-cron.ts'
import type { Refusal } from './read-part.ts'

const example = '30 2 * * MON-FRI'

/**
 * Reads a cron expression: 5 fields, or 6 with the second first, in this order.
 *
 * | field | values | also |
 * |---|---|---|
 * | second | 0 to 59 | |
 * | minute | 0 to 59 | |
 * | hour | 0 to 23 | |
 * | day of month | 1 to 31 | `L` last day, `LW` last Monday to Friday, `15W` Monday to Friday nearest to the 15th |
 * | month | 1 to 12, JAN to DEC | |
 * | weekday | 0 to 7, SUN to SAT; 0 and 7 are Sunday | `5L`, `FRIL` last Friday, `FRI#2` second Friday |
 *
 * Each field takes `*`, lists (`1,15`), ranges (`8-17`), ranges that wrap (`22-2`, `FRI-MON`, `NOV-FEB`) and steps (a
 * star or a range before the slash: `18-6/2`). `@yearly`, `@annually`, `@monthly`, `@weekly`, `@daily`, `@midnight`,
 * `@hourly`, `@minutely` and `@secondly` stand for whole expressions. Upper and lower case are the same.
 *
 * A day of month and a weekday that are both restricted mean either of them, as in Vixie's cron.
 *
 * @param field as an error names it
 * @throws InvalidInput with the field, its position, what is allowed, a drawing and an example that works
 * @example parseCron('cron', '0 8-17/3 * * MON-FRI')
 */
export function parseCron(field: string, value: unknown): CronExpression {
  if (typeof value !== 'string') throw new InvalidInput(field, value, `a cron expression such as '${example}'`)
  const read = readCron(value)
  if (!isRefusal(read)) return read
  const text = `is ${show(value)}; ${read.found}`
  throw new InvalidInput(field, value, read.allowed, { text, drawing: drawingOf(value, read) })
}

/**
 * The expression in its shortest usual form: parsing it gives the same expression.
 * @example formatCron(parseCron('cron', '0  0 4 * * sun')) // '0 4 * * SUN'
 */
export function formatCron(expression: CronExpression): string {
  const texts = fieldNames.map(name => formatField(fieldRules[name], expression[name]))
  return (texts[0] === '0' ? texts.slice(1) : texts).join(' ')
}

/** Whether clock changes leave its rhythm alone (Vixie's rule): minute or hour is written with `*` first. */
export const isFrequency = ({ minute, hour }: CronExpression): boolean => beginsWithStar(minute) || beginsWithStar(hour)

const isRefusal = (read: CronExpression | Refusal): read is Refusal => 'kind' in read

const maxDrawn = 100

/** The expression, a caret under the fault, and beside it an example. */
function drawingOf(text: string, refusal: Refusal): string {
  // One sign for each that a terminal may draw wide or not at all: the caret must stand below its place.
  const line = text.replace(/[^\x20-\x7e]/g, '\u{FFFD}').trimEnd()
  const start = Math.max(0, Math.min(refusal.at - maxDrawn / 2, line.length - maxDrawn))
  const drawn = line.slice(start, start + maxDrawn)
  const at = refusal.at - start
  const carets = '^'.repeat(Math.max(1, Math.min(refusal.length, maxDrawn - at)))
  const marked = (' '.repeat(at) + carets).padEnd(drawn.length)
  return `    ${drawn}\n    ${marked} ${refusal.repairFor ?? 'for example:'} ${exampleOf(text, refusal)}`
}

/** The same expression with its faults repaired, if that gives one that works; else a common one. */
function exampleOf(text: string, refusal: Refusal): string {
  let fault = refusal
  let repaired = text
  for (let round = 0; round < 8; round += 1) {
    if (fault.repair === undefined) break
    repaired = repaired.slice(0, fault.at) + fault.repair + repaired.slice(fault.at + fault.length)
    const read = readCron(repaired)
    if (!isRefusal(read)) return `'${repaired.trim().replace(/[ \t]+/g, ' ')}' (${describeCron(read)})`
    fault = read
  }
  return `'${example}' (Mondays to Fridays at 02:30)`
}
