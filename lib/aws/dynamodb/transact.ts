/** Transactions over both tables: what is sent, and what the answer means. */
import {
  type CancellationReason,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb'
import { completeJob } from '../../core/job/job.ts'
import { Unavailable, Unwritable } from '../../core/values/errors.ts'
import type { ActionReason, TransactAction, TransactOutcome } from '../../ports/record-store.ts'
import { asOurs } from '../aws-error.ts'
import { isInProgress, waitingOutConflicts } from './conflicts.ts'
import { fromItem, toItem } from './item.ts'
import type { RecordAccess } from './record-access.ts'
import { fromRecordItem, toRecordItem } from './record-item.ts'
import { checkTransaction } from './record-key.ts'
import { renderChange } from './record-render.ts'
import { deletion, update } from './render.ts'
import { keyAttribute } from './table.ts'

export async function transact(
  access: RecordAccess,
  actions: readonly TransactAction[],
  token: string,
): Promise<TransactOutcome> {
  try {
    checkTransaction(actions, token)
    const TransactItems = actions.map(action => render(access, action))
    const command = { TransactItems, ClientRequestToken: token }
    await waitingOutConflicts(access, () => access.client.send(new TransactWriteItemsCommand(command)), mayPass)
    return { kind: 'done' }
  } catch (error) {
    return outcomeOf(error, actions, access.clock.now())
  }
}

const isAbsent = { ConditionExpression: `attribute_not_exists(${keyAttribute})` }
const handsBack = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const

function render({ table, jobTable }: RecordAccess, action: TransactAction): TransactWriteItem {
  switch (action.kind) {
    case 'put':
      return { Put: { TableName: table, Item: toRecordItem(action.record), ...isAbsent, ...handsBack } }
    case 'insertJob':
      return { Put: { TableName: jobTable, Item: toItem(action.job), ...isAbsent, ...handsBack } }
    case 'update': {
      const rendered = renderChange(table, action.key, action.change)
      if (rendered.kind === 'delete') return { Delete: withoutAnswer(rendered.input) }
      return { Update: withoutAnswer(rendered.input) }
    }
    case 'changeJob': {
      const { id, transition } = action
      if (transition.deletes === true) return { Delete: withoutAnswer(deletion(jobTable, id, transition)) }
      return { Update: withoutAnswer(update(jobTable, id, transition)) }
    }
  }
}

/** A transaction answers with nothing but its refusals. */
function withoutAnswer<Input extends { ReturnValues?: unknown }>(input: Input): Omit<Input, 'ReturnValues'> {
  const { ReturnValues: _, ...rest } = input
  return rest
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
  if (!(error instanceof TransactionCanceledException)) return { kind: 'failed', error: asOurs('DynamoDB', error) }
  const reasons = error.CancellationReasons ?? []
  const wrong = reasons.find(
    ({ Code: code }) => code === 'ValidationError' || code === 'ItemCollectionSizeLimitExceeded',
  )
  if (wrong !== undefined) {
    const text = `DynamoDB: action ${reasons.indexOf(wrong) + 1}: ${wrong.Message ?? wrong.Code}`
    return { kind: 'failed', error: new Unwritable(text, { cause: error }) }
  }
  if (!reasons.some(isRefusal)) return { kind: 'failed', error: new Unavailable('DynamoDB', error) }
  return { kind: 'refused', reasons: actions.map((action, index) => reasonOf(action, reasons[index], now)) }
}

const isRefusal = ({ Code: code }: CancellationReason): boolean =>
  code === 'ConditionalCheckFailed' || code === 'DuplicateItem'

function reasonOf(action: TransactAction, reason: CancellationReason | undefined, now: number): ActionReason {
  if (reason === undefined || !isRefusal(reason)) return { kind: 'fine' }
  const { Item: item } = reason
  if (action.kind === 'put' || action.kind === 'update') {
    return { kind: 'refusedByRecord', record: item === undefined ? undefined : fromRecordItem(item) }
  }
  return { kind: 'refusedByJob', job: item === undefined ? undefined : completeJob(fromItem(item), now) }
}
