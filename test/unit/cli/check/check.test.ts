import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { application, handlersWith, jobs } from '../../bundle/application.ts'
import { run } from '../terminal-kit.ts'

const twoJobs = jobs.replace(
  'jobs: [greet]',
  "jobs: [greet, defineJob({ type: 'forgotten', queue: 'mails', input: anything, timeout: '90s', maxAttempts: 3 })], " +
    'queues: { mails: { concurrency: 20 } }',
)

const check = (folder: string, ...args: readonly string[]) => run(['check', ...args], { folder })

async function reportOf(folder: string, ...args: readonly string[]) {
  const { exit, stdout, stderr } = await check(folder, ...args, '--json')
  expect(stderr).toBe('')
  return { exit, ...(JSON.parse(stdout) as Record<string, unknown> & { readonly problems: readonly string[] }) }
}

describe('an application that would deploy', () => {
  const app = application({ 'handlers.ts': handlersWith('') })

  it('as a person reads it', async () => {
    const { exit, stdout, stderr } = await check(app.folder)
    expect([exit, stderr]).toEqual([0, ''])
    expect(stdout.replaceAll(/\d+ KB/g, 'n KB')).toBe(`  Runner    jobs.ts
  Handlers  handlers.ts

  QUEUE    CONCURRENCY  BATCH  WORKER TIMEOUT
  default  10           10     75s

  JOB    QUEUE    HANDLER  TIMEOUT  ATTEMPTS
  greet  default  yes      1m       5

  FUNCTION    BUNDLE
  worker      n KB
  sweeper     n KB
  dispatcher  n KB
  api         n KB
  reconciler  n KB

  This would deploy.
`)
  })

  it('as JSON', async () => {
    const bytes = expect.any(Number)
    expect(await reportOf(app.folder)).toEqual({
      exit: 0,
      ok: true,
      runner: app.file('jobs.ts'),
      handlers: app.file('handlers.ts'),
      queues: [{ name: 'default', concurrency: 10, batchSize: 10, shards: 16, functionTimeoutMs: 75_000 }],
      jobs: [{ type: 'greet', queue: 'default', hasHandler: true, timeoutMs: 60_000, maxAttempts: 5 }],
      bundles: ['worker', 'sweeper', 'dispatcher', 'api', 'reconciler'].map(name => ({ name, bytes })),
      problems: [],
      warnings: [],
    })
  })
})

describe('an application that would not deploy', () => {
  it('a job without a handler', async () => {
    const app = application({ 'handlers.ts': handlersWith(''), 'jobs.ts': twoJobs })
    const { exit, stdout } = await check(app.folder)
    expect(exit).toBe(1)
    expect(stdout).toContain(`
  QUEUE    CONCURRENCY  BATCH  WORKER TIMEOUT
  default  10           10     75s
  mails    20           10     105s

  JOB        QUEUE    HANDLER  TIMEOUT  ATTEMPTS
  greet      default  yes      1m       5
  forgotten  mails    no       90s      3
`)
    // The path may be wrapped anywhere.
    expect(stdout.replaceAll(/\n? +/g, ' ')).toMatch(
      /This would not deploy: no handler for job type 'forgotten' \(queue 'mails'\) in .*; there are handlers for: greet\s*$/,
    )
    expect(await reportOf(app.folder)).toMatchObject({
      exit: 1,
      ok: false,
      jobs: [{ hasHandler: true }, { type: 'forgotten', hasHandler: false }],
      problems: [expect.stringMatching(/^no handler for job type 'forgotten'/)],
    })
  })

  it('a worker that would not start', async () => {
    const twice = handlersWith('').replace('handlers = [', 'handlers = [handle(greet, () => 2), ')
    const app = application({ 'handlers.ts': twice })
    expect(await reportOf(app.folder)).toMatchObject({
      exit: 1,
      jobs: [{ type: 'greet', hasHandler: null }],
      problems: [
        expect.stringMatching(
          /^lamplighter check: the worker of queue default would not start: there are two handlers for job type 'greet'/,
        ),
      ],
    })
  })

  it('handlers that cannot be bundled: said once', async () => {
    const app = application({ 'handlers.ts': handlersWith("import x from 'absent'", 'x') })
    const { exit, problems, bundles } = await reportOf(app.folder)
    expect([exit, problems.length]).toEqual([1, 1])
    expect(problems[0]).toMatch(/^the worker cannot be bundled:\n.*Could not resolve "absent"/)
    expect(bundles).toHaveLength(4)
    const { stdout } = await check(app.folder)
    expect(stdout).toContain("        3 │ import x from 'absent'\n")
    expect(stdout.split('\n').filter(line => line.length > 80)).toEqual([])
  })

  it.each([
    ['cannot be bundled', 'export const other = 1', /^the runner cannot be bundled:\n.*No matching export/],
    ['does not load', "throw new Error('no database'); export const runner = 1", /does not load: Error: no database/],
    [
      'is something else',
      'export const runner = { a: 1 }',
      /does not load: runner is \{"a":1\}; allowed: what defineRunner/,
    ],
  ])('a runner that %s: nothing else is looked at', async (_, text, problem) => {
    const app = application({ 'handlers.ts': handlersWith(''), 'jobs.ts': text })
    expect(await reportOf(app.folder)).toMatchObject({
      exit: 1,
      queues: [],
      bundles: [],
      problems: [expect.stringMatching(problem)],
    })
  })

  it('too many queues for the environment of a function', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `queue-${index}`)
    const many = jobs.replace(
      '[greet] })',
      `[greet], queues: ${JSON.stringify(Object.fromEntries(names.map(n => [n, {}])))} })`,
    )
    const app = application({ 'handlers.ts': handlersWith(''), 'jobs.ts': many })
    const { exit, problems } = await reportOf(app.folder)
    expect([exit, problems]).toEqual([
      1,
      [expect.stringMatching(/^the runner has 21 queues, whose names and URLs may/)],
    ])
  })
})

describe('handlers that load in Lambda only', () => {
  const app = application({ 'handlers.ts': handlersWith("throw new Error('no network here')") })

  it('would deploy, with the warning of synth', async () => {
    const { exit, stdout } = await check(app.folder)
    expect(exit).toBe(0)
    expect(stdout).toMatch(/greet +default +unknown/)
    expect(stdout).toMatch(/Warning: the handlers do not load here.*\n.*Error: no\n? *network here/)
    expect(await reportOf(app.folder)).toMatchObject({
      ok: true,
      jobs: [{ hasHandler: null }],
      warnings: [expect.stringMatching(/Error: no network here/)],
    })
  })
})

describe('options', () => {
  it('--handlers and --runner, from the working directory', async () => {
    const app = application({ 'app/h.ts': handlersWith('').replace('./jobs.ts', '../jobs.ts') })
    const given = ['--handlers', 'app/h.ts', '--runner', 'jobs.ts']
    expect(await reportOf(app.folder, ...given)).toMatchObject({ ok: true, handlers: join(app.folder, 'app/h.ts') })
  })

  it('--external: packages that a layer brings', async () => {
    const app = application({ 'handlers.ts': handlersWith("import x from 'of-a-layer'\nimport 'second'", 'x') })
    const given = ['--external', 'of-a-layer, second']
    expect(await reportOf(app.folder, ...given)).toMatchObject({
      ok: true,
      warnings: [expect.stringMatching(/Cannot find package 'of-a-layer'/)],
    })
    expect(await check(app.folder, '--external', 'a,,b')).toMatchObject({
      exit: 2,
      stderr: "Error (invalid_input): --external is 'a,,b'; allowed: names of packages, separated by commas\n",
    })
  })
})

it('shows the modules no credentials of this machine', async () => {
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret')
  const front = "if (process.env.AWS_SECRET_ACCESS_KEY !== undefined) throw new Error('seen')"
  const app = application({ 'handlers.ts': handlersWith(front), 'jobs.ts': `${jobs}${front}` })
  expect(await reportOf(app.folder)).toMatchObject({ ok: true, warnings: [] })
  vi.unstubAllEnvs()
})
