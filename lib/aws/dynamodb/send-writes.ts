/** Sends rendered writes; each gets an answer of its own, whatever becomes of its neighbours. */
import {
  BatchExecuteStatementCommand,
  type BatchStatementRequest,
  type BatchStatementResponse,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  TransactionConflictException,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { chunksOf } from '../../core/values/lists.ts'
import { maxStatementsPerBatch } from '../../core/values/quotas.ts'
import { asOurs, asOursFromCode, isRefusal } from '../aws-error.ts'
import type { Item } from './item.ts'
import type { Rendered } from './render.ts'

export type WriteAnswer =
  /** `item` is undefined where the engine did not hand it back. */
  | { readonly kind: 'done'; readonly item: Item | undefined }
  /** The guard did not hold, or the id is taken. */
  | { readonly kind: 'refused'; readonly item: Item | undefined }
  | { readonly kind: 'failed'; readonly error: Error }
  /** A transaction held the item just then: surely not written. */
  | { readonly kind: 'conflict'; readonly error: Error }

/** One call and the places of its answers. */
export interface Call {
  readonly places: readonly number[]
  send(client: DynamoDBClient): Promise<readonly WriteAnswer[]>
}

/** Packs writes into as few calls as they need. No two of them may be for the same item. */
export function packed(writes: readonly (readonly [place: number, write: Rendered])[]): readonly Call[] {
  const statements = writes.flatMap(([place, write]) =>
    write.kind === 'statement' ? [{ place, statement: write.statement }] : [],
  )
  const batches = chunksOf(statements, maxStatementsPerBatch).map(batch => ({
    places: batch.map(({ place }) => place),
    send: (client: DynamoDBClient) =>
      sendStatements(
        client,
        batch.map(({ statement }) => statement),
      ),
  }))
  const singles = writes.flatMap(([place, write]) =>
    write.kind === 'statement'
      ? []
      : [{ places: [place], send: async (c: DynamoDBClient) => [await sendOne(c, write)] }],
  )
  return [...batches, ...singles]
}

async function sendStatements(
  client: DynamoDBClient,
  statements: readonly BatchStatementRequest[],
): Promise<readonly WriteAnswer[]> {
  try {
    const { Responses: responses = [] } = await client.send(
      new BatchExecuteStatementCommand({ Statements: [...statements] }),
    )
    return statements.map((_, index) => answerOf(responses[index]))
  } catch (error) {
    // One statement that the engine cannot read may cost the whole call; it must not cost its neighbours' (I15).
    if (isRefusal(error) && statements.length > 1) {
      const alone = await Promise.all(statements.map(statement => sendStatements(client, [statement])))
      return alone.flat()
    }
    return statements.map(() => ({ kind: 'failed', error: asOurs('DynamoDB', error) }))
  }
}

function answerOf(response: BatchStatementResponse | undefined): WriteAnswer {
  if (response === undefined) return { kind: 'failed', error: asOursFromCode('DynamoDB', 'no answer', undefined) }
  const { Error: error, Item: item } = response
  if (error === undefined) return { kind: 'done', item }
  // DuplicateItem comes without the item, and some engines leave it out of ConditionalCheckFailed as well.
  if (error.Code === 'ConditionalCheckFailed' || error.Code === 'DuplicateItem') {
    return { kind: 'refused', item: error.Item }
  }
  const kind = error.Code === 'TransactionConflict' ? 'conflict' : 'failed'
  return { kind, error: asOursFromCode('DynamoDB', error.Code ?? 'unknown error', error.Message) }
}

async function sendOne(client: DynamoDBClient, write: Exclude<Rendered, { kind: 'statement' }>): Promise<WriteAnswer> {
  try {
    const { Attributes: item } =
      write.kind === 'update'
        ? await client.send(new UpdateItemCommand(write.input))
        : await client.send(new DeleteItemCommand(write.input))
    return { kind: 'done', item }
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return { kind: 'refused', item: error.Item }
    const kind = error instanceof TransactionConflictException ? 'conflict' : 'failed'
    return { kind, error: asOurs('DynamoDB', error) }
  }
}
