import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { StackError } from '../stack-error.ts'
import type { FromKeeper, KeeperOptions, ToKeeper } from './keeper-protocol.ts'
import { killNow } from './process-command.ts'

/** dynoxide under its keeper: it ends with this process, however this process ends. */
export interface KeptEngine {
  readonly endpoint: string
  /** The keeper's and the engine's. */
  readonly pids: readonly number[]
  /** The folder held no table before. */
  readonly isNew: boolean
  /** This process shall not outlive the stack either. */
  guard(pid: number): void
  release(pid: number): void
  /** Resolves when the engine has ended, also by itself. */
  readonly ended: Promise<void>
  stop(): Promise<void>
}

const keeperPath = fileURLToPath(new URL('keeper.ts', import.meta.url))

/** @throws StackError when another stack holds the folder */
export async function startKeptEngine(options: KeeperOptions): Promise<KeptEngine> {
  const keeper = fork(keeperPath, [JSON.stringify(options)], {
    execArgv: [],
    // Ctrl-C in a terminal reaches a whole process group; the engine must outlast the runs that still finish.
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const exited = once(keeper, 'exit')
  const word = await Promise.race([
    once(keeper, 'message').then(([message]) => message as FromKeeper),
    exited.then((): FromKeeper => ({ kind: 'failed', message: 'the keeper of the table ended', isPlain: false })),
  ])
  if (word.kind === 'failed') throw word.isPlain ? new StackError(word.message) : new Error(word.message)
  const tell = (message: ToKeeper): void => {
    if (keeper.connected) keeper.send(message, () => undefined)
  }
  return {
    endpoint: word.endpoint,
    pids: [keeper.pid ?? 0, word.enginePid],
    isNew: word.isNew,
    guard: pid => tell({ kind: 'guard', pid }),
    release: pid => tell({ kind: 'release', pid }),
    // Should the keeper itself be killed, nobody else would end the engine.
    ended: exited.then(() => killNow(word.enginePid)),
    async stop() {
      if (keeper.connected) keeper.disconnect()
      await exited
    },
  }
}
