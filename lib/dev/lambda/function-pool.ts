import type { FunctionSpec, SandboxWatch } from './function-spec.ts'
import type { Invocation } from './protocol.ts'
import { Sandbox } from './sandbox.ts'

/** A sandbox without work for this long is closed (milliseconds). */
const idleMs = 60_000
/** The same, while another one waits for work as well: a burst leaves no processes behind. */
const spareMs = 5_000

/** Other code, loaded and not yet in use; or why it does not load. */
export type Prepared =
  | {
      readonly kind: 'prepared'
      /** What the host says of the module. */
      readonly payload?: unknown
      /** From now on events run in this code. @returns how many go on in old code */
      take(): number
      drop(): void
    }
  | Extract<Invocation, { kind: 'failed' }>

/**
 * The sandboxes of one function, as on Lambda: one event at a time in each, warm ones used again, more of them on
 * demand up to the function's concurrency; beyond it events wait.
 */
export class FunctionPool {
  #spec: FunctionSpec
  readonly #watch: SandboxWatch
  readonly #all = new Set<Sandbox>()
  readonly #idle = new Map<Sandbox, NodeJS.Timeout>()
  readonly #queue: (() => void)[] = []
  readonly #running = new Set<Promise<unknown>>()
  /** Sandboxes of code that was replaced: each ends after its event. */
  readonly #old = new Set<Sandbox>()
  #free: number
  #isClosed = false

  constructor(spec: FunctionSpec, watch: SandboxWatch) {
    this.#spec = spec
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

  /** What its sandboxes run. */
  get spec(): FunctionSpec {
    return this.#spec
  }

  /**
   * Makes ready to run other code; nothing changes until it is taken.
   * @param isChecked whether the code is loaded now: it is then warm, and code that does not load is not taken
   */
  async prepare(spec: FunctionSpec, isChecked: boolean): Promise<Prepared> {
    // A debugger's port is free only when the old sandbox has gone: the new one starts with the next event.
    const isWarm = spec.inspectPort === undefined && (isChecked || this.#all.size > 0)
    if (!isWarm) return { kind: 'prepared', take: () => this.#take(spec, undefined), drop: () => undefined }
    const first = new Sandbox(spec, this.#watch)
    this.#all.add(first)
    const loaded = await first.loaded()
    if (loaded.kind === 'failed') {
      void this.#end(first)
      return loaded
    }
    return {
      kind: 'prepared',
      payload: loaded.payload,
      take: () => this.#take(spec, first),
      drop: () => void this.#end(first),
    }
  }

  /** Idle sandboxes of the code before end at once, busy ones after their event. */
  #take(spec: FunctionSpec, first: Sandbox | undefined): number {
    if (this.#isClosed) {
      if (first !== undefined) void this.#end(first)
      return 0
    }
    for (const sandbox of this.#all) {
      if (sandbox === first) continue
      if (this.#idle.has(sandbox)) void this.#end(sandbox)
      else this.#old.add(sandbox)
    }
    this.#grow(spec.maxConcurrency - this.#spec.maxConcurrency)
    this.#spec = spec
    if (first !== undefined) this.#rest(first)
    return this.#old.size
  }

  /** Fewer: those that run stay until their end. */
  #grow(by: number): void {
    this.#free += by
    while (this.#free > 0 && this.#queue.length > 0) {
      this.#free -= 1
      this.#queue.shift()?.()
    }
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
      return await this.#invokeIn(this.#warmest(), event)
    } finally {
      this.#grow(1)
    }
  }

  async #invokeIn(sandbox: Sandbox, event: unknown): Promise<Invocation> {
    const invocation = await sandbox.invoke(event)
    if (!sandbox.isAlive || this.#old.has(sandbox)) await this.#end(sandbox)
    else this.#rest(sandbox)
    return invocation
  }

  /** The one used last is the warmest; the others may go. */
  #warmest(): Sandbox {
    for (const [sandbox, timer] of [...this.#idle].toReversed()) {
      clearTimeout(timer)
      this.#idle.delete(sandbox)
      if (sandbox.isAlive) return sandbox
      void this.#end(sandbox)
    }
    const sandbox = new Sandbox(this.#spec, this.#watch)
    this.#all.add(sandbox)
    return sandbox
  }

  #rest(sandbox: Sandbox): void {
    const after = this.#idle.size > 0 || this.#spec.isRare === true ? spareMs : idleMs
    this.#idle.set(
      sandbox,
      setTimeout(() => void this.#end(sandbox), after),
    )
  }

  async #end(sandbox: Sandbox): Promise<void> {
    clearTimeout(this.#idle.get(sandbox))
    this.#idle.delete(sandbox)
    await sandbox.close()
    this.#all.delete(sandbox)
    this.#old.delete(sandbox)
  }
}
