import { FailForGood } from '../../lib/core/definition/handler-errors.ts'
import { show } from '../../lib/core/values/errors.ts'

/** `sum`, `min` and `max` are null unless the column has cells and all of them are numbers. Empty cells count nowhere. */
export interface ColumnSummary {
  readonly sum: number | null
  readonly min: number | null
  readonly max: number | null
  /** Different texts: `1` and `1.0` are two. */
  readonly distinct: number
}

/** A column while its rows come in. */
export interface Column {
  readonly name: string
  readonly texts: Set<string>
  isNumeric: boolean
  sum: number
  /** What rounding took from `sum` so far. */
  lost: number
  min: number
  max: number
}

/** `-1`, `2.50`, `.5`, `6e23`: what a spreadsheet writes, without separators of thousands, hex or `Infinity`. */
const numberForm = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

export const newColumn = (name: string): Column => ({
  name,
  texts: new Set(),
  isNumeric: true,
  sum: 0,
  lost: 0,
  min: Number.POSITIVE_INFINITY,
  max: Number.NEGATIVE_INFINITY,
})

export function addCell(column: Column, text: string): void {
  if (text === '') return
  column.texts.add(text)
  if (!column.isNumeric) return
  const value = numberForm.test(text) ? Number(text) : Number.NaN
  if (!Number.isFinite(value)) {
    column.isNumeric = false
    return
  }
  add(column, value)
  column.min = Math.min(column.min, value)
  column.max = Math.max(column.max, value)
}

/** Neumaier's summation: a hundred times 0.1 is 10, and the order of the rows does not matter. */
function add(column: Column, value: number): void {
  const sum = column.sum + value
  const [large, small] = Math.abs(column.sum) >= Math.abs(value) ? [column.sum, value] : [value, column.sum]
  column.lost += large - sum + small
  column.sum = sum
}

/** @throws FailForGood when the sum is beyond what a number holds, and so beyond what JSON can say */
export function summaryOf(column: Column): ColumnSummary {
  const distinct = column.texts.size
  if (!column.isNumeric || distinct === 0) return { sum: null, min: null, max: null, distinct }
  const sum = column.sum + column.lost
  if (!Number.isFinite(sum))
    throw new FailForGood(`csv: the sum of column ${show(column.name)} is too large for a number`)
  return { sum, min: column.min, max: column.max, distinct }
}
