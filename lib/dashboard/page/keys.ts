/** What keys do. None does anything while somebody types, or while a dialog is open. */

export const pagesByKey = {
  o: '/',
  q: '/queues',
  j: '/jobs',
  e: '/errors',
  s: '/schedules',
  t: '/live',
  l: '/live',
} as const

export type KeyAct =
  | { readonly kind: 'none' }
  /** The next key says the page. */
  | { readonly kind: 'goto' }
  | { readonly kind: 'go'; readonly href: string }
  | { readonly kind: 'row'; readonly by: 1 | -1 }
  | { readonly kind: 'search' | 'select' | 'open' | 'retry' | 'pause' | 'help' }

export interface Pressed {
  readonly key: string
  /** With Ctrl, Alt or Meta: the browser's own. */
  readonly isModified: boolean
  readonly isTyping: boolean
  readonly isInDialog: boolean
  /** Whether `g` was the key before, a moment ago. */
  readonly isAfterG: boolean
}

const acts: Readonly<Record<string, KeyAct>> = {
  '/': { kind: 'search' },
  g: { kind: 'goto' },
  j: { kind: 'row', by: 1 },
  k: { kind: 'row', by: -1 },
  x: { kind: 'select' },
  Enter: { kind: 'open' },
  r: { kind: 'retry' },
  '.': { kind: 'pause' },
  '?': { kind: 'help' },
}

const none: KeyAct = { kind: 'none' }

export function keyAct({ key, isModified, isTyping, isInDialog, isAfterG }: Pressed): KeyAct {
  if (isModified || isTyping || isInDialog) return none
  if (isAfterG) {
    return Object.hasOwn(pagesByKey, key) ? { kind: 'go', href: pagesByKey[key as keyof typeof pagesByKey] } : none
  }
  return Object.hasOwn(acts, key) ? (acts[key] ?? none) : none
}

/** For the help. */
export const keyHelp = [
  ['/', 'to the search box'],
  ['g, then o q j e s l', 'overview, queues, jobs, errors, schedules, live (also g t)'],
  ['j  k', 'next row, row before'],
  ['Enter', 'opens what the row is about'],
  ['x', 'selects the row, or takes it out'],
  ['r', 'retries what is selected, else the row'],
  ['.', 'stops the page’s questions, and goes on'],
  ['?', 'this help'],
  ['Esc', 'closes a dialog'],
] as const
