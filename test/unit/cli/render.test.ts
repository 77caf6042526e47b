import fc from 'fast-check'
import widthOf from 'fast-string-width'
import { describe, expect, it } from 'vitest'
import { clipped, hanging, paragraph, plain, table, toned, unbroken } from '../../../lib/cli/render.ts'

const page = { columns: 80, hasColors: false }
const narrow = { columns: 40, hasColors: false }

describe('a table', () => {
  it('aligns its columns, and has no spaces at the ends of lines', () => {
    const rows = [
      ['send-mail', 'mails', '8'],
      ['summarise-csv', 'default', ''],
    ]
    expect(table(page, ['JOB', 'QUEUE', 'ATTEMPTS'], rows)).toBe(
      ['  JOB            QUEUE    ATTEMPTS', '  send-mail      mails    8', '  summarise-csv  default'].join('\n'),
    )
    expect(table(page, [], rows)).toBe(['  send-mail      mails    8', '  summarise-csv  default'].join('\n'))
  })

  it('wraps the widest column between words', () => {
    const rows = [
      ['1', 'default', 'one two three four five is seven eight'],
      ['2', 'mails', 'short'],
    ]
    expect(table(narrow, [], rows)).toBe(
      ['  1  default  one two three four five is', '              seven eight', '  2  mails    short'].join('\n'),
    )
  })

  it('keeps words whole as long as another column can give way, and cuts them only then', () => {
    const rows = [['a-name-of-20-letters', 'some words that can be wrapped']]
    expect(table(narrow, [], rows)).toBe(
      ['  a-name-of-20-letters  some words that', '                        can be wrapped'].join('\n'),
    )
    expect(table(narrow, [], [['x'.repeat(30), 'y'.repeat(30)]])).toBe(
      ['  xxxxxxxxxxxxxxxxxx  yyyyyyyyyyyyyyyyyy', '  xxxxxxxxxxxx        yyyyyyyyyyyy'].join('\n'),
    )
  })

  it('breaks no line at an unbroken space, and prints it as a space', () => {
    const rows = [[unbroken('Sun 02:30'), 'these are words that are wrapped instead']]
    expect(table(narrow, [], rows)).toBe(
      ['  Sun 02:30  these are words that are', '             wrapped instead'].join('\n'),
    )
  })

  it('colours texts, never the spaces between them, and only where there are colours', () => {
    const rows = [[{ text: 'no', tone: 'red' }, 'x']] as const
    expect(table({ ...page, hasColors: true }, [], rows)).toBe('  \u{1b}[31mno\u{1b}[39m  x')
    expect(table(page, [], rows)).toBe('  no  x')
  })

  it('counts the columns of wide signs, and cuts between signs', () => {
    const rows = [
      ['日本語', 'x', 'e\u{301}te\u{301}'],
      ['abc', '\u{1f600}', '漢'.repeat(20)],
    ]
    expect(table(narrow, [], rows)).toBe(
      [
        '  日本語  x   e\u{301}te\u{301}',
        `  abc     \u{1f600}  ${'漢'.repeat(13)}`,
        `              ${'漢'.repeat(7)}`,
      ].join('\n'),
    )
  })

  it('has no row without rows', () => {
    expect(table(page, [], [])).toBe('')
  })

  it('fits any width, whatever is in it, and loses no word', () => {
    const words = fc
      .string({ unit: 'grapheme', maxLength: 30 })
      .map(text => text.replaceAll(/[\p{Cc}\p{Cf}\p{Z}]/gu, 'x'))
    const cell = fc.array(words, { maxLength: 8 }).map(list => list.filter(word => word !== '').join(' '))
    const rows = fc.array(fc.array(cell, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 5 })
    const letters = (text: string) => Array.from(text.replaceAll(/\s/g, '')).toSorted().join('')
    fc.assert(
      fc.property(rows, fc.integer({ min: 40, max: 120 }), (given, columns) => {
        const text = table({ columns, hasColors: false }, [], given)
        for (const line of text.split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(columns)
        expect(letters(text)).toBe(letters(given.flat().join('')))
      }),
    )
  })
})

describe('a paragraph', () => {
  it('wraps each line, set in as it was', () => {
    const text = 'A line that is too long for forty columns\n    and one that is set in and is too long as well\n\nend'
    expect(paragraph(narrow, text)).toBe(
      [
        '  A line that is too long for forty',
        '  columns',
        '      and one that is set in and is too',
        '      long as well',
        '',
        '  end',
      ].join('\n'),
    )
  })
})

it('a paragraph leaves a long word to the terminal: a path can still be copied', () => {
  expect(paragraph(narrow, `in ${'x'.repeat(50)} here`)).toBe(`  in\n  ${'x'.repeat(50)}\n  here`)
})

it('text hangs beside its name, and a long word stays whole', () => {
  expect(hanging(narrow, '  error  ', 'some words that do not fit into this line')).toBe(
    ['    error  some words that do not fit', '           into this line'].join('\n'),
  )
  expect(hanging(narrow, '  input  ', `{${'x'.repeat(50)}}`)).toBe(`    input  {${'x'.repeat(50)}}`)
})

describe('text from others', () => {
  it('cannot steer the terminal', () => {
    expect(plain('a\u{1b}[2Jb\rc\u{202e}d\u{2028}e\tf\ng')).toBe('a [2Jb c d e f\ng')
    expect(table(page, [], [['a\u{1b}[31mb']])).toBe('  a [31mb')
    expect(paragraph(page, 'a\u{9b}31mb')).toBe('  a 31mb')
  })
})

it('colours where there are colours', () => {
  expect([toned(page, 'bold', 'x'), toned({ ...page, hasColors: true }, 'bold', 'x')]).toEqual([
    'x',
    '\u{1b}[1mx\u{1b}[22m',
  ])
})

it.each([
  ['short', 'short'],
  ['a line\nand another', 'a line an…'],
  ['日本語の文章です', '日本語の…'],
  ['\u{1b}[31mred', '[31mred'],
])('%j in a cell of ten columns', (text, shown) => {
  expect(clipped(text, 10)).toBe(shown)
})
