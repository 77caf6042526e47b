import type { StandardSchemaV1 } from '@standard-schema/spec'
import { describedInput, InvalidInput } from './errors.ts'

/** Refuses keys nobody knows, so that a typing error is not a silent default. @throws InvalidInput */
export function refuseUnknownKeys(where: string, given: object, known: readonly string[]): void {
  for (const key of Object.keys(given)) {
    if (known.includes(key)) continue
    const nearest = nearestName(key, known)
    const hint = nearest === undefined ? '' : ` (did you mean '${nearest}'?)`
    throw describedInput(`${where}.${key}`, 'not an option', `${known.join(', ')}${hint}`)
  }
}

/** @throws InvalidInput unless the value is an object that holds options */
export function objectIn(where: string, value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidInput(where, value, 'an object of options')
  }
}

/** @throws InvalidInput unless the value is a Standard Schema */
export function checkSchema(field: string, schema: StandardSchemaV1 | undefined): void {
  if (typeof schema?.['~standard']?.validate === 'function') return
  throw new InvalidInput(field, schema, 'a Standard Schema (valibot, zod, arktype …)')
}

/** @throws InvalidInput unless the value is a whole number within [min, max] */
export function integerIn(field: string, value: unknown, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    throw new InvalidInput(field, value, `a whole number from ${min} to ${max}`)
  }
  return value
}

/** @throws InvalidInput unless it is well-formed text of 1 to `maxLength` characters */
export function shortTextIn(field: string, value: unknown, maxLength: number): string {
  const allowed = `text of 1 to ${maxLength} characters`
  if (typeof value !== 'string') throw describedInput(field, `a value of type ${typeof value}`, allowed)
  if (value.length > 0 && value.length <= maxLength && value.isWellFormed()) return value
  throw new InvalidInput(field, value, allowed)
}

/** @throws InvalidInput unless the value is text of the given form */
export function textIn(field: string, value: unknown, form: RegExp, allowed: string): string {
  if (typeof value !== 'string' || !form.test(value)) throw new InvalidInput(field, value, allowed)
  return value
}

/** @throws InvalidInput unless the value is one of these texts */
export function oneOf<const Text extends string>(field: string, value: unknown, allowed: readonly Text[]): Text {
  const found = allowed.find(text => text === value)
  if (found === undefined) throw new InvalidInput(field, value, allowed.map(text => `'${text}'`).join(', '))
  return found
}

function nearestName(key: string, known: readonly string[]): string | undefined {
  // No typing error makes a name this long; somebody's megabyte would only cost time.
  if (key.length > 64) return undefined
  const ranked = known.map(name => ({ name, steps: editDistance(key.toLowerCase(), name.toLowerCase()) }))
  const best = ranked.toSorted((a, b) => a.steps - b.steps)[0]
  return best !== undefined && best.steps <= 3 ? best.name : undefined
}

/** Levenshtein distance, row by row. */
export function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (const [i, a] of Array.from(left).entries()) {
    const next = [i + 1]
    for (const [j, b] of Array.from(right).entries()) {
      next.push(Math.min((row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1, (row[j] ?? 0) + (a === b ? 0 : 1)))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
