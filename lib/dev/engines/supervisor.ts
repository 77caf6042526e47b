import { fork } from 'node:child_process'
import { once } from 'node:events'
import { getCompileCacheDir } from 'node:module'
import { dirname, extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { StackError } from '../stack-error.ts'

export interface SupervisorOptions {
  /** Folder of the table's data. */
  readonly folder: string
  /** Delete the data that is there. */
  readonly fresh: boolean
}

/** What the stack and the supervisor's process send to each other over IPC. */
export type ToSupervisor =
  /** A process that must not outlive the stack. */
  { readonly kind: 'guard'; readonly pid: number } | { readonly kind: 'release'; readonly pid: number }

export type FromSupervisor =
  | ({ readonly kind: 'ready'; readonly enginePid: number } & EngineFacts)
  /** `isPlain`: the person at the terminal can act on the message alone. */
  | { readonly kind: 'failed'; readonly message: string; readonly isPlain: boolean }

interface EngineFacts {
  readonly endpoint: string
  /** The folder held no table before. */
  readonly isNew: boolean
  /** What is not as it should be, although the engine works. */
  readonly warnings: readonly string[]
}

/** dynoxide under a supervisor: it ends with this process, however this process ends. */
export interface SupervisedEngine extends EngineFacts {
  /** Of the supervisor and of the engine. */
  readonly pids: readonly number[]
  /** This process must not outlive the stack either. */
  guard(pid: number): void
  release(pid: number): void
  /** Resolves when the engine has ended, also by itself. */
  readonly ended: Promise<void>
  stop(): Promise<void>
}

/** How long a supervisor may take to end when its start is given up (milliseconds). */
const endWithinMs = 500

const processPath = fileURLToPath(new URL(`supervisor-process${extname(import.meta.filename)}`, import.meta.url))

/**
 * @param signal gives up while the engine still starts
 * @throws StackError when the folder is in use or cannot be a folder
 */
export async function startSupervisedEngine(
  options: SupervisorOptions,
  signal?: AbortSignal,
): Promise<SupervisedEngine> {
  const cache = getCompileCacheDir()
  const child = fork(processPath, [JSON.stringify(options)], {
    // Modules that this process has compiled before.
    env: { ...process.env, ...(cache === undefined ? {} : { NODE_COMPILE_CACHE: dirname(cache) }) },
    // node:sqlite is experimental in Node 22; nobody can act on the warning.
    execArgv: ['--disable-warning=ExperimentalWarning'],
    // Ctrl-C in a terminal reaches a whole process group. The engine must outlast the runs that still finish.
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const exited = once(child, 'exit')
  // Without its channel it ends by itself, unless something holds it up.
  const giveUp = (): void => {
    if (child.connected) child.disconnect()
    setTimeout(() => child.kill('SIGKILL'), endWithinMs).unref()
  }
  signal?.addEventListener('abort', giveUp)
  if (signal?.aborted === true) giveUp()
  const first = await Promise.race([
    once(child, 'message').then(([message]) => message as FromSupervisor),
    exited.then((): FromSupervisor => ({ kind: 'failed', message: "the engine's supervisor ended", isPlain: false })),
  ]).finally(() => signal?.removeEventListener('abort', giveUp))
  if (first.kind === 'failed') throw first.isPlain ? new StackError(first.message) : new Error(first.message)
  const send = (message: ToSupervisor): void => {
    if (child.connected) child.send(message, () => undefined)
  }
  const { enginePid } = first
  return {
    endpoint: first.endpoint,
    isNew: first.isNew,
    warnings: first.warnings,
    pids: [child.pid ?? 0, enginePid],
    guard: pid => send({ kind: 'guard', pid }),
    release: pid => send({ kind: 'release', pid }),
    // When the supervisor itself is killed, nobody else ends the engine.
    ended: exited.then(() => killNow(enginePid)),
    async stop() {
      if (child.connected) child.disconnect()
      await exited
    },
  }
}

/** Nothing happens when the process has ended already. */
export function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Gone.
  }
}
