import { InvalidInput } from '../core/values/errors.ts'
import { maxIdempotencyKeyLength } from '../core/values/times.ts'

/** Visible ASCII but for the quote and the comma. */
const bareForm = /^[\x21\x23-\x2b\x2d-\x7e]+$/
/** A string of RFC 9651, section 3.3.3: printable ASCII, with quote and backslash escaped. */
const quotedForm = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/

/**
 * The key that an `Idempotency-Key` header carries. Taken are the quoted string of the IETF draft
 * (draft-ietf-httpapi-idempotency-key-header-07) and, as most clients send it, the bare key; `"abc"` and `abc` are the
 * same key. A bare key holds no comma: two headers reach us joined by one, and nobody could tell which was meant.
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
