import { statSync } from 'node:fs'
import { dirname, extname, join, resolve } from 'node:path'
import { packageEntry } from '../../lib/bundle/package-entry.ts'
import { describedInput, InvalidInput } from '../../lib/core/values/errors.ts'
import type { JobRunnerProps } from './job-runner-props.ts'

/** Absolute paths of the application's modules. */
export interface EntryFiles {
  readonly runner: string
  /** Queue → the handlers of its worker. */
  readonly handlersOf: (queue: string) => string
}

/**
 * What the props do not name, `"lamplighter"` in the package.json of the working directory may: `lamplighter dev` and
 * the deployment then run the same modules.
 * @throws InvalidInput when there is no such file
 */
export function entryFiles(where: string, props: JobRunnerProps): EntryFiles {
  // Handlers that are named in the props come with a runner and workers that are named there.
  const entry = props.handlersEntry === undefined ? packageEntry(process.cwd()) : { workers: {} }
  const named = props.handlersEntry ?? entry.handlers
  if (named === undefined) {
    const allowed = 'the path of a module, here or as "lamplighter": { "handlers": … } in package.json'
    throw describedInput(`${where}.handlersEntry`, 'absent', allowed)
  }
  const handlers = existingFile(`${where}.handlersEntry`, named)
  const beside = join(dirname(handlers), `jobs${extname(handlers)}`)
  const runner = existingFile(`${where}.runnerEntry`, props.runnerEntry ?? entry.runner ?? beside)
  const own = new Map(
    Object.entries(entry.workers).map(([queue, path]) => [
      queue,
      existingFile(`package.json: lamplighter.workers.${queue}.handlers`, path),
    ]),
  )
  for (const [queue, { handlersEntry }] of Object.entries(props.workers ?? {})) {
    if (handlersEntry !== undefined) {
      own.set(queue, existingFile(`${where}.workers.${queue}.handlersEntry`, handlersEntry))
    }
  }
  return { runner, handlersOf: queue => own.get(queue) ?? handlers }
}

function existingFile(field: string, path: string): string {
  const absolute = resolve(path)
  if (statSync(absolute, { throwIfNoEntry: false })?.isFile() === true) return absolute
  throw new InvalidInput(field, path, `the path of a module; there is no file ${absolute}`)
}
