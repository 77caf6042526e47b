/** JSON text of a request: refused where parsing would change what it says. */
import { describedInput, InvalidInput, show } from '../core/values/errors.ts'
import { maxJsonDepth } from '../core/values/times.ts'

/** Integers of fewer digits are exact in a number: 2 to the power of 53 has sixteen. */
const longInteger = /\d{16}/
const integer = /^-?\d+$/

/**
 * The value of a JSON text. Of keys that occur twice in an object the last counts, as `JSON.parse` has it.
 * @throws InvalidInput for text that is not JSON, and for an integer that would become another one, with its path
 */
export function parseJson(text: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'no reason given'
    throw describedInput('body', `not JSON: ${reason}`, 'a JSON object')
  }
  // Looking at each number takes ten times as long as parsing.
  if (longInteger.test(text)) refuseInexact(text)
  return value
}

/** A value that the reviver saw: where it is, from the inside out as the reviver walks. */
interface Found {
  readonly source: string
  /** The object or list that holds the value, or that holds what holds it. */
  holder: object
  path: string
}

/** The reviver gets the text of each number: ECMAScript's "JSON.parse source text access". */
type Reviver = (this: object, key: string, value: unknown, context: { readonly source?: string }) => unknown

function refuseInexact(text: string): void {
  let found: Found | undefined
  const look: Reviver = function (key, value, { source }) {
    if (found === undefined) {
      if (source !== undefined && isInexact(source, value)) found = { source, holder: this, path: stepTo(this, key) }
    } else if (value === found.holder) {
      // The root is held by an object that is not in the text, under the key ''.
      found.path = `${stepTo(this, key)}${found.path}`
      found.holder = this
    }
    return value
  }
  try {
    // TypeScript's own types do not know the third parameter yet.
    JSON.parse(text, look as (key: string, value: unknown) => unknown)
  } catch {
    // The reviver recurses, unlike the parser.
    throw describedInput('body', 'nested too deeply', `at most ${maxJsonDepth} levels of nesting`)
  }
  if (found === undefined) return
  const allowed = `integers from ${Number.MIN_SAFE_INTEGER} to ${Number.MAX_SAFE_INTEGER}; write a larger one as text`
  throw new InvalidInput(fieldOf(found.path), found.source, allowed, `is ${show(BigInt(found.source))}`)
}

/** Whether the number is an integer that JSON text would show with other digits from now on. */
const isInexact = (source: string, value: unknown): boolean =>
  typeof value === 'number' && Number.isFinite(value) && integer.test(source) && digitsOf(value) !== source

/** A large integer without exponent: `1.5e+21` is `1500000000000000000000`. */
function digitsOf(value: number): string {
  const [mantissa = '', exponent = '0'] = String(value).split('e+')
  const [whole = '', fraction = ''] = mantissa.split('.')
  return `${whole}${fraction.padEnd(Number(exponent), '0')}`
}

const stepTo = (holder: object, key: string): string => (Array.isArray(holder) ? `[${key}]` : `.${key}`)

/** `..input.a` is the field `input.a` of the body; `.[0]` and `.` are in a body that is no object. */
const fieldOf = (path: string): string => (/^\.\.[^.[]/.test(path) ? path.slice(2) : `body${path.slice(1)}`)
