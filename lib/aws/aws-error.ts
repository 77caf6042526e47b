import { LamplighterError, Unavailable, Unwritable } from '../core/values/errors.ts'

/** DynamoDB's or SQS's own "this request is wrong": asking again would not help. */
const refusals = new Set(['ValidationException', 'ValidationError', 'SerializationException'])

export const isRefusal = (error: unknown): error is Error => error instanceof Error && refusals.has(error.name)

/**
 * What callers see of an SDK's error: Unavailable, when the same call may succeed later; Unwritable with the service's
 * words, when the request itself is wrong or cannot even be written. The SDK's own error goes along as its cause.
 */
export function asOurs(what: string, error: unknown): Error {
  if (error instanceof LamplighterError) return error
  if (error instanceof RangeError || isRefusal(error))
    return new Unwritable(`${what}: ${error.message}`, { cause: error })
  return new Unavailable(what, error)
}

/** As `asOurs`, for an error inside an answer: a code and a message. */
export function asOursFromCode(what: string, code: string, message: string | undefined): Error {
  const text = message === undefined || message === '' ? code : `${code}: ${message}`
  return refusals.has(code) ? new Unwritable(`${what}: ${text}`) : new Unavailable(what, text)
}
