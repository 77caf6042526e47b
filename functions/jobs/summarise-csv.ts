import { pipeline } from 'node:stream/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { CsvError, parse } from 'csv-parse'
import { FailForGood } from '../../lib/core/definition/handler-errors.ts'
import type { RunContext } from '../../lib/core/definition/run-context.ts'
import { show } from '../../lib/core/values/errors.ts'
import { utf8Bytes } from '../../lib/core/values/json.ts'
import { addCell, type Column, type ColumnSummary, newColumn, summaryOf } from './column-summary.ts'

export interface CsvSummary {
  /** Without the header line and blank lines. */
  readonly rows: number
  readonly columns: Readonly<Record<string, ColumnSummary>>
}

/** 200 columns with the longest numbers and names of 8 KB in all make a summary of less than 32 KB. */
const maxColumns = 200
const maxHeaderBytes = 8 * 1024
/** Parsed in one go, in a millisecond or two; then other jobs and the signal get their turn. */
const sliceBytes = 16 * 1024

/**
 * Summarises comma-separated text (RFC 4180) whose first line names the columns. Lines may end in CRLF, LF or CR, a
 * byte order mark is skipped, and so are blank lines and the space around a cell, unless it is quoted.
 * @throws FailForGood for text that is not such a table, or has too many columns for a result
 */
export async function summarise(input: { readonly csv: string }, ctx: RunContext): Promise<CsvSummary> {
  const columns: Column[] = []
  let rows = -1
  try {
    await pipeline(slicesOf(input.csv, ctx), parser(), async (records: AsyncIterable<string[]>) => {
      for await (const record of records) {
        rows += 1
        if (rows === 0) columns.push(...columnsFrom(record))
        else for (const [index, column] of columns.entries()) addCell(column, record[index] ?? '')
      }
    })
  } catch (thrown) {
    throw thrown instanceof CsvError ? new FailForGood(`csv: ${faultOf(thrown)}`) : thrown
  }
  if (rows === -1) throw new FailForGood('csv: no header line')
  // From entries, and not by assignment: no name can reach a prototype.
  return { rows, columns: Object.fromEntries(columns.map(column => [column.name, summaryOf(column)])) }
}

const parser = () => parse({ bom: true, trim: true, skip_empty_lines: true, record_delimiter: ['\r\n', '\n', '\r'] })

async function* slicesOf(csv: string, ctx: RunContext): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(csv)
  for (let start = 0; start < bytes.length; start += sliceBytes) {
    ctx.signal.throwIfAborted()
    yield bytes.subarray(start, start + sliceBytes)
    await ctx.progress(Math.min(100, Math.floor(((start + sliceBytes) / bytes.length) * 100)))
    await nextTurn()
  }
}

/** @throws FailForGood for names that cannot be the keys of a result */
function columnsFrom(header: readonly string[]): Column[] {
  if (header.length > maxColumns) {
    throw new FailForGood(`csv: ${header.length} columns; allowed: at most ${maxColumns}`)
  }
  const repeated = header.find((name, index) => header.indexOf(name) < index)
  if (repeated !== undefined) {
    throw new FailForGood(`csv: two columns have the name ${show(repeated)}`)
  }
  // The one name that results may not have: refused before the work, not after it.
  if (header.includes('__proto__'))
    throw new FailForGood("csv: a column has the name '__proto__'; allowed: any other name")
  const bytes = utf8Bytes(JSON.stringify(header))
  if (bytes > maxHeaderBytes) {
    throw new FailForGood(`csv: the names of the columns take ${bytes} bytes; allowed: at most ${maxHeaderBytes} bytes`)
  }
  return header.map(newColumn)
}

/** In own words: the library's messages quote the text, and errors are logged. */
function faultOf(error: CsvError): string {
  const line = `line ${String(error['lines'])}`
  switch (error.code) {
    case 'CSV_RECORD_INCONSISTENT_FIELDS_LENGTH':
      return `${line} has not as many cells as the first line`
    case 'CSV_QUOTE_NOT_CLOSED':
      return 'the text ends inside a quoted cell'
    default:
      return `${line} has a quote in the wrong place`
  }
}
