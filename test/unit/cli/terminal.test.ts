import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { outputOf } from '../../../lib/cli/terminal.ts'

const write = (): boolean => true

describe('where a command writes', () => {
  it('a file or a pipe: 80 columns, no colours', () => {
    const pipe = new PassThrough()
    const output = outputOf(pipe)
    output.write('text')
    expect([output.columns, output.hasColors, String(pipe.read())]).toEqual([80, false, 'text'])
  })

  it.each([
    [120, 120],
    [undefined, 80],
    [0, 80],
    [20, 40],
  ])('a terminal of %o columns: %o', (given, columns) => {
    expect(outputOf({ write, isTTY: true, ...(given === undefined ? {} : { columns: given }) }).columns).toBe(columns)
  })

  it('colours where the terminal says that it has them, which looks at NO_COLOR', () => {
    const of = (hasColors: boolean) => outputOf({ write, isTTY: true, hasColors: () => hasColors }).hasColors
    expect([of(true), of(false), outputOf({ write, hasColors: () => true }).hasColors]).toEqual([true, false, false])
  })
})
