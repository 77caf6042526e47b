/** What a job carries from its enqueue to its runs: a trace, and baggage of the application's own. */
import { objectIn, refuseUnknownKeys } from '../values/check-options.ts'
import { InvalidInput, JobTooLarge } from '../values/errors.ts'
import { fromJsonText, utf8Bytes } from '../values/json.ts'
import { maxContextBytes } from '../values/times.ts'

/**
 * Handed on from job to job: what a run enqueues carries the context of its own job, unless it says otherwise. At most
 * 512 bytes as JSON.
 */
export interface JobContext {
  /** The trace and the span that caused the job, as the header of that name. www.w3.org/TR/trace-context */
  readonly traceparent?: string
  /** As the header of that name; only with `traceparent`. */
  readonly tracestate?: string
  /** Texts of your own, by name. @example { tenant: 'a42', request: 'r-7' } */
  readonly baggage?: Readonly<Record<string, string>>
}

const traceparents = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/
const traceparentRule = "text such as '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'"

/**
 * A context as its job's item holds it; undefined where it says nothing.
 * @throws InvalidInput naming the field, JobTooLarge
 */
export function contextIn(field: string, given: unknown): string | undefined {
  objectIn(field, given)
  const context = given as JobContext
  refuseUnknownKeys(field, context, ['traceparent', 'tracestate', 'baggage'])
  const { traceparent, tracestate, baggage = {} } = context
  if (traceparent !== undefined && !isText(traceparent, traceparents)) {
    throw new InvalidInput(`${field}.traceparent`, traceparent, traceparentRule)
  }
  if (tracestate !== undefined && (traceparent === undefined || !isText(tracestate))) {
    throw new InvalidInput(`${field}.tracestate`, tracestate, 'text, together with a traceparent')
  }
  objectIn(`${field}.baggage`, baggage)
  for (const [name, value] of Object.entries(baggage)) {
    if (name === '__proto__' || !isText(value)) throw new InvalidInput(`${field}.baggage.${name}`, value, 'text')
  }
  const text = JSON.stringify({
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(tracestate === undefined ? {} : { tracestate }),
    ...(Object.keys(baggage).length === 0 ? {} : { baggage }),
  })
  const bytes = utf8Bytes(text)
  if (bytes > maxContextBytes) throw new JobTooLarge(field, bytes, maxContextBytes)
  return text === '{}' ? undefined : text
}

const isText = (value: unknown, form = /^/): value is string =>
  typeof value === 'string' && value.isWellFormed() && form.test(value)

/** Whether the item of a job could hold it. */
export function isContext(given: unknown): given is JobContext {
  try {
    contextIn('context', given)
    return true
  } catch {
    return false
  }
}

/** What a run sees. A foreign writer may have put anything there: what is no context is none. */
export function contextFrom(text: string | undefined): JobContext {
  if (text === undefined) return {}
  try {
    const context = fromJsonText(text)
    contextIn('context', context)
    return context as JobContext
  } catch {
    return {}
  }
}
