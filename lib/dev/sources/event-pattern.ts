/** The part of EventBridge's pattern language that this project's event filters use. */
export type EventPattern = { readonly [key: string]: EventPattern | readonly PatternValue[] }

/** A value that must be there, any value but these, or no value at all. */
type PatternValue =
  | string
  | number
  | { readonly 'anything-but': readonly (string | number)[] }
  | { readonly exists: false }

/** One of the values of each key must fit. */
export function fits(pattern: EventPattern, event: unknown): boolean {
  // What is not there holds no value: only a pattern that asks for absence fits.
  const values = (typeof event === 'object' && event !== null ? event : {}) as Readonly<Record<string, unknown>>
  return Object.entries(pattern).every(([key, expected]) => {
    const value = values[key]
    return isList(expected) ? expected.some(one => isValue(one, value)) : fits(expected, value)
  })
}

const isList = (expected: EventPattern | readonly PatternValue[]): expected is readonly PatternValue[] =>
  Array.isArray(expected)

function isValue(expected: PatternValue, value: unknown): boolean {
  if (typeof expected !== 'object') return expected === value
  if ('exists' in expected) return value === undefined
  // As EventBridge: a key that is absent is not "anything but".
  return value !== undefined && !expected['anything-but'].some(other => other === value)
}
