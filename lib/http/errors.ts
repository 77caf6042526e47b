/** What only HTTP can refuse; everything else is refused by the core, with the core's own errors. */
import { LamplighterError, show } from '../core/values/errors.ts'

/** The body is of a kind that this API does not read. */
export class UnsupportedMediaType extends LamplighterError {
  override readonly name = 'UnsupportedMediaType'
  readonly code = 'unsupported_media_type'
  readonly field: string
  readonly value: string | null
  readonly allowed: string
  constructor(field: string, value: string | null, allowed: string) {
    super(`${field} is ${value === null ? 'missing' : show(value)}; allowed: ${allowed}`)
    this.field = field
    this.value = value
    this.allowed = allowed
  }
}

/** The body was not read to its end: it is longer than any job can be. */
export class BodyTooLarge extends LamplighterError {
  override readonly name = 'BodyTooLarge'
  readonly code = 'body_too_large'
  readonly field = 'body'
  readonly maxBytes: number
  constructor(maxBytes: number) {
    super(
      `body takes more than ${maxBytes} bytes; allowed: at most ${maxBytes} bytes (put larger data in S3 and pass its key)`,
    )
    this.maxBytes = maxBytes
  }
}

/** No such path, or no such job. */
export class NotFound extends LamplighterError {
  override readonly name = 'NotFound'
  readonly code = 'not_found'
}

/** The path exists, but not for this method. */
export class MethodNotAllowed extends LamplighterError {
  override readonly name = 'MethodNotAllowed'
  readonly code = 'method_not_allowed'
  readonly methods: readonly string[]
  constructor(method: string, methods: readonly string[]) {
    super(`method is ${show(method)}; allowed: ${methods.join(', ')}`)
    this.methods = methods
  }
}

/** The act fits no job in this state. */
export class Conflict extends LamplighterError {
  override readonly name = 'Conflict'
  readonly code = 'conflict'
  readonly state: string
  /** Acts that are possible instead. */
  readonly possible: readonly string[]
  constructor(why: string, state: string, possible: readonly string[]) {
    super(why)
    this.state = state
    this.possible = possible
  }
}

/** A deployment defines it, and only the code changes it. */
export class OwnedByCode extends LamplighterError {
  override readonly name = 'OwnedByCode'
  readonly code = 'owned_by_code'
}

/** The caller must say which version it replaces. */
export class PreconditionRequired extends LamplighterError {
  override readonly name = 'PreconditionRequired'
  readonly code = 'precondition_required'
  readonly found: string | undefined
  constructor(what: string, found: string | undefined) {
    super(`${what} exists; send If-Match with its ETag to replace it, or If-None-Match: * to make it only if it is new`)
    this.found = found
  }
}
