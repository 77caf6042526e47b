/**
 * Loads the bundle of a worker as Lambda would, and reports what it holds. `probe.ts` runs this file in a process of
 * its own: `node probe-program.js <bundle> <module of the handlers>`. The report goes to file descriptor 3, because
 * the application's modules may write to the others.
 */
import { writeSync } from 'node:fs'
import module from 'node:module'
import { pathToFileURL } from 'node:url'
import { describeWorker, type ProbeReport, type WorkerModule } from './probe-report.ts'

const [bundle = '', handlers = ''] = process.argv.slice(2)

/**
 * The bundle lies in a temporary folder. What it imports and does not contain is looked up from the application's
 * folder; for `require` there is NODE_PATH.
 */
function resolveFromApplication(): void {
  // Node 22.15 has it. Without it, a package that is not bundled is not found, which is a warning.
  if (typeof module.registerHooks !== 'function') return
  const parentURL = pathToFileURL(handlers).href
  module.registerHooks({
    resolve(specifier, context, nextResolve) {
      try {
        return nextResolve(specifier, context)
      } catch (error) {
        if (/^[./]|^[a-z]+:/i.test(specifier)) throw error
        return nextResolve(specifier, { ...context, parentURL })
      }
    },
  })
}

async function load(): Promise<ProbeReport> {
  resolveFromApplication()
  try {
    return describeWorker((await import(pathToFileURL(bundle).href)) as WorkerModule)
  } catch (error) {
    const { name, message, stack = '' } = error instanceof Error ? error : new Error(String(error))
    const place = stack.split('\n').find(line => /^\s+at /.test(line))
    return { kind: 'thrown', name, message, place: place?.trim() ?? '' }
  }
}

const report = await load()
writeSync(3, JSON.stringify(report))
// A client that a handler made may keep a connection open.
process.exit(0)
