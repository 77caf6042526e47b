/** What a request brings: its body, its idempotency key and its trace, read within limits. */
import { isContext, type JobContext } from '../core/job/job-context.ts'
import { describedInput, InvalidInput } from '../core/values/errors.ts'
import { maxIdempotencyKeyLength } from '../core/values/times.ts'
import { BodyTooLarge, UnsupportedMediaType } from './errors.ts'
import { parseJson } from './parse-json.ts'

/**
 * In bytes on the wire: the largest item, 400 KB, and room for the envelope, white space and escapes that are not stored.
 */
export const maxBodyBytes = 512 * 1024

const jsonType = /^application\/(?:[a-z0-9!#$&^_.+-]+\+)?json$/i

/**
 * The object that a request's body holds. Reads no further than the limit.
 * @param isOptional whether nothing is as good as an empty object; a content type is asked for all the same, so that no
 * form of a web page can send it
 * @throws UnsupportedMediaType unless it is JSON, in UTF-8, not compressed
 * @throws BodyTooLarge
 * @throws InvalidInput when it is empty, no UTF-8, no JSON or no object
 */
export async function readJsonBody(request: Request, isOptional = false): Promise<Readonly<Record<string, unknown>>> {
  checkMediaType(request.headers)
  // Only a hint: it may be absent or a lie, and then the bytes themselves count.
  if (Number(request.headers.get('content-length')) > maxBodyBytes) throw new BodyTooLarge(maxBodyBytes)
  const text = decode(await readBytes(request))
  if (text === '' && isOptional) return {}
  if (text === '') throw describedInput('body', 'empty', 'a JSON object')
  const value = parseJson(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidInput('body', value, 'a JSON object')
  }
  return value as Readonly<Record<string, unknown>>
}

function checkMediaType(headers: Headers): void {
  const given = headers.get('content-type')
  const [essence = '', ...parameters] = (given ?? '').split(';').map(part => part.trim())
  const charsets = parameters.filter(parameter => /^charset=/i.test(parameter))
  if (!jsonType.test(essence) || charsets.some(charset => !/^charset="?utf-?8"?$/i.test(charset))) {
    throw new UnsupportedMediaType('content-type', given, 'application/json or a type that ends in +json, in UTF-8')
  }
  const coding = headers.get('content-encoding')
  if (coding !== null && coding.toLowerCase() !== 'identity') {
    throw new UnsupportedMediaType('content-encoding', coding, 'a body that is not compressed')
  }
}

async function readBytes({ body }: Request): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    // Leaving the loop by an exception cancels the stream: the rest is never read.
    for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
      bytes += chunk.byteLength
      if (bytes > maxBodyBytes) throw new BodyTooLarge(maxBodyBytes)
      chunks.push(chunk)
    }
  } catch (error) {
    if (error instanceof BodyTooLarge) throw error
    throw describedInput('body', 'cut off', 'a body that is sent to its end')
  }
  return Buffer.concat(chunks)
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw describedInput('body', 'not UTF-8', 'a JSON object in UTF-8')
  }
}

/**
 * The parameters of a query, by name. @throws InvalidInput for one that is given twice: a reader would take only one */
export function readQuery(url: string): Readonly<Record<string, string>> {
  const given = [...new URL(url).searchParams]
  const twice = given.find(([name], index) => given.findIndex(([other]) => other === name) !== index)
  if (twice !== undefined) throw describedInput(`query.${twice[0]}`, 'given twice', 'once')
  return Object.fromEntries(given)
}

/** Visible ASCII without the quote and the comma. */
const bareForm = /^[\x21\x23-\x2b\x2d-\x7e]+$/
/** A string of RFC 9651, section 3.3.3: printable ASCII, with quote and backslash escaped. */
const quotedForm = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/

/**
 * The key that an `Idempotency-Key` header carries. Taken are the quoted string of the IETF draft
 * (draft-ietf-httpapi-idempotency-key-header-07) and, as most clients send it, the bare key; `"abc"` and `abc` are the
 * same key. A bare key has no comma, since two headers arrive as one, joined by a comma.
 * @throws InvalidInput for anything else, an empty header too: its sender believes to be safe from a second job
 */
export function idempotencyKeyOf(header: string | null): string | undefined {
  if (header === null) return undefined
  const quoted = quotedForm.exec(header)?.[1]
  const key = quoted === undefined ? bareForm.exec(header)?.[0] : quoted.replace(/\\(["\\])/g, '$1')
  if (key === undefined || key.length === 0 || key.length > maxIdempotencyKeyLength) {
    const allowed = `one key of 1 to ${maxIdempotencyKeyLength} visible ASCII characters; in double quotes if it holds a space or a comma`
    throw new InvalidInput('Idempotency-Key', header, allowed)
  }
  return key
}

/**
 * A job's context: what the body says, with the trace of the headers where it names none. An empty one stays empty.
 * Headers that are no trace are ignored, as W3C Trace Context asks: proxies set them, of which the caller knows nothing. A
 * `tracestate` for which 512 bytes have no room is left out.
 */
export function withTrace(headers: Headers, context: JobContext | undefined): JobContext | undefined {
  const [traceparent, tracestate] = [headers.get('traceparent'), headers.get('tracestate')]
  if (traceparent === null || (context !== undefined && !isTraceless(context))) return context
  const traced = { ...context, traceparent }
  return [...(tracestate === null ? [] : [{ ...traced, tracestate }]), traced].find(isContext) ?? context
}

const isTraceless = ({ baggage, ...trace }: JobContext): boolean =>
  baggage !== undefined && Object.keys(trace).length === 0
