import type { Clock } from '../../lib/ports/clock.ts'
import type { Loop } from './loop.ts'

export type ProcKind = 'worker' | 'sweeper' | 'reconciler' | 'dispatcher' | 'recorder' | 'client' | 'operator'

/** What will befall a process, counted in the waits that it enters. */
export interface Fate {
  readonly killAtStep: number
  readonly freezeAtStep: number
  readonly freezeMs: number
}

export interface Skew {
  readonly offsetMs: number
  /** Milliseconds gained per millisecond. */
  readonly drift: number
}

/**
 * A process: one Lambda invocation, or one call of a client. Whatever it waits for comes through `resume`: nothing
 * reaches a dead process ever, and nothing a frozen one before it thaws.
 */
export class Proc {
  readonly name: string
  readonly kind: ProcKind
  readonly bornAt: number
  readonly clock: Clock
  isDead = false
  #frozenUntil = 0
  #isPaused = false
  readonly #waiting: (() => void)[] = []
  #steps = 0
  readonly #loop: Loop
  readonly #fate: Fate
  readonly #skew: Skew
  readonly #log: (text: string) => void
  readonly #onDeath: (() => void)[] = []

  constructor(kind: ProcKind, name: string, loop: Loop, fate: Fate, skew: Skew, log: (text: string) => void) {
    this.kind = kind
    this.name = name
    this.bornAt = loop.now
    this.#loop = loop
    this.#fate = fate
    this.#skew = skew
    this.#log = log
    this.clock = { now: () => this.now(), sleep: (ms, signal) => this.#sleep(ms, signal), turn: () => this.#turn() }
  }

  /** Its own clock, in whole milliseconds. */
  now(): number {
    const { offsetMs, drift } = this.#skew
    return this.#loop.now + Math.round(offsetMs + drift * (this.#loop.now - this.bornAt))
  }

  get isFrozen(): boolean {
    return this.#loop.now < this.#frozenUntil
  }

  /** A sandbox between two invocations. */
  get isPaused(): boolean {
    return this.#isPaused
  }

  /** Frozen, or thawed in this very instant. */
  get isStill(): boolean {
    return this.#isPaused || this.#loop.now <= this.#frozenUntil
  }

  resume(run: () => void): void {
    if (this.isDead) return
    if (this.#isPaused) {
      this.#waiting.push(run)
      return
    }
    if (this.isFrozen) {
      this.#loop.at(this.#frozenUntil, () => this.resume(run))
      return
    }
    this.#loop.wake()
    run()
  }

  /** Called wherever the process enters or leaves a wait: here it may die or freeze. */
  step(): void {
    this.#steps += 1
    if (this.#steps === this.#fate.killAtStep) this.kill('killed')
    if (this.#steps === this.#fate.freezeAtStep) this.freeze(this.#fate.freezeMs)
  }

  kill(why: string): void {
    if (this.isDead) return
    this.isDead = true
    this.#log(`${this.name} dies: ${why}`)
    for (const tell of this.#onDeath) tell()
  }

  /** Stands still, deaf to timers and answers alike. */
  freeze(milliseconds: number): void {
    if (this.isDead) return
    this.#frozenUntil = Math.max(this.#frozenUntil, this.#loop.now + milliseconds)
    this.#log(`${this.name} stands still for ${milliseconds} ms`)
  }

  onDeath(tell: () => void): void {
    this.#onDeath.push(tell)
  }

  /** The invocation has ended, and Lambda keeps the sandbox: whatever goes on in it goes on after the thaw. */
  pause(): void {
    this.#onDeath.length = 0
    this.#isPaused = true
  }

  /** The next invocation of the same sandbox. */
  thaw(): void {
    this.#isPaused = false
    for (const run of this.#waiting.splice(0)) this.resume(run)
  }

  /** Nothing of this process goes on after its end. */
  end(): void {
    this.#onDeath.length = 0
    this.isDead = true
  }

  #turn(): Promise<void> {
    return new Promise(resolve => this.#loop.after(0, () => this.resume(resolve)))
  }

  #sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    if (milliseconds <= 0 || signal?.aborted === true) return this.#turn()
    return new Promise(resolve => {
      this.#loop.after(milliseconds / (1 + this.#skew.drift), () => this.resume(resolve))
      signal?.addEventListener('abort', () => resolve(), { once: true })
    })
  }
}
