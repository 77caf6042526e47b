import { statSync } from 'node:fs'
import { dirname, extname, join, resolve } from 'node:path'
import { InvalidInput } from '../../lib/core/values/errors.ts'
import type { JobRunnerProps } from './job-runner-props.ts'

/** Absolute paths of the application's modules. */
export interface EntryFiles {
  readonly runner: string
  /** Queue → the handlers of its worker. */
  readonly handlersOf: (queue: string) => string
}

/** @throws InvalidInput when there is no such file */
export function entryFiles(where: string, props: JobRunnerProps): EntryFiles {
  const handlers = existingFile(`${where}.handlersEntry`, props.handlersEntry)
  const beside = join(dirname(handlers), `jobs${extname(handlers)}`)
  const runner = existingFile(`${where}.runnerEntry`, props.runnerEntry ?? beside)
  const own = new Map<string, string>()
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
