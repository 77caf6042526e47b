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
}

/** A change whose guard did not hold. */
export interface Refusal {
  readonly change: Change
  readonly stored: RawJob | undefined
  readonly writer: Proc | undefined
}

const removal: Transition = { name: 'ttl', row: 'T0', guard: [], set: {}, remove: [], deletes: true }

/** The table: the memory store, with every write told to those who watch. One statement is carried out at a time. */
export class Table extends MemoryJobStore {
  readonly #raw = new Map<string, RawJob>()
  readonly #onWrite: (write: Write) => void
  readonly #onRefusal: (refusal: Refusal) => void
  #put: RawJob | undefined
  /** A tick has put the number of shards on record. */
  areShardsKnown = false

  constructor(loop: Loop, onWrite: (write: Write) => void, onRefusal: (refusal: Refusal) => void) {
    super({ now: () => loop.now })
    this.#onWrite = onWrite
    this.#onRefusal = onRefusal
  }

  override put(item: RawJob | Job): void {
    super.put(item)
    const { missing: _, ...stored } = item as Job
    this.#put = stored
    if (stored.id !== undefined) this.#raw.set(stored.id, stored)
  }

  override shardsEverUsed(shards: Readonly<Record<string, number>>): Promise<Readonly<Record<string, number>>> {
    this.areShardsKnown = true
    return super.shardsEverUsed(shards)
  }

  raw(id: string): RawJob | undefined {
    return this.#raw.get(id)
  }

  items(): IterableIterator<RawJob> {
    return this.#raw.values()
  }

  /** Carried out before this returns; the promise only brings the answer. */
  insertOne(job: Job, writer: Proc | undefined): Promise<InsertOutcome> {
    this.#put = undefined
    const answer = this.insert([job])
    const after = this.#taken()
    if (after !== undefined) {
      this.#onWrite({ kind: 'insert', id: job.id, before: undefined, after, transition: undefined, writer })
    }
    return answer.then(([outcome]) => outcome as InsertOutcome)
  }

  changeOne(change: Change, writer: Proc | undefined, kind: Write['kind'] = 'change'): Promise<ChangeOutcome> {
    const { id, transition } = change
    const before = this.#raw.get(id)
    this.#put = undefined
    const answer = this.apply([change])
    const after = this.#taken()
    const isGone = transition.deletes === true && before !== undefined && this.read(id) === undefined
    if (isGone) this.#raw.delete(id)
    if (after !== undefined || isGone) this.#onWrite({ kind, id, before, after, transition, writer })
    else this.#onRefusal({ change, stored: before, writer })
    return answer.then(([outcome]) => outcome as ChangeOutcome)
  }

  /** As somebody in the console, or a foreign writer: unconditionally. */
  write(kind: 'edit' | 'foreign', item: RawJob & { id: string }): void {
    const before = this.#raw.get(item.id)
    this.put(item)
    this.#onWrite({ kind, id: item.id, before, after: item, transition: undefined, writer: undefined })
  }

  expire(id: string): void {
    void this.changeOne({ id, transition: removal }, undefined, 'ttl')
  }

  #taken(): RawJob | undefined {
    const put = this.#put
    this.#put = undefined
    return put
  }
}
