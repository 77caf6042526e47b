import { describe, expect, it } from 'vitest'
import { retryAfterMs } from '../../../functions/jobs/retry-after.ts'

const now = Date.parse('2026-11-22T12:00:00.000Z')
const dayMs = 86_400_000

describe('retryAfterMs', () => {
  it.each([
    ['7', 7_000],
    [' 120 ', 120_000],
    ['Sun, 22 Nov 2026 12:00:30 GMT', 30_000],
    ['Sunday, 22-Nov-26 12:00:30 GMT', 30_000],
  ])('reads %j as %i ms', (header, expected) => {
    expect(retryAfterMs(header, now)).toBe(expected)
  })

  it.each([
    ['0', 0],
    ['Sun, 22 Nov 2026 11:00:00 GMT', 0],
    ['86401', dayMs],
    ['9'.repeat(400), dayMs],
    ['Sun, 22 Nov 2099 12:00:00 GMT', dayMs],
  ])('clamps %j to %i ms', (header, expected) => {
    expect(retryAfterMs(header, now)).toBe(expected)
  })

  it.each([undefined, '', 'soon', '-5', '1.5', '1e3', '0x10', '2026-11-22T12:00:30Z', 'Sun, nonsense GMT'])(
    'gives nothing for %j',
    header => {
      expect(retryAfterMs(header, now)).toBeUndefined()
    },
  )
})
