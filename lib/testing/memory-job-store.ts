import { encode, fromItem, type Item, timedRow, timelineRow, toItem } from '../aws/dynamodb/item.ts'
import { completeJob, type Job, type JobAttribute, type RawJob } from '../core/job/job.ts'
import { shardOf } from '../core/job/lane.ts'
import type { Clause, Scalar } from '../core/transitions/clause.ts'
import { jobAfter, type Transition } from '../core/transitions/transition.ts'
import { Unwritable } from '../core/values/errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { JobScan, ScanPage } from '../ports/job-scan.ts'
import type {
  Change,
  ChangeOutcome,
  CountPage,
  InsertOutcome,
  JobParts,
  JobStore,
  LaneQuery,
  TimelinePage,
} from '../ports/job-store.ts'
import { compareTexts, isAsWanted } from './encoded.ts'

/** Small, so that tests see more than one page. */
const scanPageSize = 10

/** Without `before` the item is new, without `after` it is gone. */
export type ItemChanged = (before: Item | undefined, after: Item | undefined) => void

/** An item, and what it reads as once somebody asked. */
interface Kept {
  readonly item: Item
  raw: RawJob | undefined
}

/**
 * A whole JobStore in a Map: for users' tests and for the simulation. It holds items as DynamoDB would hold them, and
 * compares their values as DynamoDB does: a number out of range or another spelling of an instant means the same here
 * and there.
 */
export class MemoryJobStore implements JobStore, JobScan {
  readonly #items = new Map<string, Kept>()
  readonly #clock: Pick<Clock, 'now'>
  readonly #onChange: ItemChanged | undefined

  /** @param onChange sees each item as it was and as it is, as the table's stream does */
  constructor(clock: Pick<Clock, 'now'>, onChange?: ItemChanged) {
    this.#clock = clock
    this.#onChange = onChange
  }

  async insert(jobs: readonly Job[]): Promise<readonly InsertOutcome[]> {
    return jobs.map(job => {
      if (this.#items.has(job.id)) return { kind: 'exists', job: this.read(job.id) }
      this.put(job)
      return { kind: 'inserted' }
    })
  }

  async apply(changes: readonly Change[]): Promise<readonly ChangeOutcome[]> {
    return changes.map(change => this.#applyOne(change))
  }

  async get(ids: readonly string[], parts: JobParts = 'all'): Promise<readonly (Job | undefined)[]> {
    const jobs = ids.map(id => this.read(id))
    return parts === 'all' ? jobs : jobs.map(job => job && controlOf(job))
  }

  async due(lane: string, until: number, limit: number, from?: string): Promise<TimelinePage> {
    const last = encode('lookAt', until).S ?? ''
    const { page, next } = pageOf(this.#rowsOf(lane, '', last), limit, from)
    return { rows: page.flatMap(({ item }) => timelineRow(item, until) ?? []), next }
  }

  async lane(query: LaneQuery): Promise<TimelinePage> {
    const { page, next } = this.#pageOf(query)
    return { rows: page.flatMap(({ item }) => timedRow(item) ?? []), next }
  }

  async count(query: LaneQuery): Promise<CountPage> {
    const { page, next } = this.#pageOf(query)
    return { count: page.length, next }
  }

  #pageOf({ lane, since, until, limit, isDescending, from }: LaneQuery) {
    const rows = this.#rowsOf(lane, encode('lookAt', since).S ?? '', encode('lookAt', until).S ?? '')
    return pageOf(rows, limit, from, isDescending)
  }

  /** What the index holds of a lane, in no order. */
  #rowsOf(lane: string, first: string, last: string): readonly IndexRow[] {
    return [...this.#items.values()].flatMap(({ item }) => {
      const at = item['lookAt']?.S
      const isIn = item['lane']?.S === lane && at !== undefined && at >= first && at <= last
      return isIn ? [{ at, id: item['id']?.S ?? '', item }] : []
    })
  }

  async scan(segment: number, segments: number, from = ''): Promise<ScanPage> {
    const ids = [...this.#items.keys()].filter(id => shardOf(id, segments) === segment && id > from).toSorted()
    const page = ids.slice(0, scanPageSize)
    return {
      jobs: page.flatMap(id => this.read(id) ?? []),
      looked: page.length,
      readUnits: 0,
      next: page.length < ids.length ? page.at(-1) : undefined,
    }
  }

  /** Writes an item as a foreign writer or the console would: unconditionally, in any shape. */
  put(item: RawJob | Job): void {
    this.putItem(toItem(item))
  }

  /** As `put`, for what no job could be written as: foreign attributes, values of other types. */
  putItem(item: Item): void {
    const id = item['id']?.S
    if (id !== undefined) this.keep(id, item)
  }

  /** The stored item as a job, or undefined. */
  read(id: string): Job | undefined {
    const raw = this.raw(id)
    return raw === undefined ? undefined : completeJob(raw, this.#clock.now())
  }

  /** The attributes that are stored, without defaults; undefined when there is no item. */
  raw(id: string): RawJob | undefined {
    const kept = this.#items.get(id)
    if (kept === undefined) return undefined
    kept.raw ??= fromItem(kept.item)
    return kept.raw
  }

  /** The earliest instant at which some item asks to be looked at; undefined when none does. */
  nextLookAt(): number | undefined {
    let earliest: number | undefined
    for (const { lane, lookAt } of this.all()) {
      if (lane === undefined || lookAt === undefined || !lane.includes('#live#')) continue
      if (earliest === undefined || lookAt < earliest) earliest = lookAt
    }
    return earliest
  }

  /** Deletes every item whose time to live is over, which DynamoDB does within days. */
  expireEnded(): void {
    const nowSeconds = this.#clock.now() / 1_000
    for (const { id, ttl } of this.all())
      if (id !== undefined && ttl !== undefined && ttl < nowSeconds) this.keep(id, undefined)
  }

  /** Every item, as stored, with attributes that no job has. */
  allItems(): readonly Item[] {
    return [...this.#items.values()].map(({ item }) => item)
  }

  /** Every item, as a job's attributes. */
  all(): readonly RawJob[] {
    return [...this.#items.keys()].flatMap(id => this.raw(id) ?? [])
  }

  /**
   * What would carry a change out, for now or together with others; undefined when its guard does not hold.
   * @throws Unwritable as DynamoDB refuses it
   */
  prepare({ id, transition }: Change): (() => void) | undefined {
    const item = this.#items.get(id)?.item
    if (item === undefined || !transition.guard.every(clause => isHeldBy(clause, item))) return undefined
    const after = transition.deletes === true ? undefined : changed(item, transition)
    return () => this.keep(id, after)
  }

  /** The one place where an item is stored; without an item, it goes. */
  protected keep(id: string, item: Item | undefined): void {
    this.#onChange?.(this.#items.get(id)?.item, item)
    if (item === undefined) this.#items.delete(id)
    else this.#items.set(id, { item, raw: undefined })
  }

  #applyOne(change: Change): ChangeOutcome {
    const { id, transition, seen } = change
    const before = this.read(id)
    try {
      const write = this.prepare(change)
      if (write === undefined) return { kind: 'refused', job: before }
      write()
    } catch (error) {
      return { kind: 'failed', error: error as Error }
    }
    if (transition.deletes !== true && seen !== undefined) return { kind: 'applied', job: jobAfter(transition, seen) }
    const job = transition.deletes === true ? before : this.read(id)
    return job === undefined
      ? { kind: 'failed', error: new Error(`item ${id} cannot be read as a job`) }
      : { kind: 'applied', job }
  }
}

interface IndexRow {
  readonly at: string
  readonly id: string
  readonly item: Item
}

/** In order. It starts after the place of a row, as DynamoDB's LastEvaluatedKey: rows may come and go between two pages. */
function pageOf(all: readonly IndexRow[], limit: number, from?: string, isDescending = false) {
  const order = (a: Omit<IndexRow, 'item'>, b: Omit<IndexRow, 'item'>): number =>
    (isDescending ? -1 : 1) * (compareTexts(a.at, b.at) || compareTexts(a.id, b.id))
  const [at, id] = from === undefined ? [] : (JSON.parse(from) as [string, string])
  const rows = all.toSorted(order).filter(row => at === undefined || order(row, { at, id: id ?? '' }) > 0)
  const page = rows.slice(0, limit)
  const end = page.at(-1)
  return {
    page,
    next: limit < rows.length && end !== undefined ? JSON.stringify([end.at, end.id]) : undefined,
  }
}

function isHeldBy(clause: Clause, item: Item): boolean {
  const { attribute } = clause
  const stored = item[attribute]
  switch (clause.op) {
    case 'absent':
      return stored === undefined
    case 'present':
      return stored !== undefined
    case 'in':
      return clause.values.some(value => isAsWanted('=', stored, encode(attribute, value)))
    case '=':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return isAsWanted(clause.op, stored, encode(attribute, clause.value))
  }
}

/** @throws Unwritable as DynamoDB refuses it: a counter that is not there */
function changed(item: Item, { set, add, remove }: Transition): Item {
  const next: Item = { ...item }
  for (const [name, value] of Object.entries(set) as [JobAttribute, Scalar | readonly string[]][]) {
    next[name] = encode(name, value)
  }
  for (const [name, amount] of Object.entries(add ?? {}) as [JobAttribute, number][]) {
    const before = item[name]?.N
    if (before === undefined) throw new Unwritable(`${name} is no number that ${amount} could be added to`)
    next[name] = encode(name, Number(before) + amount)
  }
  for (const name of remove) delete next[name]
  return next
}

/** Without what decides nothing: whoever used it would find out here, not on AWS. */
function controlOf(job: Job): Job {
  const { result: _, ...control } = job
  return { ...control, input: '' }
}
