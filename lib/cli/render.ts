/** Text for terminals: tables and paragraphs that fit its width, wrapped between words. */
import { styleText } from 'node:util'
import widthOf from 'fast-string-width'

/** What a text must fit into. */
export interface Page {
  /** Signs in a line. */
  readonly columns: number
  readonly hasColors: boolean
}

export type Tone = 'bold' | 'dim' | 'red' | 'green' | 'yellow'

/** A cell of a table: text, or text with a colour. */
export type Cell = string | { readonly text: string; readonly tone: Tone }

/** Everything is set in by this much, so that it stands apart from what others print. */
const indent = 2
const gap = 2

/** Text from anywhere: control and formatting characters could forge lines or rewrite the screen. */
export const plain = (text: string): string => text.replace(/[^\n\P{Cc}]|[\p{Cf}\p{Zl}\p{Zp}]/gu, ' ')

const noBreakSpace = '\u{a0}'

/** Text whose spaces are no place to break a line, such as a date and its time. */
export const unbroken = (text: string): string => text.replaceAll(' ', noBreakSpace)

export const toned = (page: Page, tone: Tone, text: string): string =>
  // The page decides; without this option, Node looks at the stream once more.
  page.hasColors ? styleText(tone, text, { validateStream: false }) : text

/**
 * Lines of text, wrapped between words; what goes on is set in as its line is. A word that is longer than a line is
 * left to the terminal, so that a path can still be copied.
 */
export function paragraph(page: Page, text: string): string {
  return plain(text)
    .split('\n')
    .flatMap(line => {
      const own = indent + (/^ */.exec(line)?.[0].length ?? 0)
      return wrap(line.trim().split(' '), page.columns - own).map(part => `${' '.repeat(own)}${part}`.trimEnd())
    })
    .join('\n')
}

/** A name and its text, wrapped beside it. A word that is longer than a line is left to the terminal, as in a paragraph. */
export function hanging(page: Page, name: string, text: string): string {
  const own = indent + lengthOf(name)
  return wrap(plain(text).replaceAll('\n', ' ').trim().split(' '), page.columns - own)
    .map((line, index) => `${' '.repeat(indent)}${index === 0 ? name : ' '.repeat(lengthOf(name))}${line}`.trimEnd())
    .join('\n')
}

/**
 * Rows of cells as a table. Columns that do not fit together get narrower, the widest first, and wrap between words. If
 * that is not enough, words are cut.
 * @param header of each column; none if it is empty
 */
export function table(page: Page, header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const heading = header.map((text): Cell => ({ text, tone: 'dim' }))
  const all = header.length === 0 ? rows : [heading, ...rows]
  const columns = columnsOf(all)
  const available = page.columns - indent - gap * (columns.length - 1)
  const whole = shrink(columns.map(widestLine), columns.map(widestWord), available)
  const widths = shrink(
    whole,
    // A sign can be two columns wide.
    whole.map(() => 2),
    available,
  )
  return all.flatMap(row => rowLines(page, row, widths)).join('\n')
}

const textOf = (cell: Cell | undefined): string => plain(typeof cell === 'object' ? cell.text : (cell ?? ''))

function columnsOf(rows: readonly (readonly Cell[])[]): readonly (readonly string[])[] {
  const count = Math.max(0, ...rows.map(row => row.length))
  return Array.from({ length: count }, (_, column) => rows.map(row => textOf(row[column])))
}

const widestLine = (texts: readonly string[]): number => Math.max(...texts.map(lengthOf))
const widestWord = (texts: readonly string[]): number => widestLine(texts.flatMap(text => text.split(/[ \n]/)))

/** Takes from the widest column that is above its least width, until all of them fit. */
function shrink(given: readonly number[], least: readonly number[], available: number): readonly number[] {
  const widths = [...given]
  for (let excess = sum(widths) - available; excess > 0; excess -= 1) {
    const widest = Math.max(0, ...widths.filter((width, column) => width > (least[column] ?? 0)))
    if (widest === 0) break
    // Of equals the last: what stands on the left names the row.
    const column = widths.findLastIndex((width, at) => width === widest && width > (least[at] ?? 0))
    widths[column] = widest - 1
  }
  return widths
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

function rowLines(page: Page, row: readonly Cell[], widths: readonly number[]): readonly string[] {
  const cells = widths.map((width, column) => {
    const words = textOf(row[column]).split(/[ \n]/)
    return wrap(
      words.flatMap(word => cut(word, width)),
      width,
    )
  })
  const height = Math.max(...cells.map(lines => lines.length))
  return Array.from({ length: height }, (_, line) => {
    const parts = widths.map((width, column) => {
      const text = (cells[column]?.[line] ?? '').replaceAll(noBreakSpace, ' ')
      const cell = row[column]
      const shown = typeof cell === 'object' && text !== '' ? toned(page, cell.tone, text) : text
      return `${shown}${' '.repeat(width - lengthOf(text))}`
    })
    return `${' '.repeat(indent)}${parts.join(' '.repeat(gap))}`.trimEnd()
  })
}

/** At least one line, each at most `width` long unless it is a single word. */
function wrap(words: readonly string[], width: number): readonly string[] {
  const lines: string[] = []
  const [first = '', ...others] = words
  let current = first
  for (const word of others) {
    const joined = current === '' ? word : `${current} ${word}`
    if (lengthOf(joined) <= width) {
      current = joined
    } else {
      lines.push(current)
      current = word
    }
  }
  return [...lines, current]
}

/** What a person takes for one sign: a letter with its accents, a flag. */
const signsIn = (text: string): readonly string[] =>
  Array.from(new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text), ({ segment }) => segment)

/** Parts that are at most `width` wide each. A sign that is wider than that stays whole. */
function cut(word: string, width: number): readonly string[] {
  if (lengthOf(word) <= width) return [word]
  const parts: string[] = []
  let current = ''
  for (const sign of signsIn(word)) {
    if (current !== '' && lengthOf(current + sign) > width) {
      parts.push(current)
      current = ''
    }
    current += sign
  }
  return [...parts, current]
}

/** Columns that a text takes on a terminal: two for a Chinese sign, none for an accent of its own. */
const lengthOf = (text: string): number => widthOf(text)

/** Text in one line, cut to so many columns. */
export function clipped(text: string, columns: number): string {
  const line = plain(text).replaceAll('\n', ' ').trim()
  if (lengthOf(line) <= columns) return line
  return `${cut(line, columns - 1)[0] ?? ''}…`
}
