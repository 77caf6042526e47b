/** What a worker's bundle holds of its runner's schedules. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
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

/** The code of a bundle, with the files that it loads late. */
const codeOf = (folder: string): string =>
  readdirSync(folder)
    .filter(file => file.endsWith('.mjs'))
    .map(file => readFileSync(join(folder, file), 'utf8'))
    .join('\n')

/** A message of the library that reads cron expressions, and one of our own grammar. */
const ofCalendar = /CronPattern|never comes true/

describe('bundleWorker', () => {
  const define = { EDITION: '2' }
  const { app, modules } = modulesOf("{ cron: '30 2 * * *', input: {} }")

  it('holds no calendar; the bundle of everybody else does', () => {
    const worker = bundleWorker(modules, { define })
    expect(codeOf(worker.folder)).not.toMatch(ofCalendar)
    const other = bundle('runner', runnerEntry(modules.runner))
    expect(codeOf(other.folder)).toMatch(ofCalendar)
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

describe('what a handler imports late', () => {
  const bundledWith = (text: string) => {
    const app = application({
      'jobs.ts': jobs,
      'handlers.ts': handlersWith("if (process.env.LATE) void import('./late.ts')"),
      'late.ts': `export const late = '${text}'; console.log(late)`,
    })
    return { app, worker: bundleWorker({ runner: app.file('jobs.ts'), handlers: app.file('handlers.ts') }) }
  }
  const text = 'x'.repeat(50_000)
  const { app, worker } = bundledWith(text)

  it('is a file of its own, which a start does not load', () => {
    const entry = readFileSync(join(worker.folder, 'index.mjs'), 'utf8')
    expect(entry).not.toContain(text)
    expect(codeOf(worker.folder)).toContain(text)
    expect(worker.bytes).toBeLessThan(codeOf(worker.folder).length - text.length)
    expect(worker.bytes).toBeGreaterThanOrEqual(statSync(join(worker.folder, 'index.mjs')).size)
  })

  it('is part of the hash: a change of it is deployed', () => {
    expect(bundledWith('y').worker.hash).not.toBe(worker.hash)
    expect(bundledWith(text).worker.hash).toBe(worker.hash)
  })

  it('loads', () => {
    expect(app.check({ environment: { LATE: '1' } })).toBeUndefined()
  })
})
