import { InvalidInput } from '../core/values/errors.ts'
import { fromJsonText } from '../core/values/json.ts'
import { BodyTooLarge, UnsupportedMediaType } from './refusals.ts'

/**
 * The largest item, 400 KB, and room for the envelope and for white space and escapes that are not stored.
 * In bytes on the wire.
 */
export const maxBodyBytes = 512 * 1024

const jsonType = /^application\/(?:[a-z0-9!#$&^_.+-]+\+)?json$/i

/**
 * The object that a request's body holds. Reads no further than the limit.
 * @throws UnsupportedMediaType unless it is JSON, in UTF-8, not compressed
 * @throws BodyTooLarge
 * @throws InvalidInput when it is empty, no UTF-8, no JSON or no object
 */
export async function readJsonBody(request: Request): Promise<Readonly<Record<string, unknown>>> {
  checkMediaType(request.headers)
  // Only a hint: it may be absent or a lie, and then the bytes themselves count.
  if (Number(request.headers.get('content-length')) > maxBodyBytes) throw new BodyTooLarge(maxBodyBytes)
  const value = parse(decode(await readBytes(request)))
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
    throw new InvalidInput('body', 'cut off', 'a body that is sent to its end')
  }
  return Buffer.concat(chunks)
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new InvalidInput('body', 'not UTF-8', 'a JSON object in UTF-8')
  }
}

function parse(text: string): unknown {
  if (text === '') throw new InvalidInput('body', 'empty', 'a JSON object')
  try {
    return fromJsonText(text)
  } catch (error) {
    throw new InvalidInput('body', `not JSON: ${error instanceof Error ? error.message : ''}`, 'a JSON object')
  }
}
