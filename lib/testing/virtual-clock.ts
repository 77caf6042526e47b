import type { Clock } from '../ports/clock.ts'

interface Sleeper {
  readonly wakeAt: number
  readonly wake: () => void
}

/** A clock that stands still until it is moved. */
export class VirtualClock implements Clock {
  #now: number
  #sleepers: Sleeper[] = []

  constructor(now: number) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    if (milliseconds <= 0 || signal?.aborted === true) return this.turn()
    return new Promise(resolve => {
      const sleeper = { wakeAt: this.#now + milliseconds, wake: resolve }
      this.#sleepers.push(sleeper)
      signal?.addEventListener('abort', () => this.#wake(sleeper), { once: true })
    })
  }

  turn(): Promise<void> {
    return new Promise(resolve => setImmediate(resolve))
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
      this.#now = Math.max(this.#now, next.wakeAt)
      this.#wake(next)
      await this.settle()
    }
    this.#now = target
    await this.settle()
  }

  /** Lets everything run that does not wait for time. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 20; turn += 1) await this.turn()
  }

  #wake(sleeper: Sleeper): void {
    this.#sleepers = this.#sleepers.filter(other => other !== sleeper)
    sleeper.wake()
  }
}
