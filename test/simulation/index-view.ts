import type { TimelinePage } from '../../lib/ports/job-store.ts'
import type { Faults } from './faults.ts'
import type { Loop } from './loop.ts'
import type { Write } from './table.ts'

/** The timeline index, up to 90 s behind the table. The rows of one item change in the order of its writes. */
export class IndexView {
  readonly #lanes = new Map<string, Map<string, number>>()
  readonly #laneOf = new Map<string, string>()
  readonly #caughtUpAt = new Map<string, number>()
  readonly #loop: Loop
  readonly #faults: Faults

  constructor(loop: Loop, faults: Faults) {
    this.#loop = loop
    this.#faults = faults
  }

  see({ id, before, after }: Write): void {
    if (before?.lane === after?.lane && before?.lookAt === after?.lookAt) return
    const lagMs = this.#faults.happens('indexStale') ? this.#faults.chance('indexStale').spread(50, 90_000) : 0
    const lastAt = this.#caughtUpAt.get(id) ?? 0
    const seenAt = Math.max(this.#loop.now + lagMs, lastAt >= this.#loop.now ? lastAt + 1 : 0)
    const { lane, lookAt } = after ?? {}
    if (seenAt <= this.#loop.now) this.#put(id, lane, lookAt)
    else {
      this.#caughtUpAt.set(id, seenAt)
      this.#loop.at(seenAt, () => this.#put(id, lane, lookAt))
    }
  }

  /** The index loses the row of an item, for no reason that anybody knows. */
  lose(id: string): void {
    this.#put(id, undefined, undefined)
  }

  due(lane: string, until: number, limit: number, from?: string): TimelinePage {
    const rows = [...(this.#lanes.get(lane) ?? [])]
      .flatMap(([id, lookAt]) => (lookAt <= until ? [{ id, lookAt }] : []))
      .toSorted((a, b) => a.lookAt - b.lookAt || (a.id < b.id ? -1 : 1))
    // The place of the last row, as DynamoDB's LastEvaluatedKey: rows may come and go between two pages.
    const [at, id] = from === undefined ? [] : (JSON.parse(from) as [number, string])
    const start =
      at === undefined ? 0 : rows.findIndex(row => row.lookAt > at || (row.lookAt === at && row.id > (id ?? '')))
    const page = start === -1 ? [] : rows.slice(start, start + limit)
    const last = page.at(-1)
    const isMore = start !== -1 && start + limit < rows.length
    return { rows: page, next: isMore && last !== undefined ? JSON.stringify([last.lookAt, last.id]) : undefined }
  }

  #put(id: string, lane: string | undefined, lookAt: number | undefined): void {
    this.#lanes.get(this.#laneOf.get(id) ?? '')?.delete(id)
    if (lane === undefined || lookAt === undefined) return
    this.#laneOf.set(id, lane)
    const rows = this.#lanes.get(lane) ?? new Map<string, number>()
    this.#lanes.set(lane, rows.set(id, lookAt))
  }
}
