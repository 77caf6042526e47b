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

/** In the repository these files end in `.ts`, in the published package in `.js`: as this one does. */
const libFile = (name: string): string =>
  fileURLToPath(new URL(`../lib/lambda/${name}${extname(import.meta.filename)}`, import.meta.url))

const importFrom = (name: string, path: string): string => `import { ${name} } from ${JSON.stringify(path)}`

/** These four know the contracts, never the handlers. */
export function entryOf(kind: InnerFunction, runner: string): string {
  const create = `create${kind.charAt(0).toUpperCase()}${kind.slice(1)}`
  return [
    importFrom(create, libFile(kind)),
    importFrom('runner', runner),
    `export const handler = ${create}({ runner })`,
  ].join('\n')
}

export const workerEntry = ({ runner, handlers }: Modules): string =>
  [
    importFrom('createWorker', libFile('worker')),
    importFrom('runner', runner),
    importFrom('handlers', handlers),
    'export const handler = createWorker({ runner, handlers })',
  ].join('\n')

/** Begins the line that the probe writes: the modules may write others. */
export const probeMark = 'lamplighter:'

/** A program that tells what the modules export. It ends itself: a handler's client may keep a connection open. */
export const probeEntry = ({ runner, handlers }: Modules): string =>
  [
    importFrom('runner', runner),
    importFrom('handlers', handlers),
    'const jobs = Object.entries(runner.jobs).map(([type, job]) => [type, job.queue, job.policy])',
    'const found = { runner: { queues: runner.queues, jobs }, handled: handlers.map(({ contract }) => contract.type) }',
    `process.stdout.write('\\n${probeMark}' + JSON.stringify(found) + '\\n', () => process.exit(0))`,
  ].join('\n')
