/** How commands write times and texts, and read values that are typed. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { spokenMs } from '../core/values/duration.ts'
import { describedInput, InvalidInput } from '../core/values/errors.ts'
import { hanging, type Page, paragraph, toned } from './render.ts'
import type { Terminal } from './terminal.ts'

/** An instant as seen from now: `in 4 min`, `2 min ago`; `–` without one. */
export function whenText(instant: string | undefined, now: number): string {
  const at = instant === undefined ? Number.NaN : Date.parse(instant)
  if (Number.isNaN(at)) return '–'
  return at > now ? `in ${spokenMs(at - now)}` : `${spokenMs(now - at)} ago`
}

const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const longestAgoMs = 4_000 * units.d

/** An instant as it was typed, which the API checks; or so long ago, such as `12h`. @throws InvalidInput */
export function instantFrom(field: string, text: string, now: number): string {
  const ago = /^(\d{1,9})([smhd])$/.exec(text)
  if (ago === null) return text
  const length = Number(ago[1]) * units[ago[2] as keyof typeof units]
  if (length > longestAgoMs) throw new InvalidInput(field, text, 'at most 4000d ago')
  return new Date(now - length).toISOString()
}

/** A whole number from 1. @throws InvalidInput */
export function countIn(field: string, text: string, max: number): number {
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (count < 1 || count > max) throw new InvalidInput(field, text, `a whole number from 1 to ${max}`)
  return count
}

/** `1 job`, `1,204 jobs`. */
export const counted = (count: number, noun: string): string =>
  `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`

/** A value of JSON as it stands in a list of facts. */
export const jsonText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** Facts below a heading, one a line; those without a value are left out. */
export function facts(page: Page, heading: string, rows: readonly (readonly [string, string | undefined])[]): string {
  const given = rows.filter((row): row is readonly [string, string] => row[1] !== undefined && row[1] !== '')
  const width = Math.max(0, ...given.map(([name]) => name.length))
  const lines = given.map(([name, value]) => hanging(page, `  ${name.padEnd(width)}  `, value))
  return [toned(page, 'bold', paragraph(page, heading)), ...lines].join('\n')
}

/**
 * JSON as it is typed: the text itself, `@file`, or `-` for what stands in the standard input.
 * @param field how the option or argument is called
 * @throws InvalidInput when the file cannot be read, or holds no JSON
 */
export function jsonIn(field: string, text: string, { folder }: Terminal): unknown {
  const source =
    text === '-' ? readIn(field, 0) : text.startsWith('@') ? readIn(field, resolve(folder, text.slice(1))) : text
  try {
    return JSON.parse(source)
  } catch {
    throw new InvalidInput(field, text, `JSON such as '{"a":1}', @file.json, or - for the standard input`)
  }
}

function readIn(field: string, source: string | 0): string {
  try {
    return readFileSync(source, 'utf8')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw describedInput(field, `unreadable (${reason})`, 'a file that can be read')
  }
}

/**
 * Asks before something is done that cannot be undone, or is done to many.
 * @throws InvalidInput where nobody can answer
 */
export async function confirmed({ ask }: Terminal, flags: ReadonlySet<string>, question: string): Promise<boolean> {
  if (flags.has('yes')) return true
  if (ask === undefined) throw describedInput('--yes', 'absent', `--yes, where nobody can be asked: ${question}`)
  return /^y(?:es)?$/i.test((await ask(`${question} [y/N] `)).trim())
}
