import { statSync } from 'node:fs'
import { dirname, extname, join, resolve } from 'node:path'
import { describedInput, InvalidInput } from '../core/values/errors.ts'
import type { Modules } from './entries.ts'
import { packageEntry } from './package-entry.ts'

/** Where handlers are looked for unless they are named. */
const usualHandlers = ['src/handlers', 'handlers'].flatMap(path =>
  ['.ts', '.mts', '.js', '.mjs'].map(ending => `${path}${ending}`),
)

/** What the command line names. */
export interface GivenFiles {
  readonly handlers?: string | undefined
  readonly runner?: string | undefined
}

export interface ProjectModules extends Modules {
  /** By queue: the handlers of workers that have their own. */
  readonly workers: Readonly<Record<string, string>>
}

/**
 * Absolute paths of the application's modules: the options, then `"lamplighter"` in package.json, then the usual places.
 * The runner is `jobs` beside the handlers unless it is named: the rule of the construct.
 * @throws InvalidInput when there is no such file
 */
export function findModules(folder: string, given: GivenFiles): ProjectModules {
  const entry = packageEntry(folder)
  const file = (option: string, path: string | undefined, named: string | undefined, field: string) =>
    path === undefined && named !== undefined
      ? existingFile(folder, `package.json: lamplighter.${field}`, named)
      : existingFile(folder, option, path ?? usualFile(folder))
  const handlers = file('--handlers', given.handlers, entry.handlers, 'handlers')
  const beside = join(dirname(handlers), `jobs${extname(handlers)}`)
  // Handlers of the command line come with a runner of their own.
  const named = given.handlers === undefined ? entry.runner : undefined
  const runner = file('--runner', given.runner ?? (named === undefined ? beside : undefined), named, 'runner')
  const workers = given.handlers === undefined ? Object.entries(entry.workers) : []
  return {
    handlers,
    runner,
    workers: Object.fromEntries(
      workers.map(([queue, path]) => [
        queue,
        existingFile(folder, `package.json: lamplighter.workers.${queue}.handlers`, path),
      ]),
    ),
  }
}

function usualFile(folder: string): string {
  const found = usualHandlers.find(path => isFile(resolve(folder, path)))
  if (found !== undefined) return found
  throw describedInput(
    '--handlers',
    'absent',
    `the path of a module; none of ${usualHandlers.join(', ')} is in ${folder}`,
  )
}

export function existingFile(folder: string, option: string, path: string): string {
  const absolute = resolve(folder, path)
  if (isFile(absolute)) return absolute
  throw new InvalidInput(option, path, `the path of a module; there is no file ${absolute}`)
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true
