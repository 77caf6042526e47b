import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { exitCodes, exitNameOf } from '../../../lib/cli/exit-codes.ts'
import {
  InputRefused,
  InvalidDefinition,
  InvalidInput,
  JobTooLarge,
  Unavailable,
  UnknownType,
} from '../../../lib/core/values/errors.ts'

describe('exit codes', () => {
  it('are frozen: scripts rely on them', () => {
    expect(Object.fromEntries(Object.entries(exitCodes).map(([name, { code }]) => [name, code]))).toEqual({
      done: 0,
      notPossible: 1,
      wrongUse: 2,
      notFound: 3,
      notAllowed: 4,
      unavailable: 5,
      interrupted: 130,
    })
  })

  it('stand in the reference', () => {
    const rows = Object.values(exitCodes).map(({ code, meaning }) => `| ${code} | ${meaning} |`)
    expect(readFileSync('docs/cli.md', 'utf8')).toContain(`| code | meaning |\n| --- | --- |\n${rows.join('\n')}\n`)
  })

  it.each([
    [new InvalidInput('a', 1, 'b'), 'wrongUse'],
    [new InputRefused('a', []), 'wrongUse'],
    [new JobTooLarge('a', 2, 1), 'wrongUse'],
    [new UnknownType('a', []), 'notFound'],
    [new Unavailable('a', 'b'), 'unavailable'],
    [new InvalidDefinition('a'), 'notPossible'],
    [new Error('a'), 'notPossible'],
    ['a', 'notPossible'],
  ])('%o: %s', (error, name) => {
    expect(exitNameOf(error)).toBe(name)
  })
})
