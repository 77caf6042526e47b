import { describe, expect, it } from 'vitest'
import { parseInstant } from '../../../../lib/core/values/instant.ts'

describe('the text of an instant', () => {
  it.each([
    ['2027-01-31T09:00Z', Date.UTC(2027, 0, 31, 9)],
    ['2027-01-31T09:00:07Z', Date.UTC(2027, 0, 31, 9, 0, 7)],
    ['2027-01-31T09:00:07.1Z', Date.UTC(2027, 0, 31, 9, 0, 7, 100)],
    ['2027-01-31T09:00:07.123456789Z', Date.UTC(2027, 0, 31, 9, 0, 7, 123)],
    ['2027-01-31T09:00-01:30', Date.UTC(2027, 0, 31, 10, 30)],
    ['2027-01-31T09:00+0200', Date.UTC(2027, 0, 31, 7)],
    ['2028-02-29T23:59+23:00', Date.UTC(2028, 1, 29, 0, 59)],
  ])('%s', (text, expected) => {
    expect(parseInstant(text)).toBe(expected)
  })

  it.each([
    ' 2027-01-31T09:00Z',
    '2027-01-31T09:00Z ',
    '12027-01-31T09:00Z',
    '+002027-01-31T09:00Z',
    // Date.parse takes this one.
    '2027-01-31T09:00Z\u0000',
    '2027-1-31T09:00Z',
    '2027-01-31T9:00Z',
    '2027-01-31T09:0Z',
    '2027-01-31T09:00:7Z',
    '2027-01-31T09:00:07.Z',
    '2027-01-31T09:00:07.1234567890Z',
    '2027-01-31T09:00+1:00',
    '2027-01-31T09:00z',
    '2027-01-31T25:00Z',
    '2027-13-31T09:00Z',
    '2027-02-29T09:00Z',
    '2027-04-31T09:00+02:00',
  ])('%o is none', text => {
    expect(parseInstant(text)).toBeUndefined()
  })
})
