import type { Item } from '../../lib/aws/dynamodb/item.ts'
import type { Job, RawJob } from '../../lib/core/job/job.ts'
import type { Transition } from '../../lib/core/transitions/transition.ts'
import type { Change, ChangeOutcome, InsertOutcome } from '../../lib/ports/job-store.ts'
import { MemoryJobStore } from '../../lib/testing/memory-job-store.ts'
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

/** The table: the memory store, with every write told to those who watch. One statement is carried out at a time. */
export class Table extends MemoryJobStore {
  readonly #onWrite: (write: Write) => void
  readonly #onRefusal: (refusal: Refusal) => void
  #hasWritten = false

  constructor(loop: Loop, onWrite: (write: Write) => void, onRefusal: (refusal: Refusal) => void) {
    this.#loop = loop
    this.#onWrite = onWrite
    this.#onRefusal = onRefusal
  }

  protected override keep(id: string, item: Item | undefined): void {
    super.keep(id, item)
    this.#hasWritten = true
  }

  items(): readonly RawJob[] {
    return this.all()
  }

  /** Carried out before this returns; the promise only brings the answer. */
  insertOne(job: Job, writer: Proc | undefined): Promise<InsertOutcome> {
    this.#hasWritten = false
    const answer = this.insert([job])
    if (this.#hasWritten) {
      const after = this.raw(job.id)
      this.#onWrite({ kind: 'insert', id: job.id, before: undefined, after, transition: undefined, writer })
    }
    return Object.fromEntries(this.#shards)
  }

  changeOne(change: Change, writer: Proc | undefined, kind: Write['kind'] = 'change'): Promise<ChangeOutcome> {
    const { id, transition } = change
    const before = this.raw(id)
    this.#hasWritten = false
    const answer = this.apply([change])
    if (this.#hasWritten) this.#onWrite({ kind, id, before, after: this.raw(id), transition, writer })
    else this.#onRefusal({ change, stored: before, writer })
    return answer.then(([outcome]) => outcome as ChangeOutcome)
  }

  /** As somebody in the console, or a foreign writer: unconditionally. */
  write(kind: 'edit' | 'foreign', item: RawJob & { id: string }): void {
    const before = this.raw(item.id)
    this.put(item)
    this.#onWrite({ kind, id: item.id, before, after: this.raw(item.id), transition: undefined, writer: undefined })
  }

  expire(id: string): void {
    this.changeOne({ id, transition: removal }, undefined, 'ttl')
  }
}

/** Whether an item carries what only a later release understands. */
export const isOfLater = (item: Item | undefined): boolean =>
  item !== undefined &&
  (laterAttributes.some(name => item[name] !== undefined) ||
    item['state']?.S === 'WAITING' ||
    Number(item['fmt']?.N ?? 1) > 1)

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
  const next: Item = { ...item, ...toItem(set as RawJob) }
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
      return clause.values.some(value => order(stored, encode(clause.attribute as JobAttribute, value)) === 0)
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
