import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { extname } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { loopback } from '../loopback.ts'
import type { FunctionSpec, SandboxWatch } from './function-spec.ts'
import type { HostMessage, Invoke } from './protocol.ts'

/** A sandbox that lives in a process. */
export interface Lodger {
  hear(message: HostMessage): void
  /** The process has ended, or could not be started. */
  gone(why: string): void
}

const hostPath = fileURLToPath(new URL(`function-host${extname(import.meta.filename)}`, import.meta.url))
/** How long a host may take to go once its channel is closed. */
const exitWithinMs = 1_000
/** What a process for several functions is called. */
const sharedName = 'inner'

/** A process that runs functions of one module: `function-host.ts` and the channel to it. */
export class HostProcess {
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown>
  readonly #lodgers = new Set<Lodger>()
  /** Its first word: that it is ready, or why it is not. */
  #first: HostMessage | undefined

  constructor(spec: FunctionSpec, watch: SandboxWatch) {
    const { name, sharedMemorySize } = spec
    this.#child = forked(spec)
    const { pid } = this.#child
    if (pid !== undefined) watch.onStart(pid)
    this.#exited = once(this.#child, 'exit').then(() => pid !== undefined && watch.onExit(pid))
    const source = sharedMemorySize === undefined ? name : sharedName
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', line => watch.onLine(source, line))
    }
    this.#child.on('message', (message: HostMessage) => {
      if (message.kind === 'said') return watch.onLine(message.name, message.line)
      this.#first ??= message
      for (const lodger of this.#lodgers) lodger.hear(message)
    })
    this.#child.on('error', error => this.#gone(error.message))
    this.#child.on('exit', (code, signal) =>
      this.#gone(`Runtime exited with ${signal === null ? `status ${code}` : `signal ${signal}`}`),
    )
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** False once the process has ended or was asked to end. */
  get isAlive(): boolean {
    const { connected, killed, exitCode, signalCode } = this.#child
    return connected && !killed && exitCode === null && signalCode === null
  }

  /** Hears the first word again if it was said already. */
  join(lodger: Lodger): void {
    this.#lodgers.add(lodger)
    const first = this.#first
    if (first !== undefined) queueMicrotask(() => lodger.hear(first))
  }

  send(message: Invoke): void {
    this.#child.send(message, error => error !== null && this.#gone(error.message))
  }

  /** With the last lodger the process ends by itself; resolves when it has. */
  async leave(lodger: Lodger): Promise<void> {
    this.#lodgers.delete(lodger)
    if (this.#lodgers.size > 0) return
    if (this.#child.connected) this.#child.disconnect()
    const force = setTimeout(() => this.kill(), exitWithinMs)
    await this.#exited
    clearTimeout(force)
  }

  /** Whether nobody else lives there. */
  isOnlyFor(lodger: Lodger): boolean {
    return [...this.#lodgers].every(other => other === lodger)
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  #gone(why: string): void {
    for (const lodger of this.#lodgers) lodger.gone(why)
  }
}

function forked(spec: FunctionSpec): ChildProcess {
  const { sharedMemorySize, inspectPort, memorySize, modulePath, exportName = 'handler' } = spec
  const isShared = sharedMemorySize !== undefined
  return fork(spec.host ?? hostPath, [modulePath, ...(isShared ? [] : [exportName])], {
    execArgv: [
      `--max-old-space-size=${sharedMemorySize ?? memorySize}`,
      // As the deployed workers: stacks show the lines that were written.
      '--enable-source-maps',
      ...(inspectPort === undefined ? [] : [`--inspect=${loopback}:${inspectPort}`]),
    ],
    // A process group of its own: a terminal's Ctrl-C is the stack's to handle.
    detached: true,
    env: { ...spec.env, ...lambdaEnv(isShared ? sharedName : spec.name, sharedMemorySize ?? memorySize) },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
}

const lambdaEnv = (name: string, memorySize: number): Record<string, string> => ({
  AWS_LAMBDA_FUNCTION_NAME: name,
  AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memorySize),
  AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
  AWS_LAMBDA_LOG_STREAM_NAME: 'local',
})

/** Of each stack, by module. */
const shared = new WeakMap<SandboxWatch, Map<string, HostProcess>>()

/** A process of its own, or the one that the functions of this module share. */
export function hostFor(spec: FunctionSpec, watch: SandboxWatch): HostProcess {
  if (spec.sharedMemorySize === undefined) return new HostProcess(spec, watch)
  const hosts = shared.get(watch) ?? new Map<string, HostProcess>()
  shared.set(watch, hosts)
  const there = hosts.get(spec.modulePath)
  if (there?.isAlive === true) return there
  const made = new HostProcess(spec, watch)
  hosts.set(spec.modulePath, made)
  return made
}
