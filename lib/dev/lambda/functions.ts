import { relative } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { type FunctionDefinition, singleFunctions, workerDefinitions } from '../../core/definition/deployment.ts'
import type { Runner } from '../../core/definition/runner.ts'
import { mostConcurrency } from '../../core/records/concurrency.ts'
import { FunctionPool } from './function-pool.ts'
import type { FunctionSpec, SandboxWatch } from './function-spec.ts'
import type { FunctionError, Invocation } from './protocol.ts'

/** A module and the function in it; a path alone means its `handler`. */
export type ModuleRef = string | { readonly path: string; readonly exportName: string }

/** Where the stack finds its functions. */
export interface FunctionModules extends Readonly<Record<keyof typeof singleFunctions, ModuleRef>> {
  readonly worker: ModuleRef
  /** Path of the program that runs them. @default the package's own */
  readonly host?: string
  /** By queue: workers with handlers of their own. @default none */
  readonly workers?: Readonly<Record<string, ModuleRef>>
}

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
  /**
   * Other code, other queues. All of it is taken or, if some does not load, nothing. Functions whose code and settings
   * stay are left alone; a queue that is gone keeps its worker, for what is still in it.
   */
  replace(settings: Replacement): Promise<Replaced>
}

export type Replaced =
  | {
      readonly kind: 'replaced'
      /** Events that go on in the code before. */
      readonly running: number
      /** Of each worker that was loaded: the types that it handles. */
      readonly handled: readonly (readonly string[])[]
    }
  /** Nothing changed. */
  | { readonly kind: 'failed'; readonly text: string }

/** What a function is made from, and may be made from anew. */
export interface Replacement {
  readonly runner: Runner
  readonly modules: FunctionModules
  readonly env: Readonly<Record<string, string>>
}

/** Enough for one person and a script; each is a process. */
const apiConcurrency = 2

export interface FunctionSettings extends Replacement {
  readonly watch: SandboxWatch
  readonly onTrouble: (text: string) => void
  /** The first worker's debugger listens here, the others above it; each then has one sandbox. @default no debugger */
  readonly inspectPort?: number
}

/** The functions of a deployment, each in processes of its own that start on demand. */
export function createFunctions(settings: FunctionSettings): Functions {
  const { watch, onTrouble } = settings
  const workers: Record<string, LocalFunction> = {}
  const made = (planned: Planned): LocalFunction =>
    localFunction(planned.definition, new FunctionPool(planned.spec, watch), onTrouble)
  const addWorkers = (plans: Plans): void => {
    for (const [queue, planned] of Object.entries(plans.workers)) workers[queue] ??= made(planned)
  }
  let current = plansOf(settings, settings.inspectPort)
  addWorkers(current)
  const { sweeper, dispatcher, recorder, reconciler, api } = current.single
  const single = {
    sweeper: made(sweeper),
    dispatcher: made(dispatcher),
    recorder: made(recorder),
    reconciler: made(reconciler),
    api: made(api),
  }
  return {
    ...single,
    workers,
    all: () => [...Object.values(workers), ...Object.values(single)],
    async replace(replacement) {
      const next = plansOf(replacement, settings.inspectPort)
      const pools = new Map(
        [...Object.values(workers), ...Object.values(single)].map(one => [one.definition.name, one]),
      )
      const prepared = await preparedFor(specsOf(current), specsOf(next), name => pools.get(name)?.pool)
      if (prepared.kind === 'failed') return prepared
      current = next
      addWorkers(next)
      return prepared.take()
    },
  }
}

/** All that changes, loaded; or why some of it does not load. */
async function preparedFor(before: Specs, after: Specs, poolOf: (name: string) => FunctionPool | undefined) {
  const changed = Object.values(after).filter(spec => !isDeepStrictEqual(spec, before[spec.name]))
  const prepared = await Promise.all(
    changed.map(async (spec, index) => {
      // Functions share modules: each is loaded at least once.
      const isFirst = changed.findIndex(({ modulePath }) => modulePath === spec.modulePath) === index
      return { name: spec.name, code: await poolOf(spec.name)?.prepare(spec, isFirst) }
    }),
  )
  const good = prepared.flatMap(({ code }) => (code?.kind === 'prepared' ? [code] : []))
  const [failed] = prepared.flatMap(({ name, code }) => (code?.kind === 'failed' ? [failedAs(name, code)] : []))
  if (failed !== undefined) {
    for (const code of good) code.drop()
    return failed
  }
  const take = (): Replaced => ({
    kind: 'replaced',
    running: good.map(code => code.take()).reduce((sum, one) => sum + one, 0),
    handled: good.flatMap(({ payload }) => (Array.isArray(payload) ? [payload as readonly string[]] : [])),
  })
  return { kind: 'prepared', take } as const
}

interface Planned {
  readonly definition: FunctionDefinition
  readonly spec: FunctionSpec
}

interface Plans {
  readonly workers: Readonly<Record<string, Planned>>
  readonly single: Readonly<Record<keyof typeof singleFunctions, Planned>>
}

const refOf = (module: ModuleRef) => (typeof module === 'string' ? { path: module, exportName: 'handler' } : module)

/** The module that holds several functions, none of them the user's code: one process is enough for them. */
function sharedModule(modules: FunctionModules): string | undefined {
  const { path } = refOf(modules.sweeper)
  const names = Object.keys(singleFunctions) as (keyof typeof singleFunctions)[]
  return names.filter(name => refOf(modules[name]).path === path).length > 1 ? path : undefined
}

const sharedMemorySize = Math.max(...Object.values(singleFunctions).map(({ memorySize }) => memorySize))

function plansOf({ runner, modules, env }: Replacement, inspectPort: number | undefined): Plans {
  const shared = sharedModule(modules)
  const planned = (definition: FunctionDefinition, module: ModuleRef, more: Partial<FunctionSpec>): Planned => {
    const { name, timeoutMs, memorySize } = definition
    const { path, exportName } = refOf(module)
    const isShared = path === shared && more.inspectPort === undefined
    const { host } = modules
    const all = { ...(isShared ? { sharedMemorySize } : {}), ...(host === undefined ? {} : { host }), ...more }
    const spec = { name, modulePath: path, exportName, timeoutMs, memorySize, maxConcurrency: 1, env, ...all }
    return { definition, spec }
  }
  const workers = workerDefinitions(runner).map((definition, index): [string, Planned] => {
    const { queue } = definition.trigger
    // As many as the source asks for: its concurrency may be set at run time.
    const more = inspectPort === undefined ? { maxConcurrency: mostConcurrency } : { inspectPort: inspectPort + index }
    return [queue, planned(definition, modules.workers?.[queue] ?? modules.worker, more)]
  })
  const single = (name: keyof typeof singleFunctions, more: Partial<FunctionSpec> = {}): Planned =>
    planned(singleFunctions[name], modules[name], more)
  return {
    workers: Object.fromEntries(workers),
    single: {
      sweeper: single('sweeper'),
      dispatcher: single('dispatcher'),
      recorder: single('recorder'),
      reconciler: single('reconciler', { isRare: true }),
      api: single('api', { maxConcurrency: apiConcurrency }),
    },
  }
}

type Specs = Readonly<Record<string, FunctionSpec>>

const specsOf = ({ workers, single }: Plans): Specs =>
  Object.fromEntries([...Object.values(workers), ...Object.values(single)].map(({ spec }) => [spec.name, spec]))

const failedAs = (name: string, failed: FunctionError): Extract<Replaced, { kind: 'failed' }> => ({
  kind: 'failed',
  text: `${name} does not start: ${causeOf(failed)}`,
})

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
