import { describedInput, InvalidInput, JobTooLarge } from './errors.ts'
import { maxJsonDepth } from './times.ts'

const encoder = new TextEncoder()

export const utf8Bytes = (text: string): number => encoder.encode(text).byteLength

/**
 * JSON text of a value that survives the journey unchanged. What `JSON.stringify` would silently bend (NaN to null,
 * a Date to a string, a Map to {}, undefined in a list to null) is refused with its path; an undefined property is
 * simply left out, as an optional field is.
 * @throws InvalidInput naming the path, the value and what is allowed
 * @throws JobTooLarge when the text takes more than maxBytes in UTF-8
 */
export function toJsonText(field: string, value: unknown, maxBytes: number): string {
  return textOf(field, value, maxBytes, refuseToJson)
}

/**
 * As `toJsonText`, but takes what a value's own `toJSON` makes of it, such as the text of a Date: for results, where the
 * work is done and a refusal would lose it.
 */
export function resultJsonText(field: string, value: unknown, maxBytes: number): string {
  return textOf(field, value, maxBytes, callToJson)
}

/** What is checked in place of an object; the object itself where it says nothing of its own. */
type Resolve = (path: string, value: object) => unknown

const refuseToJson: Resolve = (path, value) => {
  const isPlain = Array.isArray(value) || isPlainObject(value)
  if (isPlain && hasToJson(value)) throw describedInput(path, 'an object with a toJSON of its own', 'plain data')
  return value
}

const callToJson: Resolve = (_path, value) => (hasToJson(value) ? value.toJSON('') : value)

const hasToJson = (value: object): value is { toJSON(key: string): unknown } =>
  'toJSON' in value && typeof value.toJSON === 'function'

function textOf(field: string, value: unknown, maxBytes: number, resolve: Resolve): string {
  const text = readableText(field, value, resolve)
  const bytes = utf8Bytes(text)
  if (bytes > maxBytes) throw new JobTooLarge(field, bytes, maxBytes)
  return text
}

/** A getter or a `toJSON` may throw: the value is wrong then, not the program. */
function readableText(field: string, value: unknown, resolve: Resolve): string {
  try {
    check(field, value, { depth: 0, above: new Set(), resolve })
    return JSON.stringify(value)
  } catch (cause) {
    if (cause instanceof InvalidInput) throw cause
    const error = describedInput(field, 'a value that throws when it is read', 'plain data')
    error.cause = cause
    throw error
  }
}

/** Where in a value the check is. */
interface Place {
  readonly depth: number
  /** The objects that hold this one. */
  readonly above: Set<object>
  readonly resolve: Resolve
}

function check(path: string, value: unknown, place: Place): void {
  const { depth } = place
  if (depth > maxJsonDepth) throw describedInput(path, 'nested too deeply', `at most ${maxJsonDepth} levels of nesting`)
  switch (typeof value) {
    // Stryker disable next-line StringLiteral: a text that no case takes is let through all the same
    case 'string':
    // Stryker disable next-line StringLiteral: so is a boolean
    case 'boolean':
      return
    case 'number':
      if (!Number.isFinite(value)) throw new InvalidInput(path, value, 'a finite number')
      return
    case 'object':
      if (value !== null) checkResolved(path, value, place)
      return
    case 'bigint':
    case 'function':
    case 'symbol':
      throw describedInput(path, `a ${typeof value}`, jsonValues)
    case 'undefined':
      throw describedInput(path, 'undefined', jsonValues)
  }
}

const jsonValues = 'a JSON value: null, boolean, number, string, list, object'

function checkResolved(path: string, value: object, place: Place): void {
  const resolved = place.resolve(path, value)
  if (typeof resolved === 'object' && resolved !== null) checkObject(path, resolved, place)
  else check(path, resolved, place)
}

function checkObject(path: string, value: object, place: Place): void {
  const { above } = place
  const below = { ...place, depth: place.depth + 1 }
  if (above.has(value)) throw describedInput(path, 'a cycle', 'a value that does not contain itself')
  above.add(value)
  if (Array.isArray(value)) {
    // Not forEach: it would skip the holes of a sparse list, which JSON turns into null.
    for (let index = 0; index < value.length; index += 1) check(`${path}[${index}]`, value[index], below)
  } else {
    checkPlain(path, value)
    for (const [key, entry] of Object.entries(value)) {
      // Whoever copies the value with an assignment would set a prototype. Other names of every object are harmless.
      if (key === '__proto__')
        throw describedInput(`${path}.${key}`, "a key that sets an object's prototype", 'any other key')
      if (entry !== undefined) check(`${path}.${key}`, entry, below)
    }
  }
  above.delete(value)
}

function checkPlain(path: string, value: object): void {
  if (!isPlainObject(value)) {
    const name = nameOf(Object.getPrototypeOf(value))
    const kind = name === undefined ? 'an object with a prototype of its own' : `an instance of ${name}`
    throw describedInput(path, kind, 'plain objects and lists; write a Date as its ISO 8601 text')
  }
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** The name of the class that a prototype belongs to. */
function nameOf(prototype: unknown): string | undefined {
  const made = (prototype as { readonly constructor?: unknown }).constructor
  return typeof made === 'function' && made.name !== '' ? made.name : undefined
}

/** Parses stored JSON text. `__proto__` keys become ordinary properties here, never a prototype. */
export function fromJsonText(text: string): unknown {
  return JSON.parse(text) as unknown
}

/** Whether two JSON texts mean the same. Text that is no JSON (a foreign writer's) equals only itself. */
export function sameJsonText(left: string, right: string): boolean {
  if (left === right) return true
  try {
    return sameJson(fromJsonText(left), fromJsonText(right))
  } catch {
    return false
  }
}

/** Whether two JSON values are the same, whatever the order of their keys. */
export function sameJson(left: unknown, right: unknown): boolean {
  if (left === right) return true
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false
  if (Array.isArray(left) !== Array.isArray(right)) return false
  const keys = Object.keys(left)
  return (
    keys.length === Object.keys(right).length &&
    keys.every(
      key =>
        Object.hasOwn(right, key) &&
        sameJson((left as Record<string, unknown>)[key], (right as Record<string, unknown>)[key]),
    )
  )
}

/** The list that the text holds; an empty one where it holds anything else. */
export function parsedList(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}
