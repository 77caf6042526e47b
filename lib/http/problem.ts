/** The only place that knows which HTTP status an error is: RFC 9457, `application/problem+json`. */
import {
  IdempotencyConflict,
  InputRefused,
  InvalidInput,
  JobTooLarge,
  LamplighterError,
  PreconditionFailed,
  SignalRefused,
  show,
  UnknownType,
} from '../core/values/errors.ts'
import { BodyTooLarge, Conflict, MethodNotAllowed, PreconditionRequired, UnsupportedMediaType } from './errors.ts'
import { etagOf } from './etag.ts'
import { jsonResponse } from './json-response.ts'

export interface Problem {
  /** `urn:lamplighter:problem:<code>`: a name, there is no page behind it. */
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  /** To switch on; the code of the error that the client library throws for the same cause. */
  readonly code: ProblemCode
  readonly field?: string
  /** What was given, when it is short; else its beginning as text. */
  readonly value?: unknown
  readonly allowed?: string
  /** At most 20. */
  readonly issues?: readonly { readonly path: string; readonly message: string }[]
  /** How many more issues there were. */
  readonly moreIssues?: number
  /** The job that an idempotency key belongs to. */
  readonly id?: string
  /** With `conflict`: the state in which the act is not possible, and acts that are. */
  readonly state?: string
  readonly possible?: readonly string[]
  /** With `precondition_failed` and `precondition_required`: what there is now, if anything. */
  readonly etag?: string
  /** With status 500 and 503: finds the error in the log. */
  readonly requestId?: string
}

// Unknown types and refused inputs are 422: the request is well formed, and says something that cannot be done.
const kinds = {
  invalid_input: { status: 400, title: 'The request is not valid' },
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  conflict: { status: 409, title: 'Not possible in this state' },
  owned_by_code: { status: 409, title: 'A deployment owns it' },
  precondition_failed: { status: 412, title: 'Somebody else changed it' },
  body_too_large: { status: 413, title: 'The body is too large' },
  payload_expires: { status: 409, title: 'The input of the job does not last that long' },
  job_too_large: { status: 413, title: 'The job is too large' },
  unsupported_media_type: { status: 415, title: 'The body is of an unsupported kind' },
  signal_refused: { status: 422, title: 'The value does not fit the signal' },
  input_refused: { status: 422, title: 'The input does not fit the job type' },
  unknown_type: { status: 422, title: 'The job type is not registered' },
  unique_conflict: { status: 409, title: 'There is a job with this unique key' },
  idempotency_conflict: { status: 422, title: 'The idempotency key belongs to another job' },
  precondition_required: { status: 428, title: 'The version to replace is missing' },
  internal: { status: 500, title: 'Something went wrong' },
  unavailable: { status: 503, title: 'Temporarily unavailable' },
} as const

export type ProblemCode = keyof typeof kinds
export const problemCodes = Object.keys(kinds) as readonly ProblemCode[]

/** The status and the heading of a problem. */
export const problemKind = (code: ProblemCode): { readonly status: number; readonly title: string } => kinds[code]

/** What a caller waits after a 503: the time that a throttled DynamoDB partition typically needs. In seconds. */
const retryAfterSeconds = 5
/** An answer must stay small, however much the caller sent: keys and values of the request are in it. */
const maxTextLength = 500
const maxIssues = 20

/**
 * What happened, for an HTTP caller. Unexpected errors, and the cause of a 503, are not described.
 * @param isTypeListed whether an unknown job type is answered with all that are registered
 */
export function problemOf(error: unknown, requestId: string, isTypeListed = false): Problem {
  const code = codeOf(error)
  const { status, title } = kinds[code]
  const frame = { type: `urn:lamplighter:problem:${code}`, title, status, code }
  if (code === 'internal') {
    return { ...frame, detail: `the error was logged under the request id ${requestId}`, requestId }
  }
  if (code === 'unavailable') {
    const detail = 'the same request may succeed later; with an Idempotency-Key a repeat makes no second job'
    return { ...frame, detail, requestId }
  }
  if (error instanceof UnknownType && !isTypeListed) {
    const { place, type, known } = error
    const detail = `${place === undefined ? '' : `${place}: `}job type ${show(type)} is not registered; registered types: ${known.length}`
    return { ...frame, detail, ...placed(error, { field: 'type', ...valueOf(type) }) }
  }
  const { message } = error as LamplighterError
  return { ...frame, detail: clip(message), ...placed(error as LamplighterError, membersOf(error)) }
}

/** A field of one of many jobs says of which. */
const placed = ({ place }: LamplighterError, members: Partial<Problem>): Partial<Problem> =>
  place === undefined || members.field === undefined ? members : { ...members, field: `${place}.${members.field}` }

/** @param requestId names the request in the log */
export function problemResponse(error: unknown, requestId: string, isTypeListed = false): Response {
  const problem = problemOf(error, requestId, isTypeListed)
  const headers = {
    ...(error instanceof MethodNotAllowed ? { allow: error.methods.join(', ') } : {}),
    ...(problem.code === 'unavailable' ? { 'retry-after': String(retryAfterSeconds) } : {}),
  }
  return jsonResponse(problem.status, problem, headers, 'application/problem+json')
}

function codeOf(error: unknown): ProblemCode {
  // A definition that contradicts itself is a LamplighterError too, and not the caller's fault.
  return error instanceof LamplighterError && Object.hasOwn(kinds, error.code)
    ? (error.code as ProblemCode)
    : 'internal'
}

function membersOf(error: unknown): Partial<Problem> {
  if (error instanceof InvalidInput || error instanceof UnsupportedMediaType) {
    return { field: clip(error.field), ...valueOf(error.value), allowed: clip(error.allowed) }
  }
  if (error instanceof SignalRefused) return { field: 'value', ...issuesOf(error.issues) }
  if (error instanceof InputRefused) return { field: 'input', ...issuesOf(error.issues) }
  if (error instanceof UnknownType)
    return { field: 'type', ...valueOf(error.type), allowed: clip(error.known.join(', ')) }
  if (error instanceof JobTooLarge) {
    return { field: error.field, value: `${error.bytes} bytes`, allowed: `at most ${error.maxBytes} bytes` }
  }
  if (error instanceof BodyTooLarge) return { field: error.field, allowed: `at most ${error.maxBytes} bytes` }
  if (error instanceof IdempotencyConflict) return { field: 'Idempotency-Key', id: error.id }
  if (error instanceof Conflict) return { state: error.state, possible: error.possible }
  if (error instanceof PreconditionFailed || error instanceof PreconditionRequired) {
    return error.found === undefined ? {} : { etag: etagOf(error.found) }
  }
  if (error instanceof MethodNotAllowed) return { allowed: error.methods.join(', ') }
  return {}
}

function issuesOf(issues: InputRefused['issues']): Partial<Problem> {
  const shown = issues.slice(0, maxIssues).map(({ path, message }) => ({ path: clip(path), message: clip(message) }))
  return issues.length > maxIssues ? { issues: shown, moreIssues: issues.length - maxIssues } : { issues: shown }
}

function valueOf(value: unknown): { readonly value?: unknown } {
  if (value === undefined) return {}
  if (typeof value === 'string') return { value: clip(value) }
  // Infinity and NaN would become null on the way.
  const isScalar = value === null || typeof value === 'boolean' || Number.isFinite(value)
  return { value: isScalar ? value : show(value, maxTextLength) }
}

const clip = (text: string): string => (text.length > maxTextLength ? `${text.slice(0, maxTextLength)}…` : text)
