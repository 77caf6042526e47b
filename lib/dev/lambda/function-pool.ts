import type { Invocation } from './protocol.ts'
import { type FunctionSpec, Sandbox, type SandboxWatch } from './sandbox.ts'

/** A sandbox without work for this long is closed. */
const idleMs = 60_000

/**
 * The sandboxes of one function, as on Lambda: one event at a time in each, warm ones used again, more of them on
 * demand up to the function's concurrency; beyond it events wait.
 */
export class FunctionPool {
  readonly spec: FunctionSpec
  readonly #watch: SandboxWatch
  readonly #all = new Set<Sandbox>()
  readonly #idle = new Map<Sandbox, NodeJS.Timeout>()
  readonly #queue: (() => void)[] = []
  readonly #running = new Set<Promise<unknown>>()
  #free: number
  #isClosed = false

  constructor(spec: FunctionSpec, watch: SandboxWatch) {
    this.spec = spec
    this.#watch = watch
    this.#free = spec.maxConcurrency
  }

  /** Never rejects: a crash, a timeout and a thrown error are all answered with `failed`. */
  invoke(event: unknown): Promise<Invocation> {
    const invocation = this.#invoke(event)
    this.#running.add(invocation)
    void invocation.finally(() => this.#running.delete(invocation))
    return invocation
  }

  /** Whether it takes no more events. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Process ids of the sandboxes that live. */
  pids(): readonly number[] {
    return [...this.#all].flatMap(({ pid }) => pid ?? [])
  }

  /** Takes no more events, lets those that run finish, and ends every sandbox. */
  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all(this.#running)
    await Promise.all([...this.#all].map(sandbox => this.#end(sandbox)))
  }

  /** Takes no more events and ends every sandbox at once; running invocations fail. */
  kill(): void {
    this.#isClosed = true
    for (const sandbox of this.#all) sandbox.kill()
  }

  async #invoke(event: unknown): Promise<Invocation> {
    if (this.#free > 0) this.#free -= 1
    else await new Promise<void>(resolve => this.#queue.push(resolve))
    try {
      if (this.#isClosed) return { kind: 'failed', errorType: 'Stack.Closed', errorMessage: 'The stack is stopping' }
      return await this.#invokeIn(this.#take(), event)
    } finally {
      const next = this.#queue.shift()
      if (next === undefined) this.#free += 1
      else next()
    }
  }

  async #invokeIn(sandbox: Sandbox, event: unknown): Promise<Invocation> {
    const invocation = await sandbox.invoke(event)
    if (!sandbox.isAlive) await this.#end(sandbox)
    else this.#rest(sandbox)
    return invocation
  }

  /** The one used last is the warmest; the others may go. */
  #take(): Sandbox {
    for (const [sandbox, timer] of [...this.#idle].toReversed()) {
      clearTimeout(timer)
      this.#idle.delete(sandbox)
      if (sandbox.isAlive) return sandbox
      void this.#end(sandbox)
    }
    const sandbox = new Sandbox(this.spec, this.#watch)
    this.#all.add(sandbox)
    return sandbox
  }

  #rest(sandbox: Sandbox): void {
    this.#idle.set(
      sandbox,
      setTimeout(() => void this.#end(sandbox), idleMs),
    )
  }

  async #end(sandbox: Sandbox): Promise<void> {
    clearTimeout(this.#idle.get(sandbox))
    this.#idle.delete(sandbox)
    await sandbox.close()
    this.#all.delete(sandbox)
  }
}
