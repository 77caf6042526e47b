import { describe, expect, it } from 'vitest'
import { errorReport, wrongUse } from '../../../lib/cli/report-error.ts'
import { InvalidInput, Unavailable } from '../../../lib/core/values/errors.ts'

const asText = { isJson: false, hasColors: false }
const asJson = { isJson: true, hasColors: true }

describe('an error', () => {
  it('of Lamplighter is one line with its code', () => {
    const error = new InvalidInput('--count', '0', '1 to 5')
    expect(errorReport(error, asText)).toEqual({
      exit: 'wrongUse',
      text: "Error (invalid_input): --count is '0'; allowed: 1 to 5\n",
    })
    expect(errorReport(error, { isJson: false, hasColors: true }).text).toBe(
      "\u{1b}[31mError (invalid_input):\u{1b}[39m --count is '0'; allowed: 1 to 5\n",
    )
  })

  it('as JSON holds its details, in one line, without colours', () => {
    const { exit, text } = errorReport(new InvalidInput('--count', '0', '1 to 5'), asJson)
    expect(exit).toBe('wrongUse')
    expect(text).toBe(
      '{"code":"invalid_input","message":"--count is \'0\'; allowed: 1 to 5","field":"--count","value":"0","allowed":"1 to 5"}\n',
    )
  })

  it('of a service holds no cause, which may hold anything', () => {
    const error = new Unavailable('the table', new Error('timed out'))
    expect(errorReport(error, asJson)).toEqual({
      exit: 'unavailable',
      text: '{"code":"unavailable","message":"the table: timed out"}\n',
    })
  })

  it('of the command line is wrong use, with what may have been meant', () => {
    const error = wrongUse("error: unknown option '--limt'\n(Did you mean --limit?)")
    expect(errorReport(error, asText)).toEqual({
      exit: 'wrongUse',
      text: "Error (wrong_use): unknown option '--limt' (Did you mean --limit?); see --help\n",
    })
  })

  it('that nobody expected shows its stack', () => {
    const { exit, text } = errorReport(new TypeError('a fault'), asText)
    expect(exit).toBe('notPossible')
    expect(text).toMatch(/^Error \(internal\): TypeError: a fault\n +at .*report-error\.test\.ts/)
    expect(errorReport('thrown text', asJson).text).toBe('{"code":"internal","message":"thrown text"}\n')
  })

  it('cannot steer the terminal', () => {
    expect(errorReport(wrongUse("error: unknown option '--\u{1b}[2J'"), asText).text).not.toContain('\u{1b}')
  })
})
