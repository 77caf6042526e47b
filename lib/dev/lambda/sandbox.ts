import { randomUUID } from 'node:crypto'
import type { FunctionSpec, SandboxWatch } from './function-spec.ts'
import { type HostProcess, hostFor, type Lodger } from './host-process.ts'
import type { HostMessage, Invocation } from './protocol.ts'

/** As Lambda, plus what a busy machine takes to start a process. */
const initWithinMs = 30_000

/** Runs one function, one event at a time, in a process of its own or one that it shares. */
export class Sandbox {
  readonly #host: HostProcess
  readonly #spec: FunctionSpec
  readonly #ready: Promise<Invocation>
  readonly #lodger: Lodger
  #settle: ((invocation: Invocation) => void) | undefined
  /** Of the event in hand; undefined while the module loads. */
  #requestId: string | undefined
  #isKilled = false

  constructor(spec: FunctionSpec, watch: SandboxWatch) {
    this.#spec = spec
    this.#host = hostFor(spec, watch)
    this.#lodger = {
      hear: message => this.#hear(message),
      gone: why => this.#end('Runtime.ExitError', why),
    }
    // The first word of a host is either that it is ready or why it is not.
    this.#ready = this.#within(initWithinMs, 'Runtime.InitTimeout', 'Init timed out')
    this.#host.join(this.#lodger)
  }

  get pid(): number | undefined {
    return this.#host.pid
  }

  /** False once the process has ended or was asked to end. */
  get isAlive(): boolean {
    return !this.#isKilled && this.#host.isAlive
  }

  /** Resolves when the module is loaded, with what its host says of it; or with why it is not. */
  async loaded(): Promise<Invocation> {
    const first = await this.#ready
    if (first.kind === 'returned') return first
    // Its process may need a moment to end. Nobody else must get it.
    this.#host.kill()
    return { ...first, atStart: true }
  }

  async invoke(event: unknown): Promise<Invocation> {
    const loaded = await this.loaded()
    if (loaded.kind === 'failed') return loaded
    const { name, memorySize, timeoutMs, exportName = 'handler' } = this.#spec
    const requestId = randomUUID()
    if (!this.isAlive) return { kind: 'failed', errorType: 'Runtime.ExitError', errorMessage: 'The sandbox has ended' }
    this.#requestId = requestId
    const deadlineAt = Date.now() + timeoutMs
    this.#host.send({ kind: 'invoke', requestId, name, memorySize, exportName, event, deadlineAt })
    return this.#within(timeoutMs, 'Sandbox.Timedout', `Task timed out after ${(timeoutMs / 1_000).toFixed(2)} seconds`)
  }

  /** Lets the process end by itself, unless others live there; whatever it still runs is lost. */
  async close(): Promise<void> {
    await this.#host.leave(this.#lodger)
  }

  /** At once. A process that others live in goes on; what this one runs there is heard of no more. */
  kill(): void {
    this.#isKilled = true
    if (this.#host.isOnlyFor(this.#lodger)) this.#host.kill()
    else this.#end('Runtime.ExitError', 'Runtime exited with signal SIGKILL')
  }

  #hear(message: HostMessage): void {
    switch (message.kind) {
      case 'ready':
        return this.#requestId === undefined
          ? this.#settle?.({ kind: 'returned', payload: message.handled })
          : undefined
      case 'returned':
        if (message.requestId !== this.#requestId) return
        return this.#settle?.({ kind: 'returned', payload: parsed(message.payload) })
      case 'failed': {
        const { requestId, ...failure } = message
        return requestId === this.#requestId ? this.#settle?.(failure) : undefined
      }
      case 'said':
        return
    }
  }

  #end(errorType: string, errorMessage: string): void {
    this.#settle?.({ kind: 'failed', errorType, errorMessage })
  }

  /** The next thing that the host says, or its end; past the limit it is killed. */
  #within(limitMs: number, errorType: string, errorMessage: string): Promise<Invocation> {
    return new Promise(resolve => {
      const giveUp = (): void => {
        this.#end(errorType, errorMessage)
        // Whatever keeps it busy may keep the others waiting as well.
        this.#host.kill()
      }
      // Somebody may stand at a breakpoint.
      const timer = this.#spec.inspectPort === undefined ? setTimeout(giveUp, limitMs) : undefined
      this.#settle = invocation => {
        clearTimeout(timer)
        this.#settle = undefined
        resolve(invocation)
      }
    })
  }
}

const parsed = (payload: string | undefined): unknown => (payload === undefined ? undefined : JSON.parse(payload))
