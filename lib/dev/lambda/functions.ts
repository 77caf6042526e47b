import { queueDefinitions } from '../../core/definition/deployment.ts'
import type { Runner } from '../../core/definition/runner.ts'
import { FunctionPool } from './function-pool.ts'
import type { Invocation } from './protocol.ts'
import type { SandboxWatch } from './sandbox.ts'

/** Paths of the modules whose `handler` the stack runs. */
export interface FunctionModules {
  readonly worker: string
  readonly sweeper: string
  readonly dispatcher: string
  readonly api: string
}

/** The stack's functions: a worker for each queue, and one of each other kind. */
export interface Functions {
  readonly workers: Readonly<Record<string, FunctionPool>>
  readonly sweeper: FunctionPool
  readonly dispatcher: FunctionPool
  readonly api: FunctionPool
  all(): readonly FunctionPool[]
}

const sweeperTimeoutMs = 60_000
const dispatcherTimeoutMs = 60_000
/** API Gateway gives up after 30 s. */
const apiTimeoutMs = 29_000
/** Enough for one person and a script; each is a process. */
const apiConcurrency = 4

export function createFunctions(
  runner: Runner,
  modules: FunctionModules,
  env: Readonly<Record<string, string>>,
  watch: SandboxWatch,
): Functions {
  const pool = (name: string, modulePath: string, timeoutMs: number, maxConcurrency: number): FunctionPool =>
    new FunctionPool({ name, modulePath, timeoutMs, maxConcurrency, env }, watch)
  const workers: Record<string, FunctionPool> = {}
  for (const { queue, functionTimeoutMs } of queueDefinitions(runner)) {
    const concurrency = runner.queues[queue]?.concurrency ?? 1
    workers[queue] = pool(`worker-${queue}`, modules.worker, functionTimeoutMs, concurrency)
  }
  const functions = {
    workers,
    sweeper: pool('sweeper', modules.sweeper, sweeperTimeoutMs, 1),
    dispatcher: pool('dispatcher', modules.dispatcher, dispatcherTimeoutMs, 1),
    api: pool('api', modules.api, apiTimeoutMs, apiConcurrency),
  }
  return {
    ...functions,
    all: () => [...Object.values(workers), functions.sweeper, functions.dispatcher, functions.api],
  }
}

/** Calls a function, and reports its failure, which the caller may have no reader for. */
export async function invokeTelling(
  pool: FunctionPool,
  event: unknown,
  onTrouble: (text: string) => void,
): Promise<Invocation> {
  const invocation = await pool.invoke(event)
  if (invocation.kind === 'failed' && invocation.errorType !== 'Stack.Closed') {
    onTrouble(`function ${pool.spec.name} failed: ${invocation.errorType}: ${invocation.errorMessage}`)
  }
  return invocation
}
