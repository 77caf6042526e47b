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
  const stack = read(thrown, 'stack')
  return {
    name: typeof name === 'string' && name !== '' ? name : isResponse(thrown) ? 'Response' : 'NonError',
    message: messageOf(thrown, 0),
    ...(typeof stack === 'string' ? { stack } : {}),
  }
}

/** How many causes below one another, and how many errors next to one another, a message names. */
const maxReasons = 5

/** The message with its reasons: an AggregateError says nothing itself, and the last cause is often the one to know. */
function messageOf(thrown: object, depth: number): string {
  const message = read(thrown, 'message')
  const own = typeof message === 'string' ? message : isResponse(thrown) ? responseText(thrown) : text(thrown)
  if (depth >= maxReasons) return own
  const errors = read(thrown, 'errors')
  const listed = Array.isArray(errors) ? errors.slice(0, maxReasons).map(error => reasonOf(error, depth)) : []
  const cause = read(thrown, 'cause')
  const causeText = cause === undefined || cause === null ? '' : reasonOf(cause, depth)
  const parts = [
    own,
    listed.length === 0 ? '' : `(errors: ${listed.join('; ')})`,
    causeText === '' ? '' : `(cause: ${causeText})`,
  ]
  return parts.filter(part => part !== '').join(' ')
}

/** Text and errors say why; any other value, such as a number, would only look like a reason. */
function reasonOf(reason: unknown, depth: number): string {
  if (typeof reason === 'string') return clip(reason, maxReasonLength)
  if (typeof reason !== 'object' || reason === null || typeof read(reason, 'message') !== 'string') return ''
  return clip(messageOf(reason, depth + 1), maxReasonLength)
}

/** A cause may carry a whole response body. */
const maxReasonLength = 1_000

/** What `fetch` answers with, thrown as it is: its JSON is `{}`. */
const isResponse = (thrown: object): boolean =>
  typeof read(thrown, 'status') === 'number' && typeof read(thrown, 'statusText') === 'string'

function responseText(response: object): string {
  const url = read(response, 'url')
  // Not its query, where tokens are.
  const from = typeof url === 'string' && url !== '' ? `from ${url.split('?')[0]}` : ''
  return ['HTTP', read(response, 'status'), read(response, 'statusText'), from].filter(part => part !== '').join(' ')
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
  const bare = fit(cut => ({ name, message: clipMarked(message, cut) }), message.length, maxBytes)
  if (stack === undefined || bare.isCut) return bare.text
  const whole = fit(cut => ({ name, message, stack: clipMarked(stack, cut) }), stack.length, maxBytes)
  return whole.isCut && utf8Bytes(whole.text) > maxBytes ? bare.text : whole.text
}

/** A name of control characters would take six bytes a piece in JSON. */
function shortName(name: string): string {
  const short = clip(name, 40)
  return utf8Bytes(JSON.stringify(short)) <= 60 ? short : 'Error'
}

/** So many characters, the last of them a mark where some are missing: a reader must see that this is not all. */
const clipMarked = (value: string, length: number): string =>
  value.length <= length || length === 0 ? clip(value, length) : `${clip(value, length - 1)}…`

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
