import { describe, expect, it } from 'vitest'
import { integerIn, refuseUnknownKeys, textIn } from '../../../../lib/core/values/check-options.ts'
import { InvalidInput } from '../../../../lib/core/values/errors.ts'

const refusal = (key: string, known: readonly string[]): InvalidInput => {
  try {
    refuseUnknownKeys('job', { [key]: 1 }, known)
  } catch (error) {
    if (error instanceof InvalidInput) return error
  }
  throw new Error(`${key} was not refused`)
}

describe('an option that nobody knows', () => {
  it('is refused with its place and what is known', () => {
    expect(refusal('colour', ['delay', 'runAt'])).toMatchObject({
      field: 'job.colour',
      value: 'not an option',
      allowed: 'delay, runAt',
    })
    expect(() => refuseUnknownKeys('job', { runAt: 1, delay: 2 }, ['delay', 'runAt'])).not.toThrow()
  })

  it.each([
    ['dealy', 'delay'],
    ['DELAY', 'delay'],
    ['delays', 'delay'],
    ['elay', 'delay'],
    ['runat', 'runAt'],
    // Three steps away is near, four is not.
    ['priorixyz', 'priority'],
    ['rioxxty', 'priority'],
  ])('%s is near %s', (key, nearest) => {
    expect(refusal(key, ['tags', 'delay', 'runAt', 'priority']).allowed).toContain(`(did you mean '${nearest}'?)`)
  })

  it.each(['prioxxxx', 'wxyz', ''])('%o is near none', key => {
    expect(refusal(key, ['delay', 'runAt', 'priority']).allowed).toBe('delay, runAt, priority')
  })

  it('of more than 64 characters is compared with nothing', () => {
    const name = 'n'.repeat(64)
    expect(refusal(`${name.slice(1)}x`, [name]).allowed).toContain('did you mean')
    expect(refusal(`${name}x`, [name]).allowed).not.toContain('did you mean')
  })

  it('is near none where none is known', () => {
    expect(refusal('delay', []).allowed).toBe('')
  })
})

describe('a whole number', () => {
  it('is taken from one end of its range to the other', () => {
    expect([integerIn('n', 1, 1, 3), integerIn('n', 3, 1, 3)]).toEqual([1, 3])
  })

  it.each([0, 4, 1.5, '2', Number.NaN, undefined])('%o is none from 1 to 3', value => {
    expect(() => integerIn('n', value, 1, 3)).toThrow('allowed: a whole number from 1 to 3')
  })
})

it('textIn takes text of its form, and refuses anything else with what is allowed', () => {
  expect(textIn('t', 'abc', /^[a-z]+$/, 'letters')).toBe('abc')
  expect(() => textIn('t', 'a1', /^[a-z]+$/, 'letters')).toThrow("t is 'a1'; allowed: letters")
  expect(() => textIn('t', null, /^[a-z]+$/, 'letters')).toThrow('t is null; allowed: letters')
})
