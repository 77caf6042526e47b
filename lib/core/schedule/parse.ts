import { editDistance } from '../values/check-options.ts'
import { InvalidInput, show } from '../values/errors.ts'
import {
  beginsWithStar,
  type CronExpression,
  type CronField,
  type CronPart,
  type FieldName,
  type FieldRule,
  fieldNames,
  fieldRules,
  fieldValues,
  formatField,
  isAny,
} from './cron-fields.ts'
import { describeCron } from './describe.ts'
import { type Piece, type Refusal, readPart, refuse } from './read-part.ts'
import { listed, monthName, ordinal } from './words.ts'

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

/** Longest expression, in characters: an hour's list of all seconds and minutes fits, and nobody reads a longer one. */
const maxCronLength = 512

const macros: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * SUN',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
  '@minutely': '* * * * *',
  '@secondly': '* * * * * *',
}

/** Reads an expression; the first fault from the left is the refusal. */
function readCron(text: string): CronExpression | Refusal {
  if (text.length > maxCronLength) {
    return refuse(
      { text: text.slice(maxCronLength), at: maxCronLength },
      `${text.length} characters`,
      `at most ${maxCronLength} characters`,
    )
  }
  const foreign = foreignCharacter(text)
  if (foreign !== undefined) return foreign
  const pieces = [...text.matchAll(/[^ \t]+/g)].map(match => ({ text: match[0], at: match.index }))
  const first = pieces[0]
  if (first?.text.startsWith('@') === true) return readMacro({ text: text.slice(first.at).trimEnd(), at: first.at })
  if (pieces.length === 5) return readFields([{ text: '0', at: 0 }, ...pieces], 0)
  return pieces.length === 6 ? readFields(pieces, 1) : wrongCount(text, pieces)
}

/** @param firstNumber of the second's field as people count: 0 if it is not written */
function readFields(pieces: readonly Piece[], firstNumber: number): CronExpression | Refusal {
  const read: Partial<Record<FieldName, CronField>> = {}
  for (const [index, name] of fieldNames.entries()) {
    const rule = fieldRules[name]
    const field = readField(rule, pieces[index] ?? { text: '', at: 0 })
    if ('kind' in field) {
      const where = `field ${index + firstNumber} (${rule.label}) at character ${field.at + 1}`
      return { ...field, found: `${where}: ${field.found}` }
    }
    read[name] = field
  }
  return refuseImpossible(read as CronExpression, pieces[3] ?? { text: '', at: 0 })
}

function refuseImpossible(expression: CronExpression, day: Piece): CronExpression | Refusal {
  // With a weekday beside it, the weekday alone can match.
  const never = isAny(expression.weekday) ? impossibleDate(expression.day, expression.month) : undefined
  if (never === undefined) return expression
  const repair = expression.day.some(part => part.kind === 'nearestWorkday') ? 'LW' : 'L'
  const refusal = refuse(day, `it never comes true: ${never}`, 'a date that exists', repair)
  return { ...refusal, repairFor: repair === 'L' ? 'for the last day write' : 'for the last Monday to Friday write' }
}

/** Most days that each month can have. */
const longest = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const

/**
 * Why no day of these months can match, in words; undefined if one can. `30W` asks for a 30th as `30` does: it moves
 * within a month that has one.
 */
function impossibleDate(day: CronField, month: CronField): string | undefined {
  if (day.some(part => part.kind === 'lastDay' || part.kind === 'lastWorkday')) return undefined
  const nearest = day.flatMap(part => (part.kind === 'nearestWorkday' ? part.day : []))
  const earliest = Math.min(...fieldValues(fieldRules.day, day), ...nearest)
  const months = fieldValues(fieldRules.month, month)
  if (months.some(number => (longest[number - 1] ?? 0) >= earliest)) return undefined
  const names = months.map(monthName)
  return `${listed(names)} ${names.length === 1 ? 'has' : 'have'} no ${ordinal(earliest)}`
}

function readField(rule: FieldRule, piece: Piece): CronField | Refusal {
  const parts: CronPart[] = []
  const texts = piece.text.split(',')
  let at = piece.at
  for (const text of texts) {
    const part = readPart(rule, { text, at })
    if (part.kind === 'refused') return text === '' ? { ...part, ...withoutEmptyParts(piece, at) } : part
    if (part.kind === 'lastWorkday' && texts.length > 1) {
      return refuse({ text, at }, "'LW' in a list", 'LW alone, or a list without it', 'L')
    }
    parts.push(part)
    at += text.length + 1
  }
  return parts
}

/** The mark under the spare comma: one that follows, or the one before at the end of the field. */
function withoutEmptyParts(piece: Piece, at: number): Pick<Refusal, 'at' | 'length' | 'repair'> {
  const isLast = at >= piece.at + piece.text.length
  return { at: isLast ? at - 1 : at, length: 1, repair: '' }
}

function readMacro(piece: Piece): CronExpression | Refusal {
  const name = piece.text.toLowerCase()
  const expression = macros[name]
  if (expression !== undefined && Object.hasOwn(macros, name)) return readCron(expression)
  const names = Object.keys(macros).join(', ')
  if (name === '@reboot') return refuse(piece, 'nothing boots here', names, '@daily')
  if (name.startsWith('@every'))
    return refuse(piece, 'not a known name', `${names}; for a period use the option every`, '@hourly')
  const near = Object.keys(macros).find(known => name.length < 16 && editDistance(known, name) <= 2)
  const hint = near === undefined ? '' : `; did you mean ${near}?`
  return refuse(piece, 'not a known name', `${names}${hint}`, near ?? '@daily')
}

function wrongCount(text: string, pieces: readonly Piece[]): Refusal {
  const fields = '5 fields (minute, hour, day of month, month, weekday), or 6 with the second first'
  const found = pieces.length === 1 ? '1 field' : `${pieces.length} fields`
  const seventh = pieces[6]
  if (seventh === undefined) return refuse({ text: ' ', at: text.trimEnd().length }, found, fields)
  const rest = { text: text.slice(seventh.at).trimEnd(), at: seventh.at }
  return refuse(rest, found, `${fields}; for a year use startAt and endAt`, '')
}

/** Signs that editors and web pages put in place of the plain ones. */
const lookalikes: Readonly<Record<string, string>> = {
  '∗': '*',
  '＊': '*',
  '‐': '-',
  '‑': '-',
  '–': '-',
  '—': '-',
  '−': '-',
}

function foreignCharacter(text: string): Refusal | undefined {
  const at = text.search(/[^\t\x20-\x7e]/)
  if (at < 0) return undefined
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0)
  const plain = lookalikes[character] ?? character.normalize('NFKC')
  const repair = /^[\t\x20-\x7e]+$/.test(plain) ? plain : /\s/.test(character) ? ' ' : ''
  const code = `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
  const shown = /[\p{L}\p{N}\p{P}\p{S}]/u.test(character) ? `'${character}' (${code})` : code
  return refuse({ text: character, at }, `character ${at + 1}: ${shown}`, 'ASCII on one line', repair)
}
