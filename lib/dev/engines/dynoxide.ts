import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { freePort, loopback } from '../loopback.ts'
import { StackError } from '../stack-error.ts'
import { loadEngines } from './load-engines.ts'

export interface DynoxideOptions {
  /** File that keeps the data between two starts. Absent: in memory. */
  readonly dbPath?: string
  /** Absent: a free one. */
  readonly port?: number
}

export interface Dynoxide {
  readonly endpoint: string
  readonly pid: number
  stop(): Promise<void>
}

/** Longer than any start ever took here (milliseconds), shorter than a test's patience. */
const readyWithinMs = 10_000
const stopWithinMs = 5_000
const maxSaidLength = 4_000
/** A free port may be taken by somebody else before dynoxide binds it. */
const portTries = 3

/**
 * Starts dynoxide, a DynamoDB on SQLite, on 127.0.0.1. Resolves when it answers.
 * @throws EnginesMissing; StackError when there is no program for this platform; Error when it does not start
 */
export async function startDynoxide(options: DynoxideOptions = {}): Promise<Dynoxide> {
  const binary = programIn(await loadEngines())
  const tries = options.port === undefined ? portTries : 1
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await freePort())
    const files = options.dbPath === undefined ? [] : ['--db-path', options.dbPath]
    const child = spawn(binary, ['--host', loopback, '--port', String(port), ...files], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    endWithThisProcess(child)
    try {
      return await ready(child, `http://${loopback}:${port}`)
    } catch (error) {
      await stop(child)
      if (attempt >= tries) throw error
    }
  }
}

function programIn({ dynoxidePath }: Awaited<ReturnType<typeof loadEngines>>): string {
  try {
    return dynoxidePath()
  } catch (error) {
    throw new StackError(error instanceof Error ? error.message : String(error))
  }
}

/** Whatever ends this process in an orderly way ends the engine too. (A SIGKILL cannot be answered.) */
function endWithThisProcess(child: ChildProcess): void {
  const end = () => child.kill('SIGKILL')
  process.once('exit', end)
  child.once('exit', () => process.off('exit', end))
}

/** It says that it listens once it does. Not asked over the port: a stranger may answer there. */
async function ready(child: ChildProcess, endpoint: string): Promise<Dynoxide> {
  let said = ''
  const why = await new Promise<string | undefined>(resolve => {
    const giveUp = setTimeout(() => resolve(`no answer within ${readyWithinMs} ms`), readyWithinMs)
    const settle = (failure: string | undefined) => {
      clearTimeout(giveUp)
      resolve(failure)
    }
    child.stderr?.on('data', (chunk: Buffer) => {
      // What comes later is read too, or the pipe would fill, but not kept.
      if (said.length < maxSaidLength) said += chunk.toString()
      if (said.includes('listening on')) settle(undefined)
    })
    child.once('error', error => settle(error.message))
    // Not 'exit': what it said last may still be in the pipe.
    child.once('close', () => settle(said.trim() || 'it ended without a word'))
  })
  if (why !== undefined || child.pid === undefined) throw new Error(`dynoxide did not start on ${endpoint}: ${why}`)
  return { endpoint, pid: child.pid, stop: () => stop(child) }
}

const hasExited = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

async function stop(child: ChildProcess): Promise<void> {
  if (hasExited(child) || child.pid === undefined) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const force = setTimeout(() => child.kill('SIGKILL'), stopWithinMs)
  await exited
  clearTimeout(force)
}
