import { stripVTControlCharacters, styleText } from 'node:util'
import { spokenMs } from '../../core/values/duration.ts'

/** Text from anywhere, safe to print: control and formatting characters could forge lines or rewrite the screen. */
export const plain = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')

/** As `plain`, and no longer than a line can bear. */
export function clipped(text: string, maxLength: number): string {
  const line = plain(text)
  return line.length > maxLength ? `${line.slice(0, maxLength)}…` : line
}

/** Where the second column begins. */
const indent = ' '.repeat(14)
/** A narrower terminal breaks lines itself. */
const minColumns = 40

/**
 * Breaks a line between words, so that it fits a terminal. What does not fit goes on under the second column. A word
 * that is longer than a line is left to the terminal.
 * @param columns undefined: no terminal, the line stays one line
 */
export function wrapped(line: string, columns: number | undefined): string {
  if (columns === undefined || columns < minColumns) return line
  const lines: string[] = []
  let current = ''
  for (const part of line.match(/ *[^ ]+/g) ?? []) {
    const isFull = current.trim() !== '' && widthOf(current) + widthOf(part) > columns
    if (isFull) lines.push(current)
    current = isFull ? indent + part.trimStart() : current + part
  }
  return [...lines, current].join('\n')
}

/** Colours take no room. */
const widthOf = (text: string): number => stripVTControlCharacters(text).length

/** `12:00:01.123`, in local time. */
export function clockTime(epochMs: number): string {
  const date = new Date(epochMs)
  const milliseconds = String(date.getMilliseconds()).padStart(3, '0')
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${milliseconds}`
}

const two = (value: number): string => String(value).padStart(2, '0')

/** A wait that began a moment ago: to the second, except for the shortest. */
export const spokenWaitMs = (milliseconds: number): string =>
  spokenMs(milliseconds < 500 ? milliseconds : Math.round(milliseconds / 1_000) * 1_000)

export type Tone = Parameters<typeof styleText>[0]

/** Coloured where the output is a terminal that wants it (NO_COLOR is respected). */
export const toned = (tone: Tone, text: string): string => styleText(tone, text, { stream: process.stdout })
