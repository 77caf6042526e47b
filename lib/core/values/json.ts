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
  check(field, value, 0, new Set())
  const text = JSON.stringify(value)
  const bytes = utf8Bytes(text)
  if (bytes > maxBytes) throw new JobTooLarge(field, bytes, maxBytes)
  return text
}

function check(path: string, value: unknown, depth: number, above: Set<object>): void {
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
      if (value !== null) checkObject(path, value, depth, above)
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

function checkObject(path: string, value: object, depth: number, above: Set<object>): void {
  if (above.has(value)) throw describedInput(path, 'a cycle', 'a value that does not contain itself')
  above.add(value)
  if (Array.isArray(value)) {
    // Not forEach: it would skip the holes of a sparse list, which JSON turns into null.
    for (let index = 0; index < value.length; index += 1) check(`${path}[${index}]`, value[index], depth + 1, above)
  } else {
    checkPlain(path, value)
    for (const [key, entry] of Object.entries(value)) {
      // Whoever copies the value with an assignment would set a prototype. Other names of every object are harmless.
      if (key === '__proto__')
        throw describedInput(`${path}.${key}`, "a key that sets an object's prototype", 'any other key')
      if (entry !== undefined) check(`${path}.${key}`, entry, depth + 1, above)
    }
  }
  above.delete(value)
}

function checkPlain(path: string, value: object): void {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) {
    const name = nameOf(prototype)
    const kind = name === undefined ? 'an object with a prototype of its own' : `an instance of ${name}`
    throw describedInput(path, kind, 'plain objects and lists; write a Date as its ISO 8601 text')
  }
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
