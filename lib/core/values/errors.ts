import { formatInstant } from './instant.ts'

/**
 * Every error that Lamplighter throws on purpose: a literal `code` to switch on, and details to print.
 */
export abstract class LamplighterError extends Error {
  abstract readonly code: string
  // A literal in each class: a minified bundle renames classes, and `constructor.name` with them.
  abstract override readonly name: string
  /** Of jobs that are refused as a whole, the one that it is about: `jobs[3]`, `then`. The message begins with it. */
  declare place?: string
}

/** A finding, and lines that point at its place within the value. The lines hold no text that a terminal would obey. */
export interface Pointed {
  readonly text: string
  readonly drawing: string
}

/** What the caller gave cannot be taken. Nothing was written, nothing was sent. */
export class InvalidInput extends LamplighterError {
  override readonly name = 'InvalidInput'
  readonly code = 'invalid_input'
  readonly field: string
  readonly value: unknown
  readonly allowed: string
  /** @param finding what is wrong with the field, where "is" and the value do not say it */
  constructor(field: string, value: unknown, allowed: string, finding: string | Pointed = `is ${show(value)}`) {
    const { text, drawing } = typeof finding === 'string' ? { text: finding, drawing: '' } : finding
    super(`${oneLine(`${field} ${text}; allowed: ${allowed}`)}${drawing === '' ? '' : `\n${drawing}`}`)
    this.field = field
    this.value = value
    this.allowed = allowed
  }
}

/**
 * For what can be described but not shown: `input.a is a cycle; allowed: …`. The description is also the error's `value`.
 * @param description follows "is" in the message, without quotes
 */
export const describedInput = (field: string, description: string, allowed: string): InvalidInput =>
  new InvalidInput(field, description, allowed, `is ${description}`)

/** What a schema has against a value, and where in it. */
export interface SchemaIssue {
  readonly path: string
  readonly message: string
}

const issuesText = (issues: readonly SchemaIssue[]): string =>
  issues.map(({ path, message }) => `${path}: ${message}`).join('; ')

/** The input does not fit the contract's schema. */
export class InputRefused extends LamplighterError {
  override readonly name = 'InputRefused'
  readonly code = 'input_refused'
  readonly type: string
  readonly issues: readonly SchemaIssue[]
  constructor(type: string, issues: readonly SchemaIssue[], options?: ErrorOptions) {
    super(`input of job type '${type}' was refused: ${issuesText(issues)}`, options)
    this.type = type
    this.issues = issues
  }
}

/** The result does not fit the contract's `output` schema. */
export class ResultRefused extends LamplighterError {
  override readonly name = 'ResultRefused'
  readonly code = 'result_refused'
  readonly type: string
  readonly issues: readonly SchemaIssue[]
  constructor(type: string, issues: readonly SchemaIssue[], options?: ErrorOptions) {
    super(`result of job type '${type}' was refused: ${issuesText(issues)}`, options)
    this.type = type
    this.issues = issues
  }
}

/** The value of a signal does not fit the schema that the contract, or the handler, has for it. */
export class SignalRefused extends LamplighterError {
  override readonly name = 'SignalRefused'
  readonly code = 'signal_refused'
  readonly signal: string
  readonly issues: readonly SchemaIssue[]
  constructor(signal: string, issues: readonly SchemaIssue[], options?: ErrorOptions) {
    super(`signal ${show(signal)} was refused: ${issuesText(issues)}`, options)
    this.signal = signal
    this.issues = issues
  }
}

/** No contract is registered under this type. */
export class UnknownType extends LamplighterError {
  override readonly name = 'UnknownType'
  readonly code = 'unknown_type'
  readonly type: string
  readonly known: readonly string[]
  constructor(type: string, known: readonly string[]) {
    super(`job type ${show(type)} is not registered; known: ${known.join(', ') || 'none'}`)
    this.type = type
    this.known = known
  }
}

/** The item would not fit into DynamoDB. */
export class JobTooLarge extends LamplighterError {
  override readonly name = 'JobTooLarge'
  readonly code = 'job_too_large'
  readonly field: string
  readonly bytes: number
  readonly maxBytes: number
  constructor(field: string, bytes: number, maxBytes: number) {
    super(`${field} takes ${bytes} bytes; allowed: at most ${maxBytes} bytes (put larger data in S3 and pass its key)`)
    this.field = field
    this.bytes = bytes
    this.maxBytes = maxBytes
  }
}

/** The transaction has more writes or bytes than DynamoDB takes. Nothing was written. */
export class CommitTooLarge extends LamplighterError {
  override readonly name = 'CommitTooLarge'
  readonly code = 'commit_too_large'
  readonly what: 'items' | 'bytes'
  readonly count: number
  readonly max: number
  constructor(what: 'items' | 'bytes', count: number, max: number) {
    super(`the transaction has ${count} ${what}; allowed: at most ${max}, the job itself and follow-up jobs included`)
    this.what = what
    this.count = count
    this.max = max
  }
}

/** There is a job with this unique key, and the request asked to be refused then. Nothing was written. */
export class UniqueConflict extends LamplighterError {
  override readonly name = 'UniqueConflict'
  readonly code = 'unique_conflict'
  readonly id: string
  /** Of the job that is there. */
  readonly state: string
  readonly key: string
  constructor(id: string, state: string, key: string) {
    super(`unique key ${show(key)} has job ${id}, which is ${state}; allowed: another key, or another onConflict`)
    this.id = id
    this.state = state
    this.key = key
  }
}

/** The job's input lies outside of its item, and is gone at the time at which the job was to run. Nothing was changed. */
export class PayloadExpires extends LamplighterError {
  override readonly name = 'PayloadExpires'
  readonly code = 'payload_expires'
  readonly id: string
  /** Epoch milliseconds; 0 when it is gone already. */
  readonly expiresAt: number
  constructor(id: string, expiresAt: number) {
    const when = expiresAt === 0 ? 'is gone' : `is kept until ${formatInstant(expiresAt)} only`
    super(`the input of job ${id} ${when}; allowed: a time before that, or a new job`)
    this.id = id
    this.expiresAt = expiresAt
  }
}

/** The idempotency key was used before, for other input. */
export class IdempotencyConflict extends LamplighterError {
  override readonly name = 'IdempotencyConflict'
  readonly code = 'idempotency_conflict'
  readonly id: string
  constructor(id: string, key: string) {
    super(`idempotency key ${show(key)} already belongs to job ${id}, which has other input`)
    this.id = id
  }
}

/** The caller expected another version than there is: somebody else was faster. Nothing was changed. */
export class PreconditionFailed extends LamplighterError {
  override readonly name = 'PreconditionFailed'
  readonly code = 'precondition_failed'
  /** What there is; undefined: nothing. */
  readonly found: string | undefined
  constructor(what: string, expected: string, found: string | undefined) {
    super(`${what} is not at version ${show(expected)}, but ${found === undefined ? 'not there' : `at ${show(found)}`}`)
    this.found = found
  }
}

/** The store or the queue could not be reached, or did not answer. The same call may succeed later. */
export class Unavailable extends LamplighterError {
  override readonly name = 'Unavailable'
  readonly code = 'unavailable'
  constructor(what: string, cause: unknown) {
    super(`${what}: ${cause instanceof Error ? cause.message : show(cause)}`, { cause })
  }
}

/** The store says that a write is wrong in itself, and would refuse it for ever: an item that outgrows its limit. */
export class Unwritable extends LamplighterError {
  override readonly name = 'Unwritable'
  readonly code = 'unwritable'
}

/** Whether a transaction that failed with this was not carried out, and never would be. */
export const isRefusedForEver = (error: Error): boolean =>
  error instanceof Unwritable || error instanceof InvalidInput || error instanceof CommitTooLarge

/** Definitions that contradict each other; found when the program starts. */
export class InvalidDefinition extends LamplighterError {
  override readonly name = 'InvalidDefinition'
  readonly code = 'invalid_definition'
}

/** A control character in a log line or a terminal could forge another line. */
const oneLine = (text: string): string => text.replace(/\p{Cc}/gu, ' ')

/** A value as an error message shows it: bounded, and total over everything JavaScript can hold. */
export function show(value: unknown, maxLength = 80): string {
  let text: string
  try {
    if (typeof value === 'string') text = `'${value}'`
    // JSON would show Infinity and NaN as null, and refuse a bigint.
    else if (typeof value === 'number' || typeof value === 'bigint') text = String(value)
    else text = JSON.stringify(value) ?? String(value)
  } catch {
    text = `a value of type ${typeof value}`
  }
  const clean = oneLine(text)
  return clean.length > maxLength ? `${clean.slice(0, maxLength)}…` : clean
}
