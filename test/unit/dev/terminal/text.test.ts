import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { wrapped } from '../../../../lib/dev/terminal/text.ts'

const line =
  '12:00:01.123  deliver-webhook   …000694  RETRY        the receiver said 503, again in 2 s (attempt 1 of 5)'

describe('a line on a terminal', () => {
  it('is broken between words and goes on under the second column', () => {
    expect(wrapped(line, 80).split('\n')).toEqual([
      '12:00:01.123  deliver-webhook   …000694  RETRY        the receiver said 503,',
      '              again in 2 s (attempt 1 of 5)',
    ])
  })

  it('stays one line where it fits, where there is no terminal, and where the terminal is too narrow', () => {
    expect(wrapped(line, line.length)).toBe(line)
    expect(wrapped(line, undefined)).toBe(line)
    expect(wrapped(line, 20)).toBe(line)
  })

  it('counts no colours', () => {
    const coloured = line.replace('RETRY', '\u001b[33mRETRY\u001b[39m')
    expect(stripVTControlCharacters(wrapped(coloured, 80))).toBe(wrapped(line, 80))
    expect(wrapped(coloured, line.length)).toBe(coloured)
  })

  it.each([40, 60, 79, 80, 81, 120])('loses no word and keeps within %d columns', columns => {
    const lines = wrapped(line, columns).split('\n')
    for (const text of lines) expect(text.length).toBeLessThanOrEqual(columns)
    expect(lines.join(' ').split(/\s+/)).toEqual(line.split(/\s+/))
  })

  it('leaves a word that is longer than a line to the terminal', () => {
    const long = 'x'.repeat(100)
    expect(wrapped(`a ${long} b`, 80).split('\n')).toEqual(['a', `              ${long}`, '              b'])
  })
})
