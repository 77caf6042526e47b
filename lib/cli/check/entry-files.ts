import { statSync } from 'node:fs'
import { dirname, extname, join, resolve } from 'node:path'
import type { Modules } from '../../bundle/entries.ts'
import { describedInput, InvalidInput } from '../../core/values/errors.ts'

/** Where handlers are looked for unless the option names them. */
const usualHandlers = ['src/handlers', 'handlers'].flatMap(path =>
  ['.ts', '.mts', '.js', '.mjs'].map(ending => `${path}${ending}`),
)

export interface GivenFiles {
  readonly handlers?: string | undefined
  readonly runner?: string | undefined
}

/**
 * Absolute paths of the application's modules. The runner is `jobs` beside the handlers unless it is named: the rule of
 * the construct.
 * @throws InvalidInput when there is no such file
 */
export function entryFiles(folder: string, given: GivenFiles): Modules {
  const handlers = existingFile(folder, '--handlers', given.handlers ?? usualFile(folder))
  const beside = join(dirname(handlers), `jobs${extname(handlers)}`)
  return { handlers, runner: existingFile(folder, '--runner', given.runner ?? beside) }
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
