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
  readonly #onWrite: (write: Write) => void
  readonly #onRefusal: (refusal: Refusal) => void
  #hasWritten = false

  constructor(loop: Loop, onWrite: (write: Write) => void, onRefusal: (refusal: Refusal) => void) {
    super({ now: () => loop.now })
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
    return answer.then(([outcome]) => outcome as InsertOutcome)
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
    void this.changeOne({ id, transition: removal }, undefined, 'ttl')
  }
}
