/** The entry of each function, as source text: Lamplighter's own half, bound to the modules of the application. */
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { LocalSettings } from './local-runner.ts'

/** Paths of the application's modules. */
export interface Modules {
  /** Exports `runner`. */
  readonly runner: string
  /** Exports `handlers`. */
  readonly handlers: string
}

/** The functions that are not workers. */
export const innerFunctions = ['sweeper', 'dispatcher', 'api', 'reconciler', 'recorder', 'system'] as const
export type InnerFunction = (typeof innerFunctions)[number]

/** In the repository files end in `.ts`, in the published package in `.js`. `import.meta.filename` is unknown to jest. */
const ownExtension = extname(fileURLToPath(import.meta.url))

const lambdaFile = (name: string): string => fileURLToPath(new URL(`../lambda/${name}${ownExtension}`, import.meta.url))

const localFile = fileURLToPath(new URL(`./local-runner${ownExtension}`, import.meta.url))

const importFrom = (name: string, path: string): string => `import { ${name} } from ${JSON.stringify(path)}`

/** These know the contracts, never the handlers. */
export function entryOf(kind: InnerFunction, runner: string): string {
  const create = createName(kind)
  return [
    importFrom(create, lambdaFile(kind)),
    importFrom('runner', runner),
    `export const handler = ${create}({ runner })`,
  ].join('\n')
}

/** @param local absent: the runner as it is declared, and deployed */
const runnerLines = (runner: string, local: LocalSettings | undefined): readonly string[] =>
  local === undefined
    ? [importFrom('runner', runner)]
    : [
        importFrom('runner as declared', runner),
        importFrom('localRunner, localHandlers', localFile),
        `const runner = localRunner(declared, ${JSON.stringify(local)})`,
      ]

/** The contracts alone, for those who have the module's path and not its exports. The probe finds no handler in it. */
export const runnerEntry = (runner: string): string =>
  [importFrom('runner', runner), 'export { runner }', 'export const handlers = []'].join('\n')

/** Lambda calls `handler`. The probe reads `runner` and `handlers` of the very same bundle. */
export const workerEntry = ({ runner, handlers }: Modules, local?: LocalSettings): string =>
  [
    importFrom('createWorker', lambdaFile('worker')),
    ...runnerLines(runner, local),
    ...(local === undefined
      ? [importFrom('handlers', handlers)]
      : [importFrom('handlers as given', handlers), 'const handlers = localHandlers(given, declared, runner)']),
    'export const handler = createWorker({ runner, handlers })',
    'export { runner, handlers }',
  ].join('\n')

/** All of them in one module, each under its own name: the local stack bundles and loads it once. */
export const innerEntry = (runner: string, local?: LocalSettings): string =>
  [
    ...innerFunctions.map(kind => importFrom(createName(kind), lambdaFile(kind))),
    ...runnerLines(runner, local),
    ...innerFunctions.map(kind => `export const ${kind} = ${createName(kind)}({ runner })`),
  ].join('\n')

const createName = (kind: InnerFunction): string => `create${kind.charAt(0).toUpperCase()}${kind.slice(1)}`
