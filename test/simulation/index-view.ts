import type { TimelinePage } from '../../lib/ports/job-store.ts'
import { MemoryJobStore } from '../../lib/testing/memory-job-store.ts'
import type { Faults } from './faults.ts'
import type { Loop } from './loop.ts'
import type { Write } from './table.ts'

/** The timeline index, up to 90 s behind the table. The rows of one item change in the order of its writes. */
export class IndexView {
  readonly #rows: MemoryJobStore
  readonly #caughtUpAt = new Map<string, number>()
  readonly #loop: Loop
  readonly #faults: Faults

  constructor(loop: Loop, faults: Faults) {
    this.#loop = loop
    this.#faults = faults
    this.#rows = new MemoryJobStore({ now: () => loop.now })
  }

  see({ id, before, after }: Write): void {
    if (before?.lane === after?.lane && before?.lookAt === after?.lookAt) return
    const lagMs = this.#faults.happens('indexStale') ? this.#faults.chance('indexStale').spread(50, 90_000) : 0
    const lastAt = this.#caughtUpAt.get(id) ?? 0
    const seenAt = Math.max(this.#loop.now + lagMs, lastAt >= this.#loop.now ? lastAt + 1 : 0)
    const row = { id, ...(after?.lane === undefined ? {} : { lane: after.lane }) }
    const item = after?.lookAt === undefined ? row : { ...row, lookAt: after.lookAt }
    if (seenAt <= this.#loop.now) this.#rows.put(item)
    else {
      this.#caughtUpAt.set(id, seenAt)
      this.#loop.at(seenAt, () => this.#rows.put(item))
    }
  }

  due(lane: string, until: number, limit: number, from?: string): Promise<TimelinePage> {
    return this.#rows.due(lane, until, limit, from)
  }
}
