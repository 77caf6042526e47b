import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Runner } from '../core/definition/runner.ts'
import { tickMs } from '../core/values/times.ts'
import { type Engines, startEngines } from './engines/engines.ts'
import { clientEnvironment, functionEnvironment } from './engines/environment.ts'
import { type SupervisedEngine, startSupervisedEngine } from './engines/supervisor.ts'
import { type HttpServer, startHttpServer } from './http/server.ts'
import { createFunctions, type FunctionModules, type Functions, invokeTelling } from './lambda/functions.ts'
import { recallAll } from './resend-all.ts'
import { startSources } from './sources/event-sources.ts'
import type { StateChange } from './terminal/state-change.ts'

export interface DevStackOptions {
  readonly runner: Runner
  readonly functions: FunctionModules
  /** Folder for the table's data, made when absent. */
  readonly dataDir: string
  /** Forget what the folder holds. @default false */
  readonly fresh?: boolean
  /** Port of the HTTP API on 127.0.0.1; 0 takes a free one. @default 0 */
  readonly port?: number
  /** Between two ticks of the sweeper. @default 60,000 */
  readonly tickMs?: number
  /** Every line that a function writes. */
  readonly onLine?: (source: string, line: string) => void
  /** What went wrong in the stack itself. */
  readonly onTrouble?: (text: string) => void
  /** Every change of a job's state from now on, in order. */
  readonly onChange?: (change: StateChange) => void
}

export interface DevStack {
  /** Of the HTTP API. */
  readonly url: string
  /** Environment with which a program reaches table and queues. */
  readonly env: Readonly<Record<string, string>>
  /** Resolves when the table's engine ends by itself: the stack is of no use any more. */
  readonly broken: Promise<void>
  /** Every process of the stack but this one. */
  pids(): readonly number[]
  /** Takes no more work, lets what runs finish, and ends all processes. */
  stop(): Promise<void>
  /** Ends running invocations at once; `stop` then has nothing to wait for. */
  kill(): void
}

/**
 * Lamplighter on this machine: embedded engines, and the functions of the cloud called with real events, each in
 * processes of its own. Everything listens on 127.0.0.1 only.
 * @throws StackError when the port is taken or another stack uses the folder
 */
export async function startDevStack(options: DevStackOptions): Promise<DevStack> {
  const { onTrouble = () => {} } = options
  const closers: Closer[] = []
  const parts = Promise.withResolvers<Parts>()
  // Should the start fail, early requests are answered with 500; nobody else waits for this.
  parts.promise.catch(() => undefined)
  try {
    // First of all the port: it tells soonest that another stack runs. Requests that come early wait.
    const server = await startHttpServer(options.port ?? 0, async event => {
      const { functions } = await parts.promise
      return invokeTelling(functions.api, event, onTrouble)
    })
    closers.push(() => server.close())
    const started = await startParts(options, closers, server)
    parts.resolve(started)
    return stackOf(server.url, started, closers)
  } catch (error) {
    parts.reject(error)
    await closeAll(closers)
    throw error
  }
}

type Closer = () => Promise<unknown>

/** The last one opened first. One that fails keeps no other from being closed. */
async function closeAll(closers: Closer[]): Promise<void> {
  let failure: unknown
  for (const close of closers.splice(0).toReversed()) {
    try {
      await close()
    } catch (error) {
      failure ??= error
    }
  }
  if (failure !== undefined) throw failure
}

/** All but the port, each in need of the one before. What is to be closed is noted as soon as it is open. */
async function startParts(options: DevStackOptions, closers: Closer[], server: HttpServer): Promise<Parts> {
  const { runner, onLine = () => {}, onTrouble = () => {}, onChange } = options
  const folder = resolve(options.dataDir)
  const engine = await startSupervisedEngine({ folder, fresh: options.fresh ?? false })
  closers.push(() => engine.stop())
  for (const warning of engine.warnings) onTrouble(warning)
  const engines = await startEngines(engine, runner)
  closers.push(() => engines.stop())
  const functions = createFunctions(runner, options.functions, functionEnvironment(process.env, engines.names), {
    onLine,
    onStart: pid => engine.guard(pid),
    onExit: pid => engine.release(pid),
  })
  closers.push(() => Promise.all(functions.all().map(pool => pool.close())))
  if (!engine.isNew) await recallAll(runner, engines)
  writeEnvironment(folder, engines)
  const sources = await startSources({
    runner,
    engines,
    functions,
    tickMs: options.tickMs ?? tickMs,
    onTrouble,
    ...(onChange === undefined ? {} : { onChange }),
  })
  closers.push(() => Promise.all([server.close(), sources.stop()]))
  return { engine, engines, functions }
}

interface Parts {
  readonly engine: SupervisedEngine
  readonly engines: Engines
  readonly functions: Functions
}

function stackOf(url: string, { engine, engines, functions }: Parts, closers: Closer[]): DevStack {
  const kill = (): void => {
    for (const pool of functions.all()) pool.kill()
  }
  let stopping: Promise<void> | undefined
  return {
    url,
    env: clientEnvironment(engines.names),
    broken: engine.ended,
    pids: () => [...engine.pids, ...functions.all().flatMap(pool => pool.pids())],
    stop: () => (stopping ??= closeAll(closers)),
    kill,
  }
}

/** For `node --env-file`, so that a program of one's own finds the stack. */
function writeEnvironment(folder: string, { names }: Engines): void {
  const lines = Object.entries(clientEnvironment(names)).map(([name, value]) => `${name}='${value}'\n`)
  writeFileSync(join(folder, 'env'), lines.join(''))
}
