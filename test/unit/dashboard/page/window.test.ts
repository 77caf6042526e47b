import { describe, expect, it } from 'vitest'
import { windowOf } from '../../../../lib/dashboard/page/window.ts'

describe('the rows in the document', () => {
  it.each([0, 1, 5, 40, 10_000])('of %i: those in view, few others, and space for the rest', count => {
    for (const top of [0, 17, 3_400, 170_000, 339_400, 10_000_000]) {
      const { first, last, above, below } = windowOf({ top, height: 600 }, 34, count)
      expect([above, below]).toEqual([first * 34, (count - last) * 34])
      expect(last - first).toBe(Math.min(count, 18 + 24))
      // Beyond the end there is nothing to see.
      const [from, to] = [Math.floor(top / 34), Math.ceil((top + 600) / 34)]
      const isShown = first <= from && last >= to
      expect(isShown || to > count).toBe(true)
    }
  })
})
