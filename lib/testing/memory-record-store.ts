import { encode, type Item } from '../aws/dynamodb/item.ts'
import { fromRecordItem, recordRow, toRecordItem } from '../aws/dynamodb/record-item.ts'
import { checkRecordKey, isRecordKey } from '../aws/dynamodb/record-key.ts'
import { ticketPrefix } from '../core/records/keys.ts'
import type { RecordKey, StoredRecord } from '../core/records/record.ts'
import { neverAt } from '../core/records/schedule-record.ts'
import { InvalidInput } from '../core/values/errors.ts'
import type { Clock } from '../ports/clock.ts'
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
} from '../ports/record-store.ts'
import { compareTexts } from './encoded.ts'
import { checkItem, evaluate } from './memory-change.ts'
import type { MemoryJobStore } from './memory-job-store.ts'
import { MemoryTransactions } from './memory-transactions.ts'
import { type OwnTables, OwnWrites } from './own-writes.ts'
import { SortedParts } from './sorted-parts.ts'

/** Decoded once: an item is never changed, another takes its place. */
const decoded = new WeakMap<Item, StoredRecord>()

function recordOf(item: Item): StoredRecord | undefined {
  const record = decoded.get(item) ?? fromRecordItem(item)
  if (record !== undefined) decoded.set(item, record)
  return record
}

/** A whole RecordStore in a Map. It holds items as DynamoDB would hold them, and compares their values as it does. */
export class MemoryRecordStore implements RecordStore {
  readonly #items = new Map<string, Item>()
  readonly #parts = new SortedParts()
  readonly #transactions: MemoryTransactions

  /**
   * @param jobs the store whose jobs a transaction changes together with records
   * @param own the application's own tables
   */
  constructor(clock: Pick<Clock, 'now'>, jobs: MemoryJobStore, own: OwnTables = new OwnWrites()) {
    this.#transactions = new MemoryTransactions({ clock, jobs, records: this, own })
  }

  async putIfAbsent(records: readonly StoredRecord[]): Promise<readonly PutOutcome[]> {
    return records.map(record =>
      orFailed<PutOutcome>(() => {
        checkRecordKey(record)
        const item = toRecordItem(record)
        checkItem(item)
        const stored = this.read(record)
        if (stored !== undefined) return { kind: 'exists', record: stored }
        this.putItem(item)
        return { kind: 'put' }
      }),
    )
  }

  async update(updates: readonly RecordUpdate[]): Promise<readonly UpdateOutcome[]> {
    return updates.map(({ key, change }) =>
      orFailed<UpdateOutcome>(() => {
        if ('makes' in change) checkRecordKey(key)
        const before = this.read(key)
        const evaluated = evaluate(change, key, this.item(key))
        if (evaluated.kind === 'refused') return { kind: 'refused', record: before }
        this.keep(key, evaluated.item)
        return { kind: 'applied', record: (this.read(key) ?? before) as StoredRecord }
      }),
    )
  }

  async get(keys: readonly RecordKey[]): Promise<readonly (StoredRecord | undefined)[]> {
    return keys.map(key => this.read(key))
  }

  async query({ id, prefix, limit, from, isDescending = false }: PartQuery): Promise<RecordPage> {
    if (from !== undefined && !from.startsWith(prefix)) throw notACursor(from)
    const sign = isDescending ? -1 : 1
    const records: StoredRecord[] = []
    for (const part of this.#parts.withPrefix(id, prefix, isDescending)) {
      if (from !== undefined && sign * compareTexts(part, from) <= 0) continue
      // A copy of its own for each caller.
      const record = fromRecordItem(this.item({ id, part }) ?? {})
      if (record !== undefined) records.push(record)
      if (records.length > limit) break
    }
    return { records: records.slice(0, limit), next: records.length > limit ? records[limit - 1]?.part : undefined }
  }

  async due(lane: string, until: number, limit: number, from?: string): Promise<RecordRowPage> {
    const last = encode('lookAt', until).S ?? ''
    const placed = [...this.#items.values()]
      .filter(item => item['lane']?.S === lane && (item['lookAt']?.S ?? '~') <= last)
      .map(item => ({ item, place: placeOf(item) }))
      .toSorted((a, b) => comparePlaces(a.place, b.place))
    const after = from === undefined ? undefined : placeFrom(from)
    const rest = after === undefined ? placed : placed.filter(({ place }) => comparePlaces(place, after) > 0)
    const page = rest.slice(0, limit)
    return {
      rows: page.flatMap(({ item }) => recordRow(item, until) ?? []),
      next: rest.length > limit ? JSON.stringify(page.at(-1)?.place) : undefined,
    }
  }

  async transact(actions: readonly TransactAction[], token: string): Promise<TransactOutcome> {
    return orFailed<TransactOutcome>(() => this.#transactions.carryOut(actions, token))
  }

  /** Writes an item unconditionally, in any shape: as the console does. */
  putItem(item: Item): void {
    const record = fromRecordItem(item)
    if (record !== undefined) this.keep(record, item)
  }

  /** The item goes, as DynamoDB's TTL removes it. */
  expire(key: RecordKey): void {
    this.keep(key, undefined)
  }

  /** The stored item itself. */
  item(key: RecordKey): Item | undefined {
    return this.#items.get(textOf(key))
  }

  read(key: RecordKey): StoredRecord | undefined {
    const item = this.item(key)
    return item === undefined ? undefined : fromRecordItem(item)
  }

  /** Every record, in the order in which they were made. */
  all(): readonly StoredRecord[] {
    return [...this.#items.values()].flatMap(item => recordOf(item) ?? [])
  }

  /** When the first record is due that a tick looks at; undefined when there is none. */
  nextLookAt(): number | undefined {
    const times = [...this.#items.values()].flatMap(item => {
      // Each tick looks at queues that are behind, and at the lines before them.
      if (item['behind'] !== undefined || isBeforeQueue(item)) return [0]
      if (!isWalked(item['lane']?.S ?? '')) return []
      const { lookAt } = recordOf(item)?.attributes ?? {}
      return typeof lookAt === 'number' && lookAt < neverAt ? [lookAt] : []
    })
    return times.length === 0 ? undefined : Math.min(...times)
  }

  /** The one place where an item is stored; without an item, it goes. */
  keep(key: RecordKey, item: Item | undefined): void {
    if (item === undefined) {
      this.#items.delete(textOf(key))
      this.#parts.remove(key.id, key.part)
    } else if (isRecordKey(key)) {
      this.#items.set(textOf(key), item)
      this.#parts.add(key.id, key.part)
    }
  }
}

/** The lanes of schedules, and of gates that somebody waits at. */
const isWalked = (lane: string): boolean => lane.startsWith('~schedules#') || lane.includes('#gate#')

const isBeforeQueue = (item: Item): boolean =>
  item['id']?.S?.startsWith('#queue/') === true && item['part']?.S?.startsWith(ticketPrefix) === true

const textOf = ({ id, part }: RecordKey): string => JSON.stringify([id, part])

function orFailed<Outcome>(carryOut: () => Outcome): Outcome | { readonly kind: 'failed'; readonly error: Error } {
  try {
    return carryOut()
  } catch (error) {
    return { kind: 'failed', error: error as Error }
  }
}

type Place = readonly [lookAt: string, id: string, part: string]

const placeOf = (item: Item): Place => [item['lookAt']?.S ?? '', item['id']?.S ?? '', item['part']?.S ?? '']

function comparePlaces(left: Place, right: Place): number {
  for (const [index, text] of left.entries()) {
    const order = compareTexts(text, right[index] ?? '')
    if (order !== 0) return order
  }
  return 0
}

/** @throws InvalidInput */
function placeFrom(from: string): Place {
  try {
    const place: unknown = JSON.parse(from)
    if (Array.isArray(place) && place.length === 3 && place.every(text => typeof text === 'string')) {
      return place as unknown as Place
    }
  } catch {
    // Reported below, like every other wrong form.
  }
  throw notACursor(from)
}

const notACursor = (from: string): InvalidInput => new InvalidInput('from', from, 'what a page gave as next')
