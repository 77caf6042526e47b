import { type Item, toItem } from '../aws/dynamodb/item.ts'
import { toRecordItem } from '../aws/dynamodb/record-item.ts'
import { checkTransaction } from '../aws/dynamodb/record-key.ts'
import { renderTransaction } from '../aws/dynamodb/transact-items.ts'
import type { RecordKey, StoredRecord } from '../core/records/record.ts'
import { Unwritable } from '../core/values/errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { ActionReason, TransactAction, TransactOutcome } from '../ports/record-store.ts'
import { checkItem, evaluate } from './memory-change.ts'
import type { MemoryJobStore } from './memory-job-store.ts'
import type { OwnTables } from './own-writes.ts'

/** DynamoDB: for how long a token stands for its transaction. …/APIReference/API_TransactWriteItems.html */
const tokenMs = 600_000

/** What is sent is checked, not where it goes. */
const anyTables = { table: 'records', jobTable: 'jobs' }

export interface TransactionStores {
  readonly clock: Pick<Clock, 'now'>
  readonly jobs: MemoryJobStore
  readonly own: OwnTables
  readonly records: {
    item(key: RecordKey): Item | undefined
    read(key: RecordKey): StoredRecord | undefined
    keep(key: RecordKey, item: Item | undefined): void
  }
}

/** Carries out transactions over both stores in memory, each at once. */
export class MemoryTransactions {
  readonly #stores: TransactionStores
  readonly #done = new Map<string, { readonly actions: string; readonly until: number }>()

  constructor(stores: TransactionStores) {
    this.#stores = stores
  }

  /** @throws InvalidInput, Unwritable */
  carryOut(actions: readonly TransactAction[], token: string): TransactOutcome {
    checkTransaction(actions, token)
    renderTransaction(anyTables, actions)
    const now = this.#stores.clock.now()
    const text = JSON.stringify(actions, (_, value: unknown) =>
      value instanceof Set ? [...(value as ReadonlySet<unknown>)] : typeof value === 'bigint' ? String(value) : value,
    )
    const earlier = this.#done.get(token)
    if (earlier !== undefined && earlier.until > now) {
      if (earlier.actions !== text) throw new Unwritable('the token was used for another transaction')
      return { kind: 'done' }
    }
    const prepared = actions.map(action => this.#prepare(action))
    if (prepared.some(one => 'reason' in one)) {
      return { kind: 'refused', reasons: prepared.map(one => ('reason' in one ? one.reason : { kind: 'fine' })) }
    }
    for (const one of prepared) if ('write' in one) one.write()
    this.#done.set(token, { actions: text, until: now + tokenMs })
    return { kind: 'done' }
  }

  #prepare(action: TransactAction): { readonly write: () => void } | { readonly reason: ActionReason } {
    const { jobs, records } = this.#stores
    switch (action.kind) {
      case 'own': {
        const prepared = this.#stores.own.prepare(action.item)
        if (prepared.kind === 'fits') return prepared
        return { reason: { kind: 'refusedByOwn', stored: prepared.stored } }
      }
      case 'put': {
        const item = toRecordItem(action.record)
        checkItem(item)
        const stored = records.read(action.record)
        if (stored !== undefined) return { reason: { kind: 'refusedByRecord', record: stored } }
        return { write: () => records.keep(action.record, item) }
      }
      case 'update': {
        const evaluated = evaluate(action.change, action.key, records.item(action.key))
        if (evaluated.kind === 'refused') {
          return { reason: { kind: 'refusedByRecord', record: records.read(action.key) } }
        }
        return { write: () => records.keep(action.key, evaluated.item) }
      }
      case 'insertJob': {
        const item = toItem(action.job)
        if (jobs.raw(action.job.id) !== undefined) {
          return { reason: { kind: 'refusedByJob', job: jobs.read(action.job.id) } }
        }
        return { write: () => jobs.putItem(item) }
      }
      case 'changeJob': {
        const prepared = jobs.prepare(action)
        return prepared === undefined
          ? { reason: { kind: 'refusedByJob', job: jobs.read(action.id) } }
          : { write: prepared }
      }
    }
  }
}
