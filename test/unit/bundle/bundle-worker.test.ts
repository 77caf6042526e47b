/** What a worker's bundle holds of its runner's schedules. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { bundle } from '../../../lib/bundle/bundle.ts'
import { bundleWorker } from '../../../lib/bundle/bundle-worker.ts'
import { runnerEntry } from '../../../lib/bundle/entries.ts'
import { loadRunner } from '../../../lib/bundle/load-runner.ts'
import { application, handlersWith, jobs } from './application.ts'

const scheduled = (options: string): string =>
  jobs
    .replace('defineRunner }', 'defineRunner, schedule }')
    .replace('jobs: [greet]', `jobs: [greet], schedules: [schedule('nightly', greet, ${options})]`)

const modulesOf = (options: string) => {
  const app = application({
    'jobs.ts': scheduled(options),
    'handlers.ts': handlersWith('if (EDITION !== 2) process.exit(1)'),
  })
  return { app, modules: { runner: app.file('jobs.ts'), handlers: app.file('handlers.ts') } }
}

/** A message of the library that reads cron expressions, and one of our own grammar. */
const ofCalendar = /CronPattern|never comes true/

describe('bundleWorker', () => {
  const define = { EDITION: '2' }
  const { app, modules } = modulesOf("{ cron: '30 2 * * *', input: {} }")

  it('holds no calendar; the bundle of everybody else does', () => {
    const worker = bundleWorker(modules, { define })
    expect(readFileSync(join(worker.folder, 'index.mjs'), 'utf8')).not.toMatch(ofCalendar)
    const other = bundle('runner', runnerEntry(modules.runner))
    expect(readFileSync(join(other.folder, 'index.mjs'), 'utf8')).toMatch(ofCalendar)
  })

  it('loads, with the constants of its own options', () => {
    expect(app.check({ bundling: { define } })).toBeUndefined()
  })

  it('checks no schedule, so that those who read them must: they do', () => {
    const wrong = modulesOf("{ cron: '61 2 * * *', input: {} }")
    expect(wrong.app.check({ bundling: { define } })).toBeUndefined()
    expect(() => loadRunner(wrong.modules.runner)).toThrow(/61; allowed: 0 to 59/)
  })
})
