import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { extname } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { loopback } from '../loopback.ts'
import type { HostMessage, Invocation, Invoke } from './protocol.ts'

export interface FunctionSpec {
  readonly name: string
  /** Path of a module. */
  readonly modulePath: string
  /** Of the function in it. @default 'handler' */
  readonly exportName?: string
  /** Port of the debugger on 127.0.0.1: then nothing is killed for being slow. @default no debugger */
  readonly inspectPort?: number
  /** After this an invocation is killed, with its sandbox. */
  readonly timeoutMs: number
  /** In MB. A heap that outgrows it ends the sandbox. */
  readonly memorySize: number
  /** Sandboxes at the same time. */
  readonly maxConcurrency: number
  readonly env: Readonly<Record<string, string>>
}

/** What the owner of a sandbox wants to know. */
export interface SandboxWatch {
  /** A line that the function wrote. */
  onLine(name: string, line: string): void
  onStart(pid: number): void
  onExit(pid: number): void
}

const hostPath = fileURLToPath(new URL(`function-host${extname(import.meta.filename)}`, import.meta.url))
/** As Lambda, plus what a busy machine takes to start a process. */
const initWithinMs = 30_000
/** How long a host may take to go once its channel is closed. */
const exitWithinMs = 1_000

/** One process that runs one function, one event at a time. */
export class Sandbox {
  readonly #child: ChildProcess
  readonly #spec: FunctionSpec
  readonly #ready: Promise<Invocation>
  readonly #exited: Promise<unknown>
  #settle: ((invocation: Invocation) => void) | undefined

  constructor(spec: FunctionSpec, watch: SandboxWatch) {
    this.#spec = spec
    this.#child = fork(hostPath, [spec.modulePath, spec.exportName ?? 'handler'], {
      execArgv: [
        `--max-old-space-size=${spec.memorySize}`,
        // As the deployed workers: stacks show the lines that were written.
        '--enable-source-maps',
        ...(spec.inspectPort === undefined ? [] : [`--inspect=${loopback}:${spec.inspectPort}`]),
      ],
      // A process group of its own: a terminal's Ctrl-C is the stack's to handle.
      detached: true,
      env: { ...spec.env, ...lambdaEnv(spec) },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    const { pid } = this.#child
    if (pid !== undefined) watch.onStart(pid)
    this.#exited = once(this.#child, 'exit').then(() => pid !== undefined && watch.onExit(pid))
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', line => watch.onLine(spec.name, line))
    }
    this.#child.on('message', (message: HostMessage) => this.#hear(message))
    this.#child.on('error', error => this.#end('Runtime.ExitError', error.message))
    this.#child.on('exit', (code, signal) =>
      this.#end('Runtime.ExitError', `Runtime exited with ${signal === null ? `status ${code}` : `signal ${signal}`}`),
    )
    // The first word of a host is either that it is ready or why it is not.
    this.#ready = this.#within(initWithinMs, 'Runtime.InitTimeout', 'Init timed out')
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** False once the process has ended or was asked to end. */
  get isAlive(): boolean {
    const { connected, killed, exitCode, signalCode } = this.#child
    return connected && !killed && exitCode === null && signalCode === null
  }

  /** Resolves when the module is loaded, with what its host says of it; or with why it is not. */
  async loaded(): Promise<Invocation> {
    const first = await this.#ready
    if (first.kind === 'returned') return first
    // Its process may need a moment to end. Nobody else must get it.
    this.kill()
    return { ...first, atStart: true }
  }

  async invoke(event: unknown): Promise<Invocation> {
    const loaded = await this.loaded()
    if (loaded.kind === 'failed') return loaded
    const { timeoutMs } = this.#spec
    const requestId = randomUUID()
    if (!this.isAlive) return { kind: 'failed', errorType: 'Runtime.ExitError', errorMessage: 'The sandbox has ended' }
    const message: Invoke = { kind: 'invoke', requestId, event, deadlineAt: Date.now() + timeoutMs }
    this.#child.send(message, error => error !== null && this.#end('Runtime.ExitError', error.message))
    return this.#within(timeoutMs, 'Sandbox.Timedout', `Task timed out after ${(timeoutMs / 1_000).toFixed(2)} seconds`)
  }

  /** Lets the process end by itself; whatever it still runs is lost. */
  async close(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect()
    const force = setTimeout(() => this.kill(), exitWithinMs)
    await this.#exited
    clearTimeout(force)
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  #hear(message: HostMessage): void {
    switch (message.kind) {
      case 'ready':
        return this.#settle?.({ kind: 'returned', payload: message.handled })
      case 'returned':
        return this.#settle?.({ kind: 'returned', payload: parsed(message.payload) })
      case 'failed': {
        const { requestId: _, ...failure } = message
        return this.#settle?.(failure)
      }
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
        this.kill()
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

function lambdaEnv({ name, memorySize }: FunctionSpec): Record<string, string> {
  return {
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memorySize),
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
  }
}
