/** Brings saved code into a running stack, one build after the other. */
import { statSync } from 'node:fs'
import { relative } from 'node:path'
import { spokenMs } from '../../core/values/duration.ts'
import type { DevStack } from '../dev-stack.ts'
import type { Application } from './application.ts'
import { watchFiles } from './watch-files.ts'

export interface Reloader {
  /** Builds everything again, whatever was saved. */
  reload(): Promise<void>
  stop(): Promise<void>
}

export interface ReloaderOptions {
  readonly application: Application
  readonly stack: DevStack
  /** Paths are shown from there. */
  readonly folder: string
  /** What became of a save, in one line. */
  readonly onReload: (text: string) => void
  /** Why the code of before goes on. */
  readonly onFailure: (text: string) => void
}

export function startReloader(options: ReloaderOptions): Reloader {
  const { application, onFailure } = options
  let failure: string | undefined
  let last = Promise.resolve()
  const watcher = watchFiles(changed => void run(changed))
  watcher.follow(application.inputs())
  const run = (changed?: ReadonlySet<string>): Promise<void> => {
    const savedAt = Date.now()
    last = last
      .then(async () => {
        const text = await reloadOnce(options, changed, savedAt)
        watcher.follow(application.inputs())
        // A save of the same fault again needs no second report.
        if (text !== undefined && text !== failure) onFailure(text)
        failure = text
      })
      .catch((error: unknown) => onFailure(String(error)))
    return last
  }
  const missed = [...application.inputs()].filter(path => (mtimeOf(path) ?? 0) > application.builtAt)
  if (missed.length > 0) void run(new Set(missed))
  return {
    reload: () => run(),
    async stop() {
      watcher.stop()
      await last
    },
  }
}

const mtimeOf = (path: string): number | undefined => statSync(path, { throwIfNoEntry: false })?.mtimeMs

/** @returns why the code of before goes on; undefined if it does not, or nothing changed */
async function reloadOnce(
  { application, stack, folder, onReload, onFailure }: ReloaderOptions,
  changed: ReadonlySet<string> | undefined,
  savedAt: number,
): Promise<string | undefined> {
  const build = await application.build(changed)
  if (build.kind === 'unchanged') return undefined
  if (build.kind === 'failed') return build.text
  const replaced = await stack.reload(build)
  if (replaced.kind === 'failed') return replaced.text
  application.taken()
  const inputs = application.inputs()
  const names = [...(changed ?? [])].filter(path => inputs.has(path)).map(path => relative(folder, path))
  const old =
    replaced.running === 0
      ? ''
      : `; ${replaced.running} ${replaced.running === 1 ? 'run ends' : 'runs end'} on old code`
  onReload(`reloaded ${names.join(', ') || 'everything'} in ${spokenMs(Date.now() - savedAt)}${old}`)
  const handled = new Set(replaced.handled.flat())
  const isWhole = handled.size > 0 && Object.keys(build.functions.workers ?? {}).length === 0
  const missing = Object.keys(build.runner.jobs).filter(type => isWhole && !handled.has(type))
  if (missing.length > 0) onFailure(`no handler for job type ${missing.map(type => `'${type}'`).join(', ')}`)
  // Schedules of the code are registered by a tick.
  if (build.areContractsNew) void stack.tick()
  return undefined
}
