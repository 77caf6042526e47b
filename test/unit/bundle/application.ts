/** Small applications on disk: what a user's project is to the bundler and the probe. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkWorker, type WorkerSpec } from '../../../lib/bundle/check-worker.ts'
import { defineJob } from '../../../lib/define/define-job.ts'
import { defineRunner } from '../../../lib/define/define-runner.ts'
import { anything } from './anything.ts'

const library = fileURLToPath(new URL('../../../lib/index.ts', import.meta.url))
const schema = fileURLToPath(new URL('anything.ts', import.meta.url))
const folders: string[] = []

process.once('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** Built from parts, so that no tool takes the text of a fixture for an import of this file. */
const importing = (names: string, from: string): string => ['import', `{ ${names} }`, 'from', `'${from}'`].join(' ')

/** One job, `greet`, in the queue `default`. */
export const jobs = `
${importing('defineJob, defineRunner', library)}
${importing('anything', schema)}
export const greet = defineJob({ type: 'greet', input: anything })
export const runner = defineRunner({ jobs: [greet] })
`

/** A module of handlers: what stands in front, and what the handler of `greet` returns. */
export const handlersWith = (front: string, result = '1'): string => `
${importing('createClient, handle', library)}
${importing('greet, runner', './jobs.ts')}
${front}
export const handlers = [handle(greet, () => ${result})]
export const unused = () => createClient({ runner })
`

export const runner = defineRunner({ jobs: [defineJob({ type: 'greet', input: anything })] })

export interface Application {
  readonly folder: string
  readonly file: (name: string) => string
  /** What `checkWorker` says of it. */
  readonly check: (spec?: Partial<WorkerSpec>) => string | undefined
}

/** @param files path → text; `jobs.ts` is `jobs` unless it is given */
export function application(files: Readonly<Record<string, string>>): Application {
  const folder = mkdtempSync(join(tmpdir(), 'lamplighter-application-'))
  folders.push(folder)
  for (const [name, text] of Object.entries({ 'jobs.ts': jobs, ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  const file = (name: string): string => join(folder, name)
  const modules = { runner: file('jobs.ts'), handlers: file('handlers.ts') }
  return {
    folder,
    file,
    check: spec => checkWorker({ where: 'Shop', runner, modules, queues: ['default'], ...spec }),
  }
}
