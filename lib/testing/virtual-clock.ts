import { AsyncLocalStorage } from 'node:async_hooks'
// Taken when this module loads: fake timers replace the global ones, and would stop the kit.
import { setImmediate, setTimeout } from 'node:timers'
import { RunStopped } from '../core/definition/handler-errors.ts'
import type { Clock } from '../ports/clock.ts'

interface Sleeper {
  readonly wakeAt: number
  readonly wake: () => void
}

/** Work whose real waiting holds the clock: it counts its own sleeps on the virtual clock. */
interface Work {
  sleeps: number
  isGivenUp: boolean
}

/** A clock that stands still until it is moved. */
export class VirtualClock implements Clock {
  #now: number
  #sleepers: Sleeper[] = []
  readonly #current = new AsyncLocalStorage<Work>()
  readonly #working = new Set<Work>()
  readonly #patienceMs: number
  readonly #onMove: (now: number) => void

  /**
   * @param now where it starts, epoch milliseconds
   * @param patienceMs how long, in real milliseconds, `settle` waits for one piece of work that does not sleep here
   * @param onMove is called with the new time each time it changes
   */
  constructor(now: number, patienceMs = 0, onMove: (now: number) => void = () => {}) {
    this.#now = now
    this.#patienceMs = patienceMs
    this.#onMove = onMove
  }

  now(): number {
    return this.#now
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    if (milliseconds <= 0 || signal?.aborted === true) return this.turn()
    const work = this.#current.getStore()
    return new Promise(resolve => {
      const wake = () => {
        if (work !== undefined) work.sleeps -= 1
        resolve()
      }
      const sleeper = { wakeAt: this.#now + milliseconds, wake }
      if (work !== undefined) work.sleeps += 1
      this.#sleepers.push(sleeper)
      signal?.addEventListener('abort', () => this.#wake(sleeper), { once: true })
    })
  }

  turn(): Promise<void> {
    return new Promise(resolve => setImmediate(resolve))
  }

  /**
   * Runs work during which time stands still, as long as the work waits for something other than this clock.
   * @param signal of a run: one that rests leaves its handler behind, which waits for nothing any more
   */
  async during<Result>(run: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    const work: Work = { sleeps: 0, isGivenUp: false }
    this.#working.add(work)
    const leave = () => {
      const reason: unknown = signal.reason
      if (reason instanceof RunStopped && reason.stop === 'parted') this.#working.delete(work)
    }
    signal.addEventListener('abort', leave, { once: true })
    try {
      return await this.#current.run(work, run)
    } finally {
      this.#working.delete(work)
    }
  }

  /** When the next sleeper wakes; undefined when nobody sleeps. */
  nextWakeAt(): number | undefined {
    return this.#sleepers.length === 0 ? undefined : Math.min(...this.#sleepers.map(({ wakeAt }) => wakeAt))
  }

  /** Moves time on, waking every sleeper at its own instant and letting it run before the next. */
  async advance(milliseconds: number): Promise<void> {
    const target = this.#now + milliseconds
    await this.settle()
    for (;;) {
      const next = this.#sleepers.filter(sleeper => sleeper.wakeAt <= target).toSorted((a, b) => a.wakeAt - b.wakeAt)[0]
      if (next === undefined) break
      this.#move(Math.max(this.#now, next.wakeAt))
      this.#wake(next)
      await this.settle()
    }
    this.#move(target)
    await this.settle()
  }

  /**
   * Lets everything run that does not wait for time on this clock. Work that waits for something real (a file, a
   * socket, a timer of Node) is waited for, each piece at most for the patience.
   */
  async settle(): Promise<void> {
    await this.#turns()
    for (let waitedMs = 0; waitedMs < this.#patienceMs && this.#hasRealWaiting(); waitedMs += pollMs) {
      await new Promise(resolve => setTimeout(resolve, pollMs))
      await this.#turns()
    }
    for (const work of this.#working) if (work.sleeps === 0) work.isGivenUp = true
  }

  async #turns(): Promise<void> {
    for (let turn = 0; turn < 20; turn += 1) await this.turn()
  }

  #hasRealWaiting(): boolean {
    return [...this.#working].some(work => work.sleeps === 0 && !work.isGivenUp)
  }

  #move(now: number): void {
    if (now === this.#now) return
    this.#now = now
    this.#onMove(now)
  }

  #wake(sleeper: Sleeper): void {
    if (!this.#sleepers.includes(sleeper)) return
    this.#sleepers = this.#sleepers.filter(other => other !== sleeper)
    sleeper.wake()
  }
}

/** How often, in real milliseconds, work that waits for something real is looked at. */
const pollMs = 2
