/** The probe is the worker: its bundling, its variables, its checks, and nothing of the shell that runs it. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { defineJob } from '../../../lib/define/define-job.ts'
import { defineRunner } from '../../../lib/define/define-runner.ts'
import { anything } from './anything.ts'
import { application, handlersWith, jobs, runner } from './application.ts'

afterEach(() => vi.unstubAllEnvs())

/** The message of what the check throws. */
function refusal(check: () => unknown): string {
  try {
    check()
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('nothing was refused')
}

describe('the bundling of the worker', () => {
  it('loader: a file that only the worker’s options know', () => {
    const app = application({ 'handlers.ts': handlersWith("import text from './q.sql'", 'text'), 'q.sql': 'SELECT 1' })
    expect(refusal(() => app.check())).toMatch(/No loader is configured for ".sql"/)
    expect(app.check({ bundling: { loader: { '.sql': 'text' } } })).toBeUndefined()
  })

  it('define: a name that only the worker’s options set', () => {
    const app = application({ 'handlers.ts': handlersWith('if (EDITION !== "two") throw new Error(EDITION)') })
    expect(app.check()).toMatch(/^ReferenceError: EDITION is not defined/)
    expect(app.check({ bundling: { define: { EDITION: '"two"' } } })).toBeUndefined()
  })

  it('external: a package that is installed is found from the handlers’ folder, by import and by require', () => {
    const front =
      "import { a } from 'native-esm'\nimport b from 'uses-native'\nif (a + b !== 3) throw new Error('other')"
    const app = application({
      'handlers.ts': handlersWith(front),
      'node_modules/native-esm/package.json': '{"name":"native-esm","type":"module","exports":"./index.js"}',
      'node_modules/native-esm/index.js': 'export const a = 1',
      'node_modules/uses-native/package.json': '{"name":"uses-native","main":"index.js"}',
      'node_modules/uses-native/index.js': "module.exports = require('native-cjs').b",
      'node_modules/native-cjs/package.json': '{"name":"native-cjs","main":"index.js"}',
      'node_modules/native-cjs/index.js': 'exports.b = 2',
    })
    expect(app.check({ bundling: { external: ['native-esm', 'native-cjs'] } })).toBeUndefined()
  })

  it('external: a package that is not installed is a reason, not a refusal', () => {
    const app = application({ 'handlers.ts': handlersWith("import sharp from 'brought-by-a-layer'", 'sharp') })
    expect(refusal(() => app.check())).toMatch(/Could not resolve "brought-by-a-layer"/)
    expect(app.check({ bundling: { external: ['brought-by-a-layer'] } })).toMatch(
      /^Error: Cannot find package 'brought-by-a-layer'/,
    )
  })

  it('a CommonJS dependency may read its own path', () => {
    const app = application({
      'handlers.ts': handlersWith(
        "import lib from 'reads-its-path'\nif (!lib.late().includes('index.mjs')) throw new Error(lib.data)",
      ),
      'node_modules/reads-its-path/package.json': '{"name":"reads-its-path","main":"index.js"}',
      'node_modules/reads-its-path/index.js':
        "exports.data = require('path').join(__dirname, 'data')\nexports.late = () => __dirname + __filename",
    })
    expect(app.check()).toBeUndefined()
  })
})

describe('the variables of the worker', () => {
  it('a client at the top of the handlers finds its names, so the check goes on', () => {
    const two = defineRunner({
      jobs: [defineJob({ type: 'greet', input: anything }), defineJob({ type: 'forgotten', input: anything })],
    })
    const app = application({
      'handlers.ts': handlersWith('export const client = createClient({ runner })'),
      'jobs.ts': jobs.replace('jobs: [greet]', "jobs: [greet, defineJob({ type: 'forgotten', input: anything })]"),
    })
    expect(refusal(() => app.check({ runner: two }))).toMatch(
      /^no handler for job type 'forgotten' \(queue 'default'\)/,
    )
  })

  it('those that its props set', () => {
    const app = application({ 'handlers.ts': handlersWith("if (process.env.HOST !== 'x') throw new Error('no HOST')") })
    expect(app.check()).toMatch(/^Error: no HOST/)
    expect(app.check({ environment: { HOST: 'x' } })).toBeUndefined()
  })

  it('neither credentials nor anything else of the shell', () => {
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'of the deployer')
    vi.stubEnv('AWS_PROFILE', 'production')
    vi.stubEnv('REGISTRY_TOKEN', 'of the deployer')
    const app = application({ 'handlers.ts': handlersWith('throw new Error(JSON.stringify(process.env))') })
    const reason = app.check() ?? ''
    const seen = JSON.parse(reason.slice(reason.indexOf('{'), reason.lastIndexOf('}') + 1)) as Record<string, string>
    // The last one is set by Powertools itself.
    const names = Object.keys(seen).filter(name => /^(AWS|LAMPLIGHTER|REGISTRY)/.test(name) && !/UA_APP_ID/.test(name))
    expect(names.toSorted()).toEqual([
      'AWS_CONFIG_FILE',
      'AWS_EC2_METADATA_DISABLED',
      'AWS_REGION',
      'AWS_SHARED_CREDENTIALS_FILE',
      'LAMPLIGHTER_QUEUES',
      'LAMPLIGHTER_RECORDS',
      'LAMPLIGHTER_TABLE',
    ])
    expect(seen).toMatchObject({ AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null' })
    expect(JSON.stringify(seen)).not.toContain('of the deployer')
  })
})

describe('the checks of the worker', () => {
  it('two copies of a contract: names both modules', () => {
    const app = application({
      'handlers.ts': handlersWith('').replace('./jobs.ts', './dist/jobs.ts'),
      'dist/jobs.ts': jobs,
    })
    const message = refusal(() => app.check())
    expect(message).toMatch(/^Shop: the worker of queue default would not start: .* two copies .* job type 'greet'/)
    expect(message).toContain(`runner: ${app.file('jobs.ts')}, handlers: ${app.file('handlers.ts')}`)
  })

  it.each([
    [
      'something else than a list',
      'export const handlers = {}',
      /handlers is \{\}; allowed: a list of what handle\(\)/,
    ],
    [
      'something else in the list',
      'export const handlers = [1]',
      /handlers\[0\] is 1; allowed: what handle\(\) returns/,
    ],
  ])('%s', (_, text, message) => {
    expect(refusal(() => application({ 'handlers.ts': text }).check())).toMatch(message)
  })

  it('another runner than the one given', () => {
    const other = defineRunner({ jobs: [defineJob({ type: 'greet', input: anything, maxAttempts: 9 })] })
    const app = application({ 'handlers.ts': handlersWith('') })
    expect(refusal(() => app.check({ runner: other }))).toMatch(/^Shop\.runner is not the one that .*jobs\.ts exports/)
    expect(app.check({ runner })).toBeUndefined()
  })
})

describe('the reason why modules do not load', () => {
  it('names the error and the line of the source', () => {
    const app = application({ 'handlers.ts': handlersWith("throw new TypeError('no STRIPE_KEY')") })
    expect(app.check()).toMatch(/^TypeError: no STRIPE_KEY\n {2}at .*handlers\.ts:4:/)
  })

  it('shows the last lines of stderr where the process ended itself', () => {
    const front = "for (let n = 0; n < 20; n += 1) console.error('line', n)\nprocess.exit(3)"
    const reason = application({ 'handlers.ts': handlersWith(front) }).check() ?? ''
    expect(reason).toMatch(/^Error: the modules ended the process with code 3\nline 12\n/)
    expect(reason).toMatch(/line 19$/)
  })

  it('modules may write as much as they like', () => {
    const front = "console.error('x'.repeat(3_000_000))\nconsole.log('lamplighter:', 'y'.repeat(3_000_000))"
    expect(application({ 'handlers.ts': handlersWith(front) }).check()).toBeUndefined()
  })
})
