import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { encode, fromItem, type Item, toItem } from '../../lib/aws/dynamodb/item.ts'
import { completeJob, isTerminal, type Job, jobStates, type RawJob } from '../../lib/core/job/job.ts'
import { shardOf } from '../../lib/core/job/lane.ts'
import type { Clause } from '../../lib/core/transitions/clause.ts'
import { jobAfter, type Transition } from '../../lib/core/transitions/transition.ts'
import type { ScanPage } from '../../lib/ports/job-scan.ts'
import type { Change, ChangeOutcome, InsertOutcome, JobParts } from '../../lib/ports/job-store.ts'
import type { Loop } from './loop.ts'
import type { Proc } from './proc.ts'

/** One item, as it was and as it became. */
export interface Write {
  readonly kind: 'insert' | 'change' | 'edit' | 'foreign' | 'ttl'
  readonly id: string
  readonly before: RawJob | undefined
  readonly after: RawJob | undefined
  readonly transition: Transition | undefined
  readonly writer: Proc | undefined
  /** The item was one that only a later release understands. */
  readonly isOfLater: boolean
}

/** A change whose guard did not hold. */
export interface Refusal {
  readonly change: Change
  readonly stored: RawJob | undefined
  readonly writer: Proc | undefined
}

interface Stored {
  readonly item: Item
  readonly raw: RawJob
}

/** What only a later release writes. */

const removal: Transition = { name: 'ttl', row: 'T0', guard: [], set: {}, remove: [], deletes: true }
const scanPageSize = 40

/**
 * The table, as DynamoDB keeps it: items are encoded when they are written and decoded when they are read, and guards
 * compare what is encoded. Each statement is carried out at once, and every write is reported to those who watch.
 */
export class Table {
  readonly #items = new Map<string, Stored>()
  readonly #live = new Set<string>()
  readonly #loop: Loop
  readonly #onWrite: (write: Write) => void
  readonly #onRefusal: (refusal: Refusal) => void

  constructor(loop: Loop, onWrite: (write: Write) => void, onRefusal: (refusal: Refusal) => void) {
    this.#loop = loop
    this.#onWrite = onWrite
    this.#onRefusal = onRefusal
  }

  raw(id: string): RawJob | undefined {
    return this.#items.get(id)?.raw
  }

  /** As it stands in the table. */
  item(id: string): Item | undefined {
    return this.#items.get(id)?.item
  }

  read(id: string, parts: JobParts = 'all'): Job | undefined {
    const stored = this.#items.get(id)
    const job = stored === undefined ? undefined : completeJob(stored.raw, this.#loop.now)
    return job === undefined || parts === 'all' ? job : controlOf(job)
  }

  *items(): IterableIterator<RawJob> {
    for (const { raw } of this.#items.values()) yield raw
  }

  isOfLater(id: string): boolean {
    return isOfLater(this.item(id))
  }

  /** Whether some job of this release has not ended. */
  hasLiveJobs(): boolean {
    return this.#live.size > 0
  }

  scan(segment: number, segments: number, from = ''): ScanPage {
    const ids = [...this.#items.keys()].filter(id => id > from && shardOf(id, segments) === segment).toSorted()
    const page = ids.slice(0, scanPageSize)
    return {
      jobs: page.flatMap(id => this.read(id) ?? []),
      looked: page.length,
      readUnits: page.length / 8,
      next: page.length < ids.length ? page.at(-1) : undefined,
    }
  }

  insertOne(job: Job, writer: Proc | undefined): InsertOutcome {
    if (this.#items.has(job.id)) return { kind: 'exists', job: this.read(job.id) }
    const after = this.#put(job.id, toItem(job))
    this.#onWrite({
      kind: 'insert',
      id: job.id,
      before: undefined,
      after,
      transition: undefined,
      writer,
      isOfLater: false,
    })
    return { kind: 'inserted' }
  }

  /** Whether the guard of a change holds. */
  fits({ id, transition }: Change): boolean {
    const stored = this.#items.get(id)
    return stored !== undefined && transition.guard.every(clause => holds(clause, stored.item))
  }

  changeOne(change: Change, writer: Proc | undefined, kind: Write['kind'] = 'change'): ChangeOutcome {
    const { id, transition, seen } = change
    const stored = this.#items.get(id)
    if (stored === undefined || !transition.guard.every(clause => holds(clause, stored.item))) {
      this.#onRefusal({ change, stored: stored?.raw, writer })
      return { kind: 'refused', job: this.read(id) }
    }
    const { raw: before, item } = stored
    const of = { kind, id, before, transition, writer, isOfLater: isOfLater(item) }
    if (transition.deletes === true) {
      const job = this.read(id)
      this.#items.delete(id)
      this.#live.delete(id)
      this.#onWrite({ ...of, after: undefined })
      return job === undefined ? { kind: 'refused', job } : { kind: 'applied', job }
    }
    const after = this.#put(id, changed(item, transition))
    this.#onWrite({ ...of, after })
    // Whoever has read the item works out what it has become; the table hands nothing back.
    if (seen !== undefined) return { kind: 'applied', job: jobAfter(transition, seen) }
    const job = this.read(id)
    return job === undefined
      ? { kind: 'failed', error: new Error(`item ${id} cannot be read as a job`) }
      : { kind: 'applied', job }
  }

  /** As somebody in the console, or a foreign writer: unconditionally, and in any shape. */
  write(kind: 'edit' | 'foreign', id: string, item: Item): void {
    const before = this.raw(id)
    const after = this.#put(id, item)
    this.#onWrite({ kind, id, before, after, transition: undefined, writer: undefined, isOfLater: false })
  }

  expire(id: string): void {
    this.changeOne({ id, transition: removal }, undefined, 'ttl')
  }

  #put(id: string, item: Item): RawJob {
    const raw = fromItem(item)
    this.#items.set(id, { item, raw })
    if (isLive(raw, item)) this.#live.add(id)
    else this.#live.delete(id)
    return raw
  }
}

/** Whether an item carries what only a later release understands. */
const isOfLater = (item: Item | undefined): boolean =>
  item !== undefined && (item['state']?.S === 'BLOCKED' || Number(item['fmt']?.N ?? 1) > 1)

/** A job that this release must bring to its end, and out of the lanes of the live ones. */
function isLive({ type, state, input, lane }: RawJob, item: Item): boolean {
  if (type === undefined || input === undefined || state === undefined || isOfLater(item)) return false
  return isTerminal(state) ? lane?.includes('#live#') === true : jobStates.includes(state)
}

/** Without what decides nothing. */
function controlOf(job: Job): Job {
  const { result: _, ...control } = job
  return { ...control, input: '' }
}

function changed(item: Item, { set, add, remove }: Transition): Item {
  const next: Item = { ...item, ...toItem(set) }
  for (const [name, amount] of Object.entries(add ?? {})) next[name] = { N: String(Number(item[name]?.N) + amount) }
  for (const name of remove) delete next[name]
  return next
}

/** DynamoDB compares values of one type only: numbers as numbers, text as text. */
function holds(clause: Clause, item: Item): boolean {
  const stored = item[clause.attribute]
  switch (clause.op) {
    case 'absent':
      return stored === undefined
    case 'present':
      return stored !== undefined
    case 'in':
      return clause.values.some(value => order(stored, encode(clause.attribute, value)) === 0)
    default: {
      const sign = order(stored, encode(clause.attribute, clause.value))
      if (sign === undefined) return false
      if (clause.op === '=') return sign === 0
      if (clause.op === '<') return sign < 0
      if (clause.op === '<=') return sign <= 0
      return clause.op === '>' ? sign > 0 : sign >= 0
    }
  }
}

function order(stored: AttributeValue | undefined, value: AttributeValue): number | undefined {
  if (stored?.N !== undefined && value.N !== undefined) return Number(stored.N) - Number(value.N)
  if (stored?.S === undefined || value.S === undefined) return undefined
  return stored.S < value.S ? -1 : stored.S > value.S ? 1 : 0
}
