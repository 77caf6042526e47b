import type { Invocation } from '../lambda/protocol.ts'

/** What becomes of the messages of an invoked batch. */
export type BatchVerdict =
  | { readonly kind: 'delete'; readonly messageIds: readonly string[] }
  /** Nothing is deleted: every message comes back when its visibility timeout ends. */
  | { readonly kind: 'keepAll'; readonly why: string }

/** ReportBatchItemFailures as the function answered it. */
export type BatchAnswer =
  | { readonly kind: 'failed'; readonly identifiers: readonly unknown[] }
  /** A function error, or an answer that cannot be read: the whole batch failed. */
  | { readonly kind: 'allFailed'; readonly why: string }

const allFailed = (why: string): BatchAnswer => ({ kind: 'allFailed', why })

/** No answer, no list and an empty list are a success of the whole batch. */
export function batchAnswerOf(invocation: Invocation): BatchAnswer {
  if (invocation.kind === 'failed') return allFailed(`${invocation.errorType}: ${invocation.errorMessage}`)
  const answer = invocation.payload
  if (answer === undefined || answer === null) return { kind: 'failed', identifiers: [] }
  if (typeof answer !== 'object' || Array.isArray(answer)) return allFailed('the response is not an object')
  const failures = (answer as { batchItemFailures?: unknown }).batchItemFailures
  if (failures === undefined || failures === null) return { kind: 'failed', identifiers: [] }
  if (!Array.isArray(failures)) return allFailed('batchItemFailures is not a list')
  const identifiers = failures.map((failure: { itemIdentifier?: unknown } | null) => failure?.itemIdentifier)
  return { kind: 'failed', identifiers }
}

/**
 * What Lambda does with the messages of a queue. An identifier that names no message of the batch is a failure of all.
 * docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export function verdictOf(messageIds: readonly string[], invocation: Invocation): BatchVerdict {
  const answer = batchAnswerOf(invocation)
  if (answer.kind === 'allFailed') return { kind: 'keepAll', why: answer.why }
  const failed = new Set(answer.identifiers)
  const isKnown = [...failed].every(id => typeof id === 'string' && messageIds.includes(id))
  if (!isKnown) return { kind: 'keepAll', why: 'an itemIdentifier names no message of the batch' }
  return { kind: 'delete', messageIds: messageIds.filter(id => !failed.has(id)) }
}
