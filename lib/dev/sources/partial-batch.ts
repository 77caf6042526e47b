import type { Invocation } from '../lambda/protocol.ts'

/** What becomes of the messages of an invoked batch. */
export type BatchVerdict =
  | { readonly kind: 'delete'; readonly messageIds: readonly string[] }
  /** Nothing is deleted: every message comes back when its visibility timeout ends. */
  | { readonly kind: 'keepAll'; readonly why: string }

const keepAll = (why: string): BatchVerdict => ({ kind: 'keepAll', why })

/**
 * ReportBatchItemFailures as Lambda reads it: no answer, no list or an empty list is a success of the whole batch; a
 * function error, or an identifier that names no message of the batch, is a failure of all of it.
 * docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export function verdictOf(messageIds: readonly string[], invocation: Invocation): BatchVerdict {
  if (invocation.kind === 'failed') return keepAll(`${invocation.errorType}: ${invocation.errorMessage}`)
  const answer = invocation.payload
  if (answer === undefined || answer === null) return { kind: 'delete', messageIds }
  if (typeof answer !== 'object' || Array.isArray(answer)) return keepAll('the response is not an object')
  const failures = (answer as { batchItemFailures?: unknown }).batchItemFailures
  if (failures === undefined || failures === null) return { kind: 'delete', messageIds }
  if (!Array.isArray(failures)) return keepAll('batchItemFailures is not a list')
  const failed = new Set<string>()
  for (const failure of failures) {
    const identifier: unknown = (failure as { itemIdentifier?: unknown } | null)?.itemIdentifier
    if (typeof identifier !== 'string' || !messageIds.includes(identifier)) {
      return keepAll('an itemIdentifier names no message of the batch')
    }
    failed.add(identifier)
  }
  return { kind: 'delete', messageIds: messageIds.filter(id => !failed.has(id)) }
}
