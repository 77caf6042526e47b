import type { When } from '../../core/schedule/next.ts'
import { describeWhen, type PreviewRow } from '../../core/schedule/preview.ts'
import { localText } from '../../core/schedule/time-zone.ts'
import { weekdayName } from '../../core/schedule/words.ts'
import { type Cell, type Page, paragraph, table, unbroken } from '../render.ts'

export interface Previewed {
  readonly when: When
  readonly timezone: string
  readonly from: number
  readonly rows: readonly PreviewRow[]
}

/**
 * A preview as a person reads it.
 * @example
 *   Every day at 02:30, Europe/Berlin (gap: next, repeat: first)
 *   1  Sat 2027-03-27 02:30 +01:00  01:30 UTC
 *   2  Sun 2027-03-28 03:00 +02:00  01:00 UTC  02:30 is missing (clock +1 h)
 */
export function previewText(page: Page, { when, timezone, from, rows }: Previewed): string {
  const rules = when.kind === 'cron' ? ` (gap: ${when.gap}, repeat: ${when.repeat})` : ''
  const heading = paragraph(page, `${describeWhen(when)}${rules}`)
  if (rows.length === 0) return `${heading}\n${paragraph(page, `Nothing at or after ${localText(timezone, from)}.`)}`
  return `${heading}\n${rowsText(page, rows)}`
}

/** Occurrences that are to come, one a line. */
export const rowsText = (page: Page, rows: readonly PreviewRow[]): string => table(page, [], cellsOf(rows))

function cellsOf(rows: readonly PreviewRow[]): readonly (readonly Cell[])[] {
  const withSeconds = rows.some(({ at }) => at.slice(17, 23) !== '00.000')
  const clock = (text: string): string => text.slice(11, withSeconds ? 19 : 16)
  const isUtc = rows.every(({ local }) => local.endsWith('+00:00'))
  const isSameDay = rows.every(({ at, local }) => at.slice(0, 10) === local.slice(0, 10))
  return rows.map(({ at, local, note }, index) => {
    const day = local.slice(0, 10)
    const shown = `${dayName(day)} ${day} ${clock(local)} ${isUtc ? 'UTC' : local.slice(19)}`
    const utc = `${isSameDay ? '' : `${dayName(at.slice(0, 10))} `}${clock(at)} UTC`
    const cells: readonly Cell[] = [String(index + 1), unbroken(shown), ...(isUtc ? [] : [unbroken(utc)])]
    return note === undefined ? cells : [...cells, { text: note, tone: 'yellow' }]
  })
}

/** Of a day such as `2027-03-28`: `Sun`. */
const dayName = (day: string): string => weekdayName(new Date(`${day}T00:00Z`).getUTCDay()).slice(0, 3)
