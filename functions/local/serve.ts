import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { localSite } from '../../lib/dashboard/bundle-page.ts'
import { devOptions } from '../../lib/dev/dev-options.ts'
import { runDev } from '../../lib/dev/run-dev.ts'
import manifest from '../../package.json' with { type: 'json' }
import type { LocalOptions } from './options.ts'
import { startSamples } from './samples.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/**
 * `lamplighter dev` in this repository, and its sample jobs.
 * @returns the exit code, as `runDev` says
 */
export async function serve({ samples, json, ...options }: LocalOptions): Promise<number> {
  const typed = { fresh: options.fresh, isRaw: json, port: String(options.port), tick: `${options.tickMs}ms` }
  const data = resolve(options.dataDir ?? '.lamplighter')
  return runDev({
    options: devOptions(root, process.env, { ...typed, data }),
    version: manifest.version,
    site: await localSite(),
    onReady: async stack => {
      if (!samples) return async () => undefined
      const started = await startSamples(stack.url)
      return () => started.close()
    },
  })
}
