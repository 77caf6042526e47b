import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Runner } from '../core/definition/runner.ts'
import { InvalidDefinition } from '../core/values/errors.ts'
import { bundle } from './bundle.ts'
import { isDefinitionError, reasonOf } from './check-worker.ts'
import { runnerEntry } from './entries.ts'
import { probeWorker } from './probe.ts'
import { runnerDescribed } from './probe-report.ts'

/**
 * The runner that a module exports, for programs that have its path only: the module runs in a process of its own, and
 * may be TypeScript of any kind. The contracts' schemas are not in it.
 * @param path of the module, absolute
 * @throws InvalidDefinition when it cannot be bundled, does not load, or exports something else
 */
export function loadRunner(path: string): Runner {
  const report = probeWorker({ bundle: bundle('runner', runnerEntry(path)), handlers: path, environment: {} })
  if (report.kind === 'loaded') return runnerDescribed(report.runner)
  const why = isDefinitionError(report) ? report.message : reasonOf(report)
  throw new InvalidDefinition(`the runner of ${path} does not load: ${why}`)
}

/**
 * As `loadRunner`, with the schemas: the module runs in this process, after it has run in another one without harm.
 * @throws InvalidDefinition
 */
export async function importRunner(path: string): Promise<Runner> {
  loadRunner(path)
  const { folder } = bundle('runner', runnerEntry(path))
  const loaded = (await import(pathToFileURL(join(folder, 'index.mjs')).href)) as { readonly runner: Runner }
  return loaded.runner
}
