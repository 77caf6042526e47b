/** `client.transact`: from a plan to what the SDK's clients take. */

import type { EnqueueRequest } from '../app/enqueue/prepare.ts'
import { planTransact, type TransactPlan } from '../app/enqueue/transact.ts'
import { type Document, documentFrom } from '../aws/dynamodb/document.ts'
import type { Item } from '../aws/dynamodb/item.ts'
import { renderAction } from '../aws/dynamodb/transact-items.ts'
import type { Deps } from '../ports/deps.ts'

/** What the two tables are called. */
export interface ClientTables {
  readonly table: string
  readonly records: string
}

interface PutOf<Values> {
  readonly Put: {
    readonly TableName: string
    readonly Item: Record<string, Values>
    readonly ConditionExpression: string
  }
}

/** A job that becomes one with the transaction that holds its items. */
export interface TransactedJob {
  readonly id: string
  /** For `TransactWriteItemsCommand` of @aws-sdk/client-dynamodb. */
  readonly items: readonly PutOf<Item[string]>[]
  /** For `TransactWriteCommand` of @aws-sdk/lib-dynamodb. */
  readonly document: readonly PutOf<Document[string]>[]
}

export async function transacted(deps: Deps, tables: ClientTables, request: EnqueueRequest): Promise<TransactedJob> {
  const { id, actions } = await planTransact(deps, request)
  const items = putsOf(tables, actions)
  return {
    id,
    items,
    document: items.map(({ Put: put }) => ({ Put: { ...put, Item: documentFrom(put.Item) } })),
  }
}

function putsOf({ table, records }: ClientTables, actions: TransactPlan['actions']): readonly PutOf<Item[string]>[] {
  return actions.map(action => {
    const { Put: put } = renderAction({ table: records, jobTable: table }, action)
    const { TableName = '', Item: item = {}, ConditionExpression = '' } = put ?? {}
    return { Put: { TableName, Item: item, ConditionExpression } }
  })
}
