import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import type { RecordKey, StoredRecord } from '../../core/records/record.ts'
import { show, Unavailable } from '../../core/values/errors.ts'
import { mapBounded, roundsOf } from '../../core/values/lists.ts'
import type {
  PartQuery,
  PutOutcome,
  RecordPage,
  RecordRowPage,
  RecordStore,
  RecordUpdate,
  TransactAction,
  TransactOutcome,
  UpdateOutcome,
} from '../../ports/record-store.ts'
import { asOurs } from '../aws-error.ts'
import { isWriteConflict, waitingOutConflicts } from './conflicts.ts'
import type { Item } from './item.ts'
import { readByKeys } from './read-items.ts'
import type { RecordAccess } from './record-access.ts'
import { fromRecordItem, recordKeyItem, toRecordItem } from './record-item.ts'
import { checkRecordKey, isRecordKey } from './record-key.ts'
import { queryDue, queryParts } from './record-queries.ts'
import { renderChange } from './record-render.ts'
import { keyAttribute, partAttribute } from './table.ts'
import { transact } from './transact.ts'

/** Calls to DynamoDB that one call of the store may have under way. */
const parallelCalls = 8

export type DynamoRecordStoreOptions = Omit<RecordAccess, 'parallel'>

/** The RecordStore on DynamoDB: conditional puts and updates, one record in a call. */
export class DynamoRecordStore implements RecordStore {
  readonly #access: RecordAccess

  /** @param options its `table` is that of the records; transactions change `jobTable` as well */
  constructor(options: DynamoRecordStoreOptions) {
    this.#access = { ...options, parallel: parallelCalls }
  }

  async putIfAbsent(records: readonly StoredRecord[]): Promise<readonly PutOutcome[]> {
    return this.#inRounds(records, records, record => this.#putOne(record))
  }

  async update(updates: readonly RecordUpdate[]): Promise<readonly UpdateOutcome[]> {
    const keys = updates.map(({ key }) => key)
    return this.#inRounds(keys, updates, one => this.#updateOne(one))
  }

  async get(keys: readonly RecordKey[]): Promise<readonly (StoredRecord | undefined)[]> {
    const wanted = new Map(keys.filter(isRecordKey).map(key => [textOf(key), recordKeyItem(key)]))
    const items = await readByKeys(this.#access, [...wanted.values()])
    const found = new Map(items.flatMap(item => fromRecordItem(item) ?? []).map(record => [textOf(record), record]))
    return keys.map(key => found.get(textOf(key)))
  }

  query(query: PartQuery): Promise<RecordPage> {
    return queryParts(this.#access, query)
  }

  due(lane: string, until: number, limit: number, from?: string): Promise<RecordRowPage> {
    return queryDue(this.#access, lane, { until, limit, from })
  }

  transact(actions: readonly TransactAction[], token: string): Promise<TransactOutcome> {
    return transact(this.#access, actions, token)
  }

  async #putOne(record: StoredRecord): Promise<PutOutcome> {
    checkRecordKey(record)
    const refusedBy = await this.#conditionally(client =>
      client.send(
        new PutItemCommand({
          TableName: this.#access.table,
          Item: toRecordItem(record),
          ConditionExpression: `attribute_not_exists(${keyAttribute})`,
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      ),
    )
    if (refusedBy.isDone) return { kind: 'put' }
    const stored = recordIn(refusedBy.item)
    if (stored === undefined) throw new Unavailable('DynamoDB', `no answer on what ${show(record.id)} holds`)
    return { kind: 'exists', record: stored }
  }

  async #updateOne({ key, change }: RecordUpdate): Promise<UpdateOutcome> {
    // A key that cannot be: there is no such record.
    if (!isRecordKey(key)) {
      if ('makes' in change) checkRecordKey(key)
      return { kind: 'refused', record: undefined }
    }
    const rendered = renderChange(this.#access.table, key, change)
    const answer = await this.#conditionally(client =>
      rendered.kind === 'delete'
        ? client.send(new DeleteItemCommand(rendered.input))
        : client.send(new UpdateItemCommand(rendered.input)),
    )
    const record = recordIn(answer.item)
    if (!answer.isDone) return { kind: 'refused', record }
    if (record === undefined) throw new Unavailable('DynamoDB', `no answer on what ${show(key.id)} holds`)
    return { kind: 'applied', record }
  }

  /** @returns what the condition left: the item that was written or deleted, or the one that refused it */
  async #conditionally(
    send: (client: DynamoDBClient) => Promise<{ readonly Attributes?: Item | undefined }>,
  ): Promise<{ readonly isDone: boolean; readonly item: Item | undefined }> {
    try {
      const { Attributes: item } = await waitingOutConflicts(
        this.#access,
        () => send(this.#access.client),
        isWriteConflict,
      )
      return { isDone: true, item }
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return { isDone: false, item: error.Item }
      throw error
    }
  }

  /** Answers per entry, in order; several entries of one key are carried out one after the other. */
  async #inRounds<Entry, Outcome>(
    keys: readonly RecordKey[],
    entries: readonly Entry[],
    carryOut: (entry: Entry) => Promise<Outcome>,
  ): Promise<readonly (Outcome | { readonly kind: 'failed'; readonly error: Error })[]> {
    const outcomes = new Array<Outcome | { readonly kind: 'failed'; readonly error: Error }>(entries.length)
    for (const round of roundsOf(keys.map(textOf))) {
      await mapBounded(round, this.#access.parallel, async place => {
        try {
          outcomes[place] = await carryOut(entries[place] as Entry)
        } catch (error) {
          outcomes[place] = { kind: 'failed', error: asOurs(`record ${show(keys[place]?.id)}`, error) }
        }
      })
    }
    return outcomes
  }
}

const textOf = ({ id, part }: RecordKey): string => JSON.stringify([id, part])

const recordIn = (item: Item | undefined): StoredRecord | undefined =>
  item?.[keyAttribute] === undefined || item[partAttribute] === undefined ? undefined : fromRecordItem(item)
