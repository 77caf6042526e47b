import { describe, expect, it } from 'vitest'
import { faviconOf, stageOf, titleOf, toneOf } from '../../../../lib/dashboard/page/stage.ts'

describe('where the reader is', () => {
  it.each([
    [true, 'local', 'local'],
    [true, 'prod', 'local'],
    [false, 'prod-jobs', 'production'],
    [false, 'my-shop', 'production'],
    [false, 'shop-staging', 'trial'],
    [false, 'ShopTestStack', 'trial'],
    [false, 'dev', 'trial'],
    // Words, not letters in the middle of one.
    [false, 'devotion', 'production'],
    [false, 'latest', 'production'],
  ] as const)('isLocal %s, %s: %s', (isLocal, target, stage) => expect(stageOf({ isLocal, target })).toBe(stage))

  it('production is red', () => {
    expect(toneOf.production).toBe('bad')
    expect(new Set(Object.values(toneOf)).size).toBe(3)
  })

  it('each has an icon of its own, as data that the policy allows', () => {
    const icons = (['local', 'trial', 'production'] as const).map(faviconOf)
    expect(new Set(icons).size).toBe(3)
    for (const icon of icons) expect(icon).toMatch(/^data:image\/svg\+xml,[^<>"# ]+$/)
    // By shape as well: only the outline.
    expect(decodeURIComponent(icons[0] ?? '')).toContain('fill="none"')
  })

  it('a tab says it first', () => {
    expect(titleOf({ isLocal: true, target: 'local' })).toBe('[local] Lamplighter')
    expect(titleOf({ isLocal: false, target: 'prod' })).toBe('[prod] Lamplighter')
  })
})
