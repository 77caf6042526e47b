/** Transactions over both tables: what is sent, and what the answer means. */
import {
  type CancellationReason,
  TransactionCanceledException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb'
import { completeJob } from '../../core/job/job.ts'
import { Unavailable, Unwritable } from '../../core/values/errors.ts'
import type { ActionReason, TransactAction, TransactOutcome } from '../../ports/record-store.ts'
import { asOurs } from '../aws-error.ts'
import { isInProgress, waitingOutConflicts } from './conflicts.ts'
import { fromItem } from './item.ts'
import { storedFor } from './own-item.ts'
import type { RecordAccess } from './record-access.ts'
import { fromRecordItem } from './record-item.ts'
import { checkTransaction } from './record-key.ts'
import { renderTransaction } from './transact-items.ts'

export async function transact(
  access: RecordAccess,
  actions: readonly TransactAction[],
  token: string,
): Promise<TransactOutcome> {
  try {
    checkTransaction(actions, token)
    const TransactItems = [...renderTransaction(access, actions)]
    const command = { TransactItems, ClientRequestToken: token }
    await waitingOutConflicts(access, () => access.client.send(new TransactWriteItemsCommand(command)), mayPass)
    return { kind: 'done' }
  } catch (error) {
    return outcomeOf(error, actions, access.clock.now())
  }
}

const transient = new Set([
  'TransactionConflict',
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
  'RequestLimitExceeded',
])

/** Nothing was written, and nothing that was asked stands against it. */
function mayPass(error: unknown): boolean {
  if (isInProgress(error)) return true
  if (!(error instanceof TransactionCanceledException)) return false
  const codes = codesOf(error.CancellationReasons)
  return codes.length > 0 && codes.every(code => transient.has(code))
}

const codesOf = (reasons: readonly CancellationReason[] = []): readonly string[] =>
  reasons.flatMap(({ Code: code }) => (code === undefined || code === 'None' ? [] : [code]))

function outcomeOf(error: unknown, actions: readonly TransactAction[], now: number): TransactOutcome {
  if (error instanceof Error && error.name === 'IdempotentParameterMismatchException') {
    const text = 'the token was used for another transaction within the last ten minutes'
    return { kind: 'failed', error: new Unwritable(text, { cause: error }) }
  }
  if (!(error instanceof TransactionCanceledException)) return { kind: 'failed', error: withoutAnswer(error) }
  const reasons = error.CancellationReasons ?? []
  const wrong = reasons.find(
    ({ Code: code }) => code === 'ValidationError' || code === 'ItemCollectionSizeLimitExceeded',
  )
  if (wrong !== undefined) {
    const text = `DynamoDB: action ${reasons.indexOf(wrong) + 1}: ${wrong.Message ?? wrong.Code}`
    return { kind: 'failed', error: new Unwritable(text, { cause: error }) }
  }
  if (!reasons.some(isRefusal)) {
    // The transaction was cancelled, so nothing was written; without reasons nobody knows why.
    return { kind: 'busy', error: new Unavailable('DynamoDB', error) }
  }
  return { kind: 'refused', reasons: actions.map((action, index) => reasonOf(action, reasons[index], now)) }
}

/** No permission is no fault of the network: asking again would not help. */
function withoutAnswer(error: unknown): Error {
  if (!(error instanceof Error && error.name === 'AccessDeniedException')) return asOurs('DynamoDB', error)
  const advice = "grant the worker's role access to the tables it commits to, such as table.grantWriteData(worker)"
  return new Unwritable(`DynamoDB: ${error.message}; ${advice}`, { cause: error })
}

const isRefusal = ({ Code: code }: CancellationReason): boolean =>
  code === 'ConditionalCheckFailed' || code === 'DuplicateItem'

function reasonOf(action: TransactAction, reason: CancellationReason | undefined, now: number): ActionReason {
  if (reason === undefined || !isRefusal(reason)) return { kind: 'fine' }
  const { Item: item } = reason
  if (action.kind === 'own') {
    return { kind: 'refusedByOwn', stored: item === undefined ? undefined : storedFor(action.item, item) }
  }
  if (action.kind === 'put' || action.kind === 'update') {
    return { kind: 'refusedByRecord', record: item === undefined ? undefined : fromRecordItem(item) }
  }
  return { kind: 'refusedByJob', job: item === undefined ? undefined : completeJob(fromItem(item), now) }
}
