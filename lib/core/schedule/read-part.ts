import { editDistance } from '../values/check-options.ts'
import { type CronPart, type FieldRule, fieldRules } from './cron-fields.ts'

/** Why an expression was refused, and where. */
export interface Refusal {
  readonly kind: 'refused'
  /** Index and length of the wrong text within the expression. */
  readonly at: number
  readonly length: number
  /** The wrong part in words, without its position. */
  readonly found: string
  readonly allowed: string
  /** Stands in for the wrong text in the example. Absent: no repair is likely to be what was meant. */
  readonly repair?: string
  /** What the repair is good for. Absent: an example. */
  readonly repairFor?: string
}

/** A piece of the expression and where it begins. */
export interface Piece {
  readonly text: string
  readonly at: number
}

/** Reads what stands between two commas. */
export function readPart(rule: FieldRule, piece: Piece): CronPart | Refusal {
  const { text } = piece
  if (text === '') return refuse(piece, 'an empty part', `${valuesText(rule)}, or '*' for all`)
  if (text.includes('?')) {
    const repair = text.replaceAll('?', '*')
    return refuse(piece, `'?'`, `'*' for all values; '?' belongs to other kinds of cron`, repair)
  }
  if (/^h(?:$|[(/])/i.test(text)) {
    const repair = /^h\/\d+$/i.test(text) ? `*${text.slice(1)}` : String(rule.min)
    return refuse(piece, `'H'`, `${valuesText(rule)}; to spread starts, use the option jitter`, repair)
  }
  if (text.startsWith('+')) {
    return refuse(
      piece,
      `'+'`,
      `${valuesText(rule)}; day of month and weekday cannot be joined by 'and'`,
      text.slice(1),
    )
  }
  if (rule.name === 'day' || rule.name === 'weekday') {
    const special = rule.name === 'day' ? readDay(rule, piece) : readWeekday(rule, piece)
    if (special !== undefined) return special
  }
  return readRange(rule, piece)
}

/** `L`, `LW` and `15W`. Undefined: the part is none of them. */
function readDay(rule: FieldRule, piece: Piece): CronPart | Refusal | undefined {
  const text = piece.text.toUpperCase()
  if (text === 'L') return { kind: 'lastDay' }
  if (text === 'LW') return { kind: 'lastWorkday' }
  if (/^\d+W$/.test(text)) {
    const day = readValue(rule, { text: text.slice(0, -1), at: piece.at })
    return typeof day === 'number' ? { kind: 'nearestWorkday', day } : day
  }
  if (!/^[\d/-]*[LW][\d/LW-]*$/.test(text)) return undefined
  const repair = text.includes('W') ? (text.includes('L') ? 'LW' : '15W') : 'L'
  return refuse(
    piece,
    show(piece),
    `1 to 31, L (last day), LW (last Monday to Friday) or 15W (nearest to the 15th)`,
    repair,
  )
}

/** `5L`, `FRIL` and `FRI#2`. Undefined: the part is none of them. */
function readWeekday(rule: FieldRule, piece: Piece): CronPart | Refusal | undefined {
  const hash = piece.text.indexOf('#')
  // JUL is a month in the wrong field, not the last JU.
  const isLast = hash < 0 && /^(?:\d*|[a-z]{3})L$/i.test(piece.text)
  if (hash < 0 && !isLast) return undefined
  const dayText = hash < 0 ? piece.text.slice(0, -1) : piece.text.slice(0, hash)
  const weekday = dayText === '' ? undefined : readValue(rule, { text: dayText, at: piece.at })
  if (weekday === undefined)
    return refuse(piece, show(piece), 'a weekday in front: 5L or FRI#2', isLast ? 'FRIL' : undefined)
  if (typeof weekday !== 'number') return weekday
  if (isLast) return { kind: 'lastOf', weekday: weekday % 7 }
  const nth = { text: piece.text.slice(hash + 1), at: piece.at + hash + 1 }
  if (/^[1-5]$/.test(nth.text)) return { kind: 'nth', weekday: weekday % 7, nth: Number(nth.text) }
  const isNumber = /^\d+$/.test(nth.text)
  return refuse(
    isNumber ? nth : piece,
    isNumber ? nth.text : show(piece),
    '1 to 5 after #',
    isNumber ? '5' : `${dayText}#1`,
  )
}

/** A star, a value or a range, each with a step or without. */
function readRange(rule: FieldRule, piece: Piece): CronPart | Refusal {
  const [span = '', stepText, ...more] = piece.text.split('/')
  if (more.length > 0) return refuse(piece, show(piece), 'one step', `${span}/${stepText}`)
  const step = stepText === undefined ? 1 : readStep(rule, { text: stepText, at: piece.at + span.length + 1 })
  if (span === '*') return typeof step === 'number' ? { kind: 'all', step } : step
  const [fromText = '', toText, ...rest] = span.split('-')
  if (rest.length > 0 || fromText === '' || toText === '') {
    return refuse(
      { ...piece, text: span },
      `'${cut(span)}'`,
      `${valuesText(rule)}, or a range such as ${rangeText(rule)}`,
    )
  }
  const from = readValue(rule, { text: fromText, at: piece.at })
  if (typeof from !== 'number') return from
  if (toText === undefined) {
    if (stepText === undefined) return { kind: 'value', value: rule.name === 'weekday' ? from % 7 : from }
    const top = rule.names[rule.max - rule.min] ?? rule.max
    return refuse(piece, show(piece), `a range or '*' before the step`, `${fromText}-${top}/${stepText}`)
  }
  const to = readValue(rule, { text: toText, at: piece.at + fromText.length + 1 })
  if (typeof to !== 'number') return to
  if (typeof step !== 'number') return step
  return rule.name === 'weekday' ? weekdayRange(from, to, step) : { kind: 'range', from, to, step }
}

/** Sunday is 0 and 7; 0-7 is the whole week, not Sunday alone. */
const weekdayRange = (from: number, to: number, step: number): CronPart =>
  from === 0 && to === 7 ? { kind: 'range', from: 0, to: 6, step } : { kind: 'range', from: from % 7, to: to % 7, step }

function readStep(rule: FieldRule, piece: Piece): number | Refusal {
  const largest = rule.max - rule.min
  const step = /^\d+$/.test(piece.text) ? Number(piece.text) : 0
  if (step >= 1 && step <= largest) return step
  const allowed = `1 to ${largest} as a step; for another period use every, such as every: '90m'`
  return refuse(piece, `step ${piece.text === '' ? 'missing' : cut(piece.text)}`, allowed, String(rule.commonStep))
}

function readValue(rule: FieldRule, piece: Piece): number | Refusal {
  const largest = rule.name === 'weekday' ? 7 : rule.max
  if (/^\d+$/.test(piece.text)) {
    const value = Number(piece.text)
    if (value >= rule.min && value <= largest) return value
    return refuse(piece, cut(piece.text), valuesText(rule), String(value < rule.min ? rule.min : rule.max))
  }
  const index = rule.names.indexOf(piece.text.toUpperCase())
  if (index >= 0) return rule.min + index
  const near = nearName(rule, piece.text)
  const other = [fieldRules.month, fieldRules.weekday].find(({ names }) => names.includes(piece.text.toUpperCase()))
  const hint = near === undefined ? '' : `; did you mean ${near}?`
  const found = other === undefined ? show(piece) : `${show(piece)}, a ${other.label}`
  return refuse(piece, found, `${valuesText(rule)}${hint}`, near ?? '*')
}

/** A name that begins alike (MONDAY), has the same letters (TEU), or differs in one of them. */
function nearName(rule: FieldRule, text: string): string | undefined {
  const given = text.toUpperCase()
  if (given.length < 2 || given.length > 16) return undefined
  return (
    rule.names.find(name => given.startsWith(name)) ??
    rule.names.find(name => sortedLetters(name) === sortedLetters(given)) ??
    rule.names.find(name => editDistance(name, given) === 1)
  )
}

const sortedLetters = (text: string): string => Array.from(text).toSorted().join('')

function valuesText(rule: FieldRule): string {
  if (rule.name === 'weekday') return '0 to 7 (0 and 7 are Sunday) or SUN to SAT'
  return rule.name === 'month' ? '1 to 12 or JAN to DEC' : `${rule.min} to ${rule.max}`
}

const rangeText = (rule: FieldRule): string =>
  rule.name === 'weekday' ? 'MON-FRI' : rule.name === 'month' ? 'JAN-MAR' : `${rule.min}-${rule.min + rule.commonStep}`

const show = (piece: Piece): string => `'${cut(piece.text)}'`
const cut = (text: string): string => (text.length > 24 ? `${text.slice(0, 24)}…` : text)

export const refuse = (piece: Piece, found: string, allowed: string, repair?: string): Refusal => ({
  kind: 'refused',
  at: piece.at,
  length: piece.text.length,
  found,
  allowed,
  ...(repair === undefined ? {} : { repair }),
})
