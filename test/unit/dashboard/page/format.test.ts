import { describe, expect, it } from 'vitest'
import { charged, elapsed, relative, shown, span, whole } from '../../../../lib/dashboard/page/format.ts'

describe('format', () => {
  it.each([
    [undefined, '–'],
    [80.4, '80 ms'],
    [1_250, '1.3 s'],
    [59_000, '59 s'],
    [360_000, '6 min'],
    [50_400_000, '14 h'],
    [172_800_000, '2 d'],
    [259_199_000, '3 d'],
    [216_000_000, '2.5 d'],
    [1_000_000_000, '11 d'],
  ])('a span of %s', (ms, text) => expect(span(ms)).toBe(text))

  it('an instant before, after, and none', () => {
    const now = Date.parse('2026-11-26T12:00:00Z')
    expect(relative('2026-11-26T11:58:00Z', now)).toBe('2 min ago')
    expect(relative('2026-11-26T12:04:00Z', now)).toBe('in 4 min')
    expect(relative(undefined, now)).toBe('–')
  })

  it('a time since then; of a clock that is ahead, none', () => {
    const now = Date.parse('2026-11-26T12:00:00Z')
    expect(elapsed('2026-11-26T11:58:00Z', now)).toBe('2 min')
    expect(elapsed('2026-11-26T12:00:03Z', now)).toBe('0 ms')
  })

  it('starts that cost no attempt are none', () => expect(charged({ attempt: 8, snoozes: 7 })).toBe(1))

  it('counts have separators', () => expect(whole(12_408)).toBe('12,408'))

  it('shows control characters and marks of direction as numbers, and cuts what is long', () => {
    expect(shown('\u001b[31mred\u202e')).toBe('\\u001b[31mred\\u202e')
    expect(shown('x'.repeat(30), 10)).toBe(`${'x'.repeat(10)}… (30 characters)`)
    expect(shown(undefined)).toBe('–')
  })
})
