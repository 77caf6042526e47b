import { utf8Bytes } from '../values/json.ts'

/** What a failed run leaves behind: plain, bounded, whatever was thrown. */
export interface JobError {
  readonly name: string
  readonly message: string
  readonly stack?: string
}

/** Reads a property that may be a getter that throws. */
function read(source: object, key: string): unknown {
  try {
    return (source as Record<string, unknown>)[key]
  } catch {
    return undefined
  }
}

function text(value: unknown): string {
  try {
    if (typeof value === 'string') return value
    return JSON.stringify(value) ?? String(value)
  } catch {
    // A cycle, a revoked proxy, an object that cannot become a primitive.
    return `a value of type ${typeof value} that cannot be shown`
  }
}

/** Total over everything that JavaScript can throw: null, strings, frozen, cyclic or hostile objects. */
export function normaliseError(thrown: unknown): JobError {
  if (typeof thrown !== 'object' || thrown === null) return { name: 'NonError', message: text(thrown) }
  const name = read(thrown, 'name')
  const message = read(thrown, 'message')
  const stack = read(thrown, 'stack')
  const cause = read(thrown, 'cause')
  const causeText = typeof cause === 'object' && cause !== null ? read(cause, 'message') : cause
  const full = typeof message === 'string' ? message : text(thrown)
  return {
    name: typeof name === 'string' && name !== '' ? name : 'NonError',
    message: typeof causeText === 'string' && causeText !== '' ? `${full} (cause: ${causeText})` : full,
    ...(typeof stack === 'string' ? { stack } : {}),
  }
}

/** An error as it is reported: bounded, because it may carry a whole response body. */
export const reportedError = ({ name, message, stack }: JobError) => ({
  error: clip(`${name}: ${message}`, 1_000),
  ...(stack === undefined ? {} : { stack: clip(stack, 4_000) }),
})

/** JSON text of an error in at most maxBytes of UTF-8; the stack goes first, then the end of the message, then of the name. */
export function errorText(error: JobError, maxBytes: number): string {
  const { message, stack } = error
  const name = shortName(error.name)
  const bare = fit(cut => ({ name, message: clip(message, cut) }), message.length, maxBytes)
  if (stack === undefined || bare.isCut) return bare.text
  const whole = fit(cut => ({ name, message, stack: clip(stack, cut) }), stack.length, maxBytes)
  return whole.isCut && utf8Bytes(whole.text) > maxBytes ? bare.text : whole.text
}

/** A name of control characters would take six bytes a piece in JSON. */
function shortName(name: string): string {
  const short = clip(name, 40)
  return utf8Bytes(JSON.stringify(short)) <= 60 ? short : 'Error'
}

/** Never cuts a surrogate pair in half. */
function clip(value: string, length: number): string {
  if (value.length <= length) return value
  const end = value.charCodeAt(length - 1)
  return value.slice(0, end >= 0xd800 && end <= 0xdbff ? length - 1 : length)
}

/** The longest cut whose JSON fits, by halving the interval. */
function fit(build: (cut: number) => object, length: number, maxBytes: number): { text: string; isCut: boolean } {
  const whole = JSON.stringify(build(length))
  if (utf8Bytes(whole) <= maxBytes) return { text: whole, isCut: false }
  let low = 0
  // Stryker disable next-line MethodExpression: a higher bound finds the same cut, in more steps
  let high = Math.min(length, maxBytes)
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (utf8Bytes(JSON.stringify(build(middle))) <= maxBytes) low = middle
    else high = middle - 1
  }
  return { text: JSON.stringify(build(low)), isCut: true }
}
