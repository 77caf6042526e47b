import { describe, expect, it } from 'vitest'
import { keyAct, keyHelp, type Pressed, pagesByKey } from '../../../../lib/dashboard/page/keys.ts'

const pressed = (key: string, more: Partial<Pressed> = {}) =>
  keyAct({ key, isModified: false, isTyping: false, isInDialog: false, isAfterG: false, ...more })

const all = ['/', 'g', 'j', 'k', 'x', 'Enter', 'r', '.', '?', 'o', 'q', 'e', 's', 't', 'l']

describe('keys', () => {
  it.each([
    ['/', { kind: 'search' }],
    ['g', { kind: 'goto' }],
    ['j', { kind: 'row', by: 1 }],
    ['k', { kind: 'row', by: -1 }],
    ['x', { kind: 'select' }],
    ['Enter', { kind: 'open' }],
    ['r', { kind: 'retry' }],
    ['.', { kind: 'pause' }],
    ['?', { kind: 'help' }],
    ['o', { kind: 'none' }],
    ['constructor', { kind: 'none' }],
  ])('%s', (key, act) => {
    expect(pressed(key)).toEqual(act)
  })

  it('after g name a page, and do nothing else', () => {
    for (const [key, href] of Object.entries(pagesByKey)) {
      expect(pressed(key, { isAfterG: true })).toEqual({ kind: 'go', href })
    }
    for (const key of ['x', 'r', '/', 'toString']) expect(pressed(key, { isAfterG: true })).toEqual({ kind: 'none' })
  })

  it.each(['isModified', 'isTyping', 'isInDialog'] as const)('do nothing when %s, also after g', state => {
    const acts = all.flatMap(key => [pressed(key, { [state]: true }), pressed(key, { [state]: true, isAfterG: true })])
    expect(acts.every(({ kind }) => kind === 'none')).toBe(true)
  })

  it('are all in the help', () => {
    const told = keyHelp.map(([key, what]) => `${key} ${what}`).join(' ')
    for (const key of all) expect(told).toContain(key)
  })
})
