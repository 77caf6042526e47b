/** Stands for DynamoDB in a test of code that enqueues within its own transactions. */
import type { Item } from '../aws/dynamodb/item.ts'
import { renderOwn } from '../aws/dynamodb/own-item.ts'
import { fromRecordItem } from '../aws/dynamodb/record-item.ts'
import { checkedItem, type TransactItem } from '../core/definition/transact-item.ts'
import type { Job } from '../core/job/job.ts'
import { InvalidInput } from '../core/values/errors.ts'
import type { MemoryJobStore } from './memory-job-store.ts'
import type { MemoryRecordStore } from './memory-record-store.ts'
import type { OwnOutcome, OwnTables } from './own-writes.ts'

/** What the two tables are called in memory. */
export const memoryTables = { table: 'lamplighter', records: 'lamplighter-records' } as const

export interface TransactStores {
  readonly store: MemoryJobStore
  readonly records: MemoryRecordStore
  readonly own: OwnTables
}

/** As the SDK throws it. */
class TransactionCanceled extends Error {
  override readonly name = 'TransactionCanceledException'
  readonly CancellationReasons: readonly { readonly Code: string }[]
  constructor(codes: readonly string[]) {
    super(`Transaction cancelled, please refer cancellation reasons for specific reasons [${codes.join(', ')}]`)
    this.CancellationReasons = codes.map(Code => ({ Code }))
  }
}

/**
 * All of it or nothing.
 * @returns the jobs that came about
 * @throws TransactionCanceled when a write is refused, InvalidInput for one that is none
 */
export function transactWrite(stores: TransactStores, items: readonly TransactItem[]): readonly Job[] {
  const jobs: Job[] = []
  const prepared = items.map((item, index) => prepare(stores, item, { index, jobs }))
  if (prepared.some(({ kind }) => kind === 'refused')) {
    throw new TransactionCanceled(prepared.map(({ kind }) => (kind === 'refused' ? 'ConditionalCheckFailed' : 'None')))
  }
  for (const one of prepared) if (one.kind === 'fits') one.write()
  return jobs
}

interface Place {
  readonly index: number
  /** Filled as the writes are carried out. */
  readonly jobs: Job[]
}

/** Into the runner's own tables goes only what `kit.transact` made. */
function prepare(stores: TransactStores, item: TransactItem, { index, jobs }: Place): OwnOutcome {
  const field = `items[${index}]`
  const { TableName: table } = checkedItem(field, item).write
  if (table !== memoryTables.table && table !== memoryTables.records) return stores.own.prepare(item)
  const put = renderOwn(item, field).Put?.Item
  if (put === undefined) throw new InvalidInput(field, item, "what the kit's transact made")
  return table === memoryTables.table ? jobPut(stores, put, jobs) : recordPut(stores, put)
}

function jobPut({ store }: TransactStores, item: Item, jobs: Job[]): OwnOutcome {
  const id = item['id']?.S ?? ''
  if (store.raw(id) !== undefined) return { kind: 'refused' }
  return {
    kind: 'fits',
    write: () => {
      store.putItem(item)
      jobs.push(store.read(id) as Job)
    },
  }
}

function recordPut({ records }: TransactStores, item: Item): OwnOutcome {
  const record = fromRecordItem(item)
  if (record === undefined || records.read(record) !== undefined) return { kind: 'refused' }
  return { kind: 'fits', write: () => records.putItem(item) }
}
