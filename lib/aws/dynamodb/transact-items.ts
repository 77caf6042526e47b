/** From an action of a transaction to what DynamoDB understands. Pure, and free of the SDK. */
import type { TransactWriteItem } from '@aws-sdk/client-dynamodb'
import { CommitTooLarge } from '../../core/values/errors.ts'
import { maxTransactBytes } from '../../core/values/quotas.ts'
import type { TransactAction } from '../../ports/record-store.ts'
import { toItem } from './item.ts'
import { itemBytes } from './item-bytes.ts'
import { renderOwn } from './own-item.ts'
import { toRecordItem } from './record-item.ts'
import { renderChange } from './record-render.ts'
import { deletion, update } from './render.ts'
import { keyAttribute } from './table.ts'

/** The table of records, and the table of jobs. */
export interface Tables {
  readonly table: string
  readonly jobTable: string
}

/**
 * All actions of a transaction. What an update makes of its item is not known here: DynamoDB checks that.
 * @throws CommitTooLarge, InvalidInput
 */
export function renderTransaction(tables: Tables, actions: readonly TransactAction[]): readonly TransactWriteItem[] {
  const items = actions.map(action => renderAction(tables, action))
  const bytes = items.reduce((sum, item) => sum + bytesOf(item), 0)
  if (bytes > maxTransactBytes) throw new CommitTooLarge('bytes', bytes, maxTransactBytes)
  return items
}

function bytesOf({ Put, Update, Delete, ConditionCheck }: TransactWriteItem): number {
  const { Key = {}, ExpressionAttributeValues: values = {} } = Update ?? Delete ?? ConditionCheck ?? {}
  return itemBytes(Put?.Item ?? {}) + itemBytes(Key) + itemBytes(values)
}

const isAbsent = { ConditionExpression: `attribute_not_exists(${keyAttribute})` }
const handsBack = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const

export function renderAction({ table, jobTable }: Tables, action: TransactAction): TransactWriteItem {
  switch (action.kind) {
    case 'own':
      return renderOwn(action.item)
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
