import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { summarise } from '../../../functions/jobs/summarise-csv.ts'
import { FailForGood } from '../../../lib/core/definition/handler-errors.ts'
import { toJsonText, utf8Bytes } from '../../../lib/core/values/json.ts'
import { fakeRun } from '../../support/run-context.ts'

const summaryOf = (csv: string) => summarise({ csv }, fakeRun().ctx)
const text = (distinct: number) => ({ sum: null, min: null, max: null, distinct })

describe('summarise', () => {
  it('counts rows and summarises each column', async () => {
    await expect(summaryOf('city,amount\nBerlin,2\nOslo,40\n')).resolves.toEqual({
      rows: 2,
      columns: { city: text(2), amount: { sum: 42, min: 2, max: 40, distinct: 2 } },
    })
  })

  it.each([
    ['LF', 'a,b\n1,x\n2,y\n'],
    ['CRLF', 'a,b\r\n1,x\r\n2,y\r\n'],
    ['CR', 'a,b\r1,x\r2,y'],
    ['all three', 'a,b\r1,x\r\n2,y\n'],
    ['a byte order mark', '\uFEFFa,b\n1,x\n2,y'],
    ['a byte order mark and quotes', '\uFEFF"a","b"\n"1","x"\n"2","y"'],
    ['blank lines', '\n\na,b\n\n1,x\n  \n2,y\n\n'],
    ['space around cells', ' a ,b\n\t1, x\n 2 , "y" \n'],
  ])('reads text with %s', async (_, csv) => {
    await expect(summaryOf(csv)).resolves.toEqual({
      rows: 2,
      columns: { a: { sum: 3, min: 1, max: 2, distinct: 2 }, b: text(2) },
    })
  })

  it('keeps what quotes protect: commas, line ends, quotes and space', async () => {
    await expect(summaryOf('"a,b","say ""hi"""\n"x\ny"," 1 "\n"x\ny","1"\n')).resolves.toEqual({
      rows: 2,
      columns: { 'a,b': text(1), 'say "hi"': text(2) },
    })
  })

  it.each(['1', '-1', '+1', '1.5', '1.', '.5', '1e3', '1E-3', '007', '0'])('takes %s for a number', async cell => {
    const { columns } = await summaryOf(`a\n${cell}\n`)
    expect(columns['a']).toEqual({ sum: Number(cell), min: Number(cell), max: Number(cell), distinct: 1 })
  })

  it.each(['x', '1 000', '"1,000"', '0x10', 'NaN', 'Infinity', '1e999', '.', '-', '1e', '١', 'true', '" 1"'])(
    'takes %s for text, and the whole column with it',
    async cell => {
      const { columns } = await summaryOf(`a\n1\n${cell}\n2\n`)
      expect(columns['a']).toEqual(text(3))
    },
  )

  it('leaves empty cells out of every figure', async () => {
    await expect(summaryOf('a,b\n1,\n,""\n3,\n')).resolves.toEqual({
      rows: 3,
      columns: { a: { sum: 4, min: 1, max: 3, distinct: 2 }, b: text(0) },
    })
  })

  it('takes columns with names that every object has, and their summary can be stored', async () => {
    const summary = await summaryOf('constructor,prototype,toString,hasOwnProperty\n1,2,3,4\n')
    const numbers = Object.entries(summary.columns).map(([name, { sum }]) => [name, sum])
    expect(Object.fromEntries(numbers)).toEqual({ constructor: 1, prototype: 2, toString: 3, hasOwnProperty: 4 })
    expect(toJsonText('result', summary, 1_000)).toBe(JSON.stringify(summary))
  })

  it('has no figures for a header without rows', async () => {
    await expect(summaryOf('a,b')).resolves.toEqual({ rows: 0, columns: { a: text(0), b: text(0) } })
  })

  it('sums without losing small parts, in whatever order', async () => {
    const tenths = await summaryOf(`a\n${'0.1\n'.repeat(100)}`)
    expect(tenths.columns['a']?.sum).toBe(10)
    for (const cells of ['1e16\n1\n-1e16', '1\n1e16\n-1e16', '-1e16\n1e16\n1']) {
      expect((await summaryOf(`a\n${cells}`)).columns['a']?.sum).toBe(1)
    }
  })
})

describe('summarise fails for good', () => {
  it.each([
    ['nothing', '', 'csv: no header line'],
    ['blank lines only', '\uFEFF\r\n  \n', 'csv: no header line'],
    ['a short row', 'a,b\n1,2\n3\n', 'csv: line 3 has not as many cells as the first line'],
    ['a long row', 'a,b\n1,2,3\n', 'csv: line 2 has not as many cells as the first line'],
    ['an open quote', 'a\n"secret', 'csv: the text ends inside a quoted cell'],
    ['a quote inside a cell', 'a\nsecret"\n', 'csv: line 2 has a quote in the wrong place'],
    ['text after a quote', 'a\n"x"secret\n', 'csv: line 2 has a quote in the wrong place'],
    ['a repeated name', 'a,b,a\n1,2,3\n', "csv: two columns have the name 'a'"],
    ['two nameless columns', 'a,,\n1,2,3\n', "csv: two columns have the name ''"],
    [
      'a name that would be a prototype',
      'a,__proto__\n1,2\n',
      "csv: a column has the name '__proto__'; allowed: any other name",
    ],
    ['201 columns', Array.from({ length: 201 }, (_, i) => `c${i}`).join(), 'csv: 201 columns; allowed: at most 200'],
    ['long names', 'x'.repeat(9_000), /^csv: the names of the columns take \d+ bytes; allowed: at most 8192 bytes$/],
    ['a sum beyond all numbers', 'a\n1e308\n1e308\n', "csv: the sum of column 'a' is too large for a number"],
  ])('for %s', async (_, csv, message) => {
    const failure = await summaryOf(csv).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(FailForGood)
    expect((failure as Error).message).toMatch(message)
    expect((failure as Error).message).not.toContain('secret')
  })

  it('and leaves Object.prototype as it was', async () => {
    const before = Object.getOwnPropertyNames(Object.prototype)
    await summaryOf('__proto__\nx\n').catch(() => {})
    await summaryOf('a,toString,hasOwnProperty\n1,2,3\n')
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before)
    expect(({} as { sum?: unknown }).sum).toBeUndefined()
  })
})

describe('summarise on large text', () => {
  const line = (index: number) => `${index},"grüße,\r\n ""${index % 97}"" 😀"\r\n`
  const large = `n,t\r\n${Array.from({ length: 6_000 }, (_, index) => line(index)).join('')}`

  it('reads characters, quotes and line ends that are cut between two slices', async () => {
    await expect(summaryOf(large)).resolves.toEqual({
      rows: 6_000,
      columns: { n: { sum: 17_997_000, min: 0, max: 5_999, distinct: 6_000 }, t: text(97) },
    })
  })

  it('reports progress that rises to 100', async () => {
    const run = fakeRun()
    await summarise({ csv: large }, run.ctx)
    expect(run.reported.length).toBeGreaterThan(5)
    expect(run.reported).toEqual(run.reported.toSorted((a, b) => a - b))
    expect(run.reported.at(-1)).toBe(100)
  })

  it('stops between two slices when the run is aborted by a timer', async () => {
    const run = fakeRun()
    setTimeout(() => run.abort(new Error('time is up')), 0)
    await expect(summarise({ csv: large }, run.ctx)).rejects.toThrow('time is up')
    expect(run.reported.at(-1)).toBeLessThan(100)
  })

  it('does not start on a run that has ended', async () => {
    const run = fakeRun()
    run.abort(new Error('cancelled'))
    await expect(summarise({ csv: large }, run.ctx)).rejects.toThrow('cancelled')
    expect(run.reported).toEqual([])
  })

  it.each([
    ['commas', ','.repeat(350_000)],
    ['quotes', '"'.repeat(350_000)],
    ['an open quote', `"${'x\n'.repeat(175_000)}`],
    ['space', `a${' '.repeat(350_000)}b`],
    ['line ends', '\n'.repeat(350_000)],
    ['short rows', '1\n'.repeat(175_000)],
    ['one long ragged row', `a,b\n${','.repeat(350_000)}`],
  ])('takes no time that grows faster than the text: %s', async (_, csv) => {
    const startedAt = performance.now()
    const outcome = await summaryOf(csv).catch((error: unknown) => error)
    // 10 to 100 ms on one core; a quadratic parser would need minutes.
    expect(performance.now() - startedAt).toBeLessThan(5_000)
    expect(outcome instanceof FailForGood || !(outcome instanceof Error)).toBe(true)
  })

  it('stays within 32 KB for the widest table that is accepted', async () => {
    const names = Array.from({ length: 200 }, (_, index) => `${index}`.padEnd(32, 'x'))
    const row = Array.from({ length: 200 }, () => '-1.2345678901234567e+300').join()
    const summary = await summaryOf([names.join(), row, row].join('\n'))
    expect(utf8Bytes(JSON.stringify(summary))).toBeGreaterThan(25 * 1024)
    expect(utf8Bytes(JSON.stringify(summary))).toBeLessThan(32 * 1024)
  })
})

describe('summarise, compared with a naive computation', () => {
  const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`
  const name = fc.string({ unit: 'grapheme', maxLength: 8 }).map(tail => `n${tail}`)
  const number = fc.integer()
  // The letter in front makes sure that it is no number.
  const word = fc.string({ unit: 'grapheme', maxLength: 8 }).map(tail => `x${tail}`)
  const cell = fc.oneof(fc.constant(''), number, word)
  const rowsOf = (width: number) =>
    fc.array(
      fc.tuple(
        ...Array.from({ length: width }, (_, index) => (index % 2 === 0 ? fc.option(number, { nil: '' }) : cell)),
      ),
    )
  const table = fc
    .uniqueArray(name, { minLength: 1, maxLength: 5 })
    .chain(names => rowsOf(names.length).map(rows => ({ names, rows })))
  const naive = (cells: readonly (string | number)[]) => {
    const filled = cells.filter(value => value !== '')
    const numbers = filled.filter(value => typeof value === 'number')
    const distinct = filled.filter((value, index) => filled.indexOf(value) === index).length
    if (numbers.length === 0 || numbers.length < filled.length) return text(distinct)
    const sum = Number(numbers.reduce((total, value) => total + BigInt(value), 0n))
    return { sum, min: Math.min(...numbers), max: Math.max(...numbers), distinct }
  }

  it('gives the same for any table, line end and byte order mark', async () => {
    await fc.assert(
      fc.asyncProperty(
        table,
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.boolean(),
        fc.boolean(),
        async ({ names, rows }, lineEnd, hasMark, isLastEnded) => {
          const lines = [names, ...rows].map(row =>
            row.map(value => (typeof value === 'number' ? `${value}` : quoted(value))).join(),
          )
          const csv = `${hasMark ? '\uFEFF' : ''}${lines.join(lineEnd)}${isLastEnded ? lineEnd : ''}`
          const columns = names.map((column, index) => [column, naive(rows.map(row => row[index] ?? ''))] as const)
          expect(await summaryOf(csv)).toEqual({ rows: rows.length, columns: Object.fromEntries(columns) })
        },
      ),
      { numRuns: 300 },
    )
  })
})
