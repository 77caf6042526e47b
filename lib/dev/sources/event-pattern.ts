/** The part of EventBridge's pattern language that this project's event filters use. */
export type EventPattern = { readonly [key: string]: EventPattern | readonly PatternValue[] }

/** A value that must be there, or any value but these. */
type PatternValue = string | number | { readonly 'anything-but': readonly (string | number)[] }

/** Every key of the pattern must be in the event, and one of its values must fit. */
export function fits(pattern: EventPattern, event: unknown): boolean {
  if (typeof event !== 'object' || event === null) return false
  return Object.entries(pattern).every(([key, expected]) => {
    const value = (event as Readonly<Record<string, unknown>>)[key]
    return isList(expected) ? expected.some(one => isValue(one, value)) : fits(expected, value)
  })
}

const isList = (expected: EventPattern | readonly PatternValue[]): expected is readonly PatternValue[] =>
  Array.isArray(expected)

function isValue(expected: PatternValue, value: unknown): boolean {
  if (typeof expected !== 'object') return expected === value
  // As EventBridge: a key that is absent is not "anything but".
  return value !== undefined && !expected['anything-but'].some(other => other === value)
}
