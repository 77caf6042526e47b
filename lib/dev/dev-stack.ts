import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { resendAll } from '../app/sweeper/resend-all.ts'
import { DynamoJobStore } from '../aws/dynamodb/job-store.ts'
import { DynamoRecordStore } from '../aws/dynamodb/record-store.ts'
import { SqsJobQueue } from '../aws/sqs/job-queue.ts'
import { describeRunner } from '../bundle/probe-report.ts'
import { queuePolicyOf, type Runner } from '../core/definition/runner.ts'
import { systemQueue, withSystemQueue } from '../core/definition/system.ts'
import { tickMs } from '../core/values/times.ts'
import { systemClock } from '../system/clock.ts'
import { systemRandom } from '../system/random.ts'
import { ChangeHub } from './change-hub.ts'
import { type Engines, startEngines } from './engines/engines.ts'
import {
  type AwsTarget,
  clientEnvironment,
  functionEnvironment,
  mappingsEnvironment,
  notEmulated,
} from './engines/environment.ts'
import { type SupervisedEngine, startSupervisedEngine } from './engines/supervisor.ts'
import { serveChanges } from './http/serve-changes.ts'
import { type HttpServer, type Site, startHttpServer } from './http/server.ts'
import { createFunctions, type FunctionModules, type Functions, type Replaced } from './lambda/functions.ts'
import { type Sources, startSources } from './sources/event-sources.ts'
import { type LocalMappings, startMappings } from './sources/local-mappings.ts'
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
  /** Variables for the functions, before the stack's own. @default those of this process */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Where the handlers' own calls of AWS go. @default 'local' */
  readonly aws?: AwsTarget
  /** The first worker's debugger listens here, the others above it. @default no debugger */
  readonly inspectPort?: number
  /** What the port shows besides the API, such as the dashboard. @default nothing */
  readonly site?: Site
  /** Between two ticks of the sweeper. @default 60,000 */
  readonly tickMs?: number
  /** Every line that a function writes. */
  readonly onLine?: (source: string, line: string) => void
  /** What went wrong in the stack itself. */
  readonly onTrouble?: (text: string) => void
  /** Every change of a job's state from now on, in order. */
  readonly onChange?: (change: StateChange) => void
  /** Gives up a start that is not finished yet. */
  readonly signal?: AbortSignal
}

export interface DevStack {
  /** Of the HTTP API. */
  readonly url: string
  /** Address for a browser. It holds the token, which the browser then keeps. */
  readonly pageUrl: string
  /** Environment with which a program reaches table and queues. */
  readonly env: Readonly<Record<string, string>>
  /** Resolves when the table's engine ends by itself: the stack is of no use any more. */
  readonly broken: Promise<void>
  /** Runs other code, and the queues and schedules of another runner. Without its queues changed nothing is restarted. */
  reload(application: Pick<DevStackOptions, 'runner' | 'functions'>): Promise<Replaced>
  /** A tick of the sweeper in between. */
  tick(): Promise<void>
  /** Every process of the stack but this one. */
  pids(): readonly number[]
  /** Takes no more work, lets what runs finish, and ends all processes. */
  stop(): Promise<void>
  /** Ends running invocations at once; `stop` then has nothing to wait for. */
  kill(): void
}

/**
 * Lamplighter on this machine: embedded engines, and the functions of the cloud called with real events. Each worker has
 * processes of its own, Lamplighter's own functions share one. Everything listens on 127.0.0.1 only, and no web page can
 * reach the engines.
 * @throws StackError when the port is taken, another stack uses the folder, or there can be no such folder
 * @throws what the signal was aborted with, after everything was closed again
 */
export async function startDevStack(options: DevStackOptions): Promise<DevStack> {
  const closing = new Closing()
  const parts = Promise.withResolvers<Parts>()
  // When the start fails, early requests are answered with 500; nobody else waits for this.
  parts.promise.catch(() => undefined)
  try {
    // First of all the port: it shows soonest that another stack runs. Requests that come early wait.
    const { port = 0, site } = options
    const token = tokenIn(resolve(options.dataDir))
    const hub = new ChangeHub()
    const live: { engines?: Engines } = {}
    const isQueue = (name: string): boolean => Object.hasOwn(live.engines?.names.queues ?? options.runner.queues, name)
    const server = await startHttpServer({
      port,
      token,
      ...(site === undefined ? {} : { site }),
      changes: serveChanges({ hub, stack: randomBytes(4).toString('hex'), isQueue }),
      invoke: async event => (await parts.promise).functions.api.invoke(event),
    })
    closing.defer(() => server.close())
    const started = await startParts(options, closing, { server, token, hub })
    options.signal?.throwIfAborted()
    live.engines = started.engines
    parts.resolve(started)
    return stackOf({ server, token }, started, closing)
  } catch (error) {
    parts.reject(error)
    await closing.close()
    // What failed because of the signal is no failure.
    options.signal?.throwIfAborted()
    throw error
  }
}

/** Where requests come in. */
interface Front {
  readonly server: HttpServer
  readonly token: string
  readonly hub: ChangeHub
}

interface Parts {
  readonly engine: SupervisedEngine
  readonly engines: Engines
  readonly functions: Functions
  readonly sources: Sources
  readonly mappings: LocalMappings
  readonly reload: Reload
}

type Reload = (application: Pick<DevStackOptions, 'runner' | 'functions'>) => Promise<Replaced>

/** All but the port, each in need of the one before. */
async function startParts(options: DevStackOptions, closing: Closing, front: Front): Promise<Parts> {
  const { signal, onLine = () => {}, onTrouble = () => {}, onChange, inspectPort } = options
  const runner = runnerOf(options)
  const { environment = process.env, aws = 'local' } = options
  const folder = resolve(options.dataDir)
  const engine = await startSupervisedEngine({ folder, fresh: options.fresh ?? false }, signal)
  closing.defer(() => engine.stop())
  for (const warning of [...engine.warnings, ...notEmulated(environment)]) onTrouble(warning)
  const engines = await startEngines(engine, runner, join(folder, 'payloads'))
  closing.defer(() => engines.stop())
  const mappings = await startMappings(concurrenciesOf(runner))
  closing.defer(() => mappings.stop())
  const environmentNow = (used: Runner) => ({
    ...functionEnvironment(environment, engines.names, aws),
    // With the caller's own AWS, calls of Lambda are the caller's.
    ...(aws === 'local' ? mappingsEnvironment(mappings.endpoint, Object.keys(used.queues)) : {}),
  })
  const functions = createFunctions({
    runner,
    modules: options.functions,
    env: environmentNow(runner),
    watch: { onLine, onStart: pid => engine.guard(pid), onExit: pid => engine.release(pid) },
    onTrouble,
    ...(inspectPort === undefined ? {} : { inspectPort }),
  })
  closing.defer(() => Promise.all(functions.all().map(({ pool }) => pool.close())))
  if (!engine.isNew) await resendLost(runner, engines)
  signal?.throwIfAborted()
  const { server, token } = front
  const writeNames = (): void =>
    writeEnvironment(folder, { names: clientEnvironment(engines.names, aws), url: server.url, token })
  writeNames()
  const sources = await startSources({
    runner,
    engines,
    functions,
    mappings,
    tickMs: options.tickMs ?? tickMs,
    onTrouble,
    onChange(change) {
      front.hub.push(change, Date.now())
      onChange?.(change)
    },
  })
  closing.defer(() => Promise.all([server.close(), sources.stop()]))
  const parts = { engine, engines, functions, sources, mappings }
  return { ...parts, reload: reloadOf(parts, { runner, writeNames, environmentNow }) }
}

/** With the system queue, where the application brings its worker. */
const runnerOf = ({ runner, functions }: Pick<DevStackOptions, 'runner' | 'functions'>): Runner =>
  functions.workers?.[systemQueue] === undefined ? runner : withSystemQueue(runner)

const concurrenciesOf = (runner: Runner): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.keys(runner.queues).map(queue => [queue, queuePolicyOf(runner, queue).concurrency]))

interface Reloading {
  readonly runner: Runner
  readonly writeNames: () => void
  readonly environmentNow: (runner: Runner) => Readonly<Record<string, string>>
}

function reloadOf({ engines, functions, sources, mappings }: Omit<Parts, 'reload'>, reloading: Reloading): Reload {
  let current = reloading.runner
  return async application => {
    const runner = runnerOf(application)
    await engines.useQueuesOf(runner)
    const replaced = await functions.replace({
      runner,
      modules: application.functions,
      env: reloading.environmentNow(runner),
    })
    if (replaced.kind === 'failed' || describeRunner(current) === describeRunner(runner)) return replaced
    current = runner
    mappings.use(concurrenciesOf(current))
    reloading.writeNames()
    sources.pollQueuesOf(current)
    return replaced
  }
}

function stackOf({ server, token }: Omit<Front, 'hub'>, parts: Parts, closing: Closing): DevStack {
  const { engine, engines, functions, sources, reload } = parts
  const kill = (): void => {
    for (const { pool } of functions.all()) pool.kill()
  }
  let stopping: Promise<void> | undefined
  return {
    url: server.url,
    pageUrl: `${server.url}/?token=${token}`,
    env: clientEnvironment(engines.names, 'local'),
    broken: engine.ended,
    pids: () => [...new Set([...engine.pids, ...functions.all().flatMap(({ pool }) => pool.pids())])],
    reload,
    tick: () => sources.tick(),
    stop: () => (stopping ??= closing.close()),
    kill,
  }
}

/** What to close at the end. Node 24 has it as AsyncDisposableStack, Node 22 does not. */
class Closing {
  readonly #closers: (() => Promise<unknown>)[] = []

  defer(close: () => Promise<unknown>): void {
    this.#closers.push(close)
  }

  /** The last one opened first. One that fails keeps no other from being closed. */
  async close(): Promise<void> {
    const failures: unknown[] = []
    for (const close of this.#closers.splice(0).toReversed()) {
      await close().catch((error: unknown) => failures.push(error))
    }
    if (failures.length > 0) throw failures[0]
  }
}

/** After a restart the queues are empty: every message that was in them is known to be lost. */
async function resendLost(runner: Runner, { dynamo, sqs, names }: Engines): Promise<void> {
  const [client, clock, random] = [dynamo, systemClock, systemRandom]
  await resendAll({
    runner,
    store: new DynamoJobStore({ client, table: names.table, clock, random }),
    records: new DynamoRecordStore({ client, table: names.records, jobTable: names.table, clock, random }),
    queue: new SqsJobQueue({ client: sqs, urls: names.queues }),
    clock,
    random,
    telemetry: { emit: () => {} },
  })
}

/** For its owner's eyes only: both files hold the token. */
const ownerOnly = { mode: 0o600 }

interface Found {
  /** Of tables and queues. */
  readonly names: Readonly<Record<string, string>>
  readonly url: string
  readonly token: string
}

/** For `node --env-file`, so that a program of one's own finds the stack; the command line reads LAMPLIGHTER_URL. */
function writeEnvironment(folder: string, { names, url, token }: Found): void {
  const all = { ...names, LAMPLIGHTER_URL: url, LAMPLIGHTER_TOKEN: token }
  const lines = Object.entries(all).map(([name, value]) => `${name}='${value}'\n`)
  writeFileSync(join(folder, 'token'), token, ownerOnly)
  writeFileSync(join(folder, 'env'), lines.join(''), ownerOnly)
}

/** The folder's own, so that a page that is open stays logged in over restarts; the first stack makes one. */
function tokenIn(folder: string): string {
  try {
    const kept = readFileSync(join(folder, 'token'), 'utf8')
    if (/^[\w-]{32}$/.test(kept)) return kept
  } catch {
    // The folder is new.
  }
  return randomBytes(24).toString('base64url')
}
