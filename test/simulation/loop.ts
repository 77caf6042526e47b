import { Chance } from './chance.ts'

interface Entry {
  readonly at: number
  readonly tie: number
  readonly run: () => void
}

const isBefore = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.tie < b.tie)

/**
 * The one thread of a simulated world: events by virtual time, those of one instant in a seeded order. Whatever an
 * event wakes runs to its next wait before the next event: one turn of the real event loop drains all microtasks.
 */
export class Loop {
  now: number
  readonly #heap: Entry[] = []
  readonly #chance: Chance
  #isAwake = false
  #events = 0

  constructor(seed: number, startAt: number) {
    this.now = startAt
    this.#chance = new Chance(seed, 'ties')
  }

  get events(): number {
    return this.#events
  }

  /** Something that waits was told to go on. */
  wake(): void {
    this.#isAwake = true
  }

  /** @param tie decides among events of one instant, 0 to 1; whoever gives it leaves the order of all others alone */
  at(time: number, run: () => void, tie = this.#chance.fraction()): void {
    this.#push({ at: Math.max(this.now, Math.ceil(time)), tie, run })
  }

  after(milliseconds: number, run: () => void): void {
    this.at(this.now + milliseconds, run)
  }

  /** Runs until nothing is left, `isOver` says so, or the next event lies after `limitAt`. */
  async run(limitAt: number, isOver: () => boolean): Promise<void> {
    for (;;) {
      if (this.#isAwake) {
        this.#isAwake = false
        await drained()
      }
      const next = this.#heap[0]
      if (next === undefined || next.at > limitAt || isOver()) return
      this.#pop()
      this.now = next.at
      this.#events += 1
      next.run()
    }
  }

  #push(entry: Entry): void {
    const heap = this.#heap
    let index = heap.push(entry) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = heap[parent]
      if (above === undefined || !isBefore(entry, above)) break
      heap[index] = above
      index = parent
    }
    heap[index] = entry
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let index = 0
    for (;;) {
      const left = heap[2 * index + 1]
      const right = heap[2 * index + 2]
      if (left === undefined) break
      const isRight = right !== undefined && isBefore(right, left)
      const child = isRight ? right : left
      if (!isBefore(child, last)) break
      heap[index] = child
      index = 2 * index + (isRight ? 2 : 1)
    }
    heap[index] = last
  }
}

const drained = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
