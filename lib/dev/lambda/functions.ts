import { relative } from 'node:path'
import { type FunctionDefinition, singleFunctions, workerDefinitions } from '../../core/definition/deployment.ts'
import type { Runner } from '../../core/definition/runner.ts'
import { mostConcurrency } from '../../core/records/concurrency.ts'
import { FunctionPool } from './function-pool.ts'
import type { FunctionError, Invocation } from './protocol.ts'
import type { SandboxWatch } from './sandbox.ts'

/** Paths of the modules whose `handler` the stack runs. */
export type FunctionModules = Readonly<Record<'worker' | keyof typeof singleFunctions, string>>

/** A function of the stack, and how to call it. */
export interface LocalFunction {
  readonly definition: FunctionDefinition
  readonly pool: FunctionPool
  /** Never rejects. A failure is reported as well, because the caller may have no reader for it. */
  invoke(event: unknown): Promise<Invocation>
}

export interface Functions extends Readonly<Record<keyof typeof singleFunctions, LocalFunction>> {
  /** By queue. */
  readonly workers: Readonly<Record<string, LocalFunction>>
  all(): readonly LocalFunction[]
}

/** Enough for one person and a script; each is a process. */
const apiConcurrency = 2

export interface FunctionSettings {
  readonly runner: Runner
  readonly modules: FunctionModules
  readonly env: Readonly<Record<string, string>>
  readonly watch: SandboxWatch
  readonly onTrouble: (text: string) => void
}

/** The functions of a deployment, each in processes of its own that start on demand. */
export function createFunctions(settings: FunctionSettings): Functions {
  const made = (definition: FunctionDefinition, modulePath: string, maxConcurrency: number): LocalFunction => {
    const { name, timeoutMs, memorySize } = definition
    const pool = new FunctionPool(
      { name, modulePath, timeoutMs, memorySize, maxConcurrency, env: settings.env },
      settings.watch,
    )
    return localFunction(definition, pool, settings.onTrouble)
  }
  const { modules } = settings
  const workers = Object.fromEntries(
    workerDefinitions(settings.runner).map(definition => [
      definition.trigger.queue,
      // As many as the source asks for: its concurrency may be set at run time.
      made(definition, modules.worker, mostConcurrency),
    ]),
  )
  const single = {
    sweeper: made(singleFunctions.sweeper, modules.sweeper, 1),
    dispatcher: made(singleFunctions.dispatcher, modules.dispatcher, 1),
    recorder: made(singleFunctions.recorder, modules.recorder, 1),
    reconciler: made(singleFunctions.reconciler, modules.reconciler, 1),
    api: made(singleFunctions.api, modules.api, apiConcurrency),
  }
  return { ...single, workers, all: () => [...Object.values(workers), ...Object.values(single)] }
}

function localFunction(
  definition: FunctionDefinition,
  pool: FunctionPool,
  onTrouble: (text: string) => void,
): LocalFunction {
  let reported: string | undefined
  return {
    definition,
    pool,
    async invoke(event) {
      const invocation = await pool.invoke(event)
      if (pool.isClosed) return invocation
      if (invocation.kind === 'failed' && invocation.atStart === true) {
        // It is tried every two seconds; once is enough until something changes.
        const cause = `${definition.name} does not start: ${causeOf(invocation)}`
        if (cause !== reported) onTrouble(cause)
        reported = cause
        return invocation
      }
      reported = undefined
      if (invocation.kind === 'failed' && definition.trigger.kind !== 'queue') {
        onTrouble(`function ${definition.name} failed: ${invocation.errorType}: ${invocation.errorMessage}`)
      }
      return invocation
    },
  }
}

/** The error, and the place in a file where it came from. */
function causeOf({ errorType, errorMessage, stack }: FunctionError): string {
  const place = stack === undefined ? undefined : firstPlace(stack)
  const text = `${errorType}: ${errorMessage.split('\n')[0]}`
  return place === undefined ? text : `${text} (${place})`
}

/** `src/handlers.ts:3:9`: of a syntax error in the first line of the stack, of others in the first frame that is a file. */
function firstPlace(stack: string): string | undefined {
  const found = /(?:^|[\s(]|file:\/\/)((?:[A-Za-z]:)?[\\/][^\s()]*?:\d+(?::\d+)?)(?=[\s)]|$)/.exec(stack)?.[1]
  if (found === undefined) return undefined
  const path = decodeURI(found)
  const near = relative(process.cwd(), path)
  return near.startsWith('..') ? path : near
}
