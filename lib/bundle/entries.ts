/** The entry of each function, as source text: Lamplighter's own half, bound to the modules of the application. */
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Paths of the application's modules. */
export interface Modules {
  /** Exports `runner`. */
  readonly runner: string
  /** Exports `handlers`. */
  readonly handlers: string
}

export type InnerFunction = 'sweeper' | 'dispatcher' | 'api' | 'reconciler'

/** In the repository files end in `.ts`, in the published package in `.js`. `import.meta.filename` is unknown to jest. */
const ownExtension = extname(fileURLToPath(import.meta.url))

const lambdaFile = (name: string): string => fileURLToPath(new URL(`../lambda/${name}${ownExtension}`, import.meta.url))

const importFrom = (name: string, path: string): string => `import { ${name} } from ${JSON.stringify(path)}`

/** These four know the contracts, never the handlers. */
export function entryOf(kind: InnerFunction, runner: string): string {
  const create = `create${kind.charAt(0).toUpperCase()}${kind.slice(1)}`
  return [
    importFrom(create, lambdaFile(kind)),
    importFrom('runner', runner),
    `export const handler = ${create}({ runner })`,
  ].join('\n')
}

/** Lambda calls `handler`. The probe reads `runner` and `handlers` of the very same bundle. */
export const workerEntry = ({ runner, handlers }: Modules): string =>
  [
    importFrom('createWorker', lambdaFile('worker')),
    importFrom('runner', runner),
    importFrom('handlers', handlers),
    'export const handler = createWorker({ runner, handlers })',
    'export { runner, handlers }',
  ].join('\n')
