import { afterEach, describe, expect, it, vi } from 'vitest'
import type { CheckReport } from '../../../../lib/cli/check/report.ts'
import { application, handlersWith, jobs } from '../../bundle/application.ts'
import { run } from '../terminal-kit.ts'

const forgotten = "defineJob({ type: 'forgotten', queue: 'mails', input: anything, timeout: '90s', maxAttempts: 3 })"
const manyQueues = JSON.stringify(Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`queue-${index}`, {}])))
const throwIfSeen = "if (process.env.AWS_SECRET_ACCESS_KEY !== undefined) throw new Error('seen')"

/** One application with many modules: what is bundled once, is not bundled again. */
const { folder, file } = application({
  'handlers.ts': handlersWith(throwIfSeen),
  'jobs.ts': `${jobs}\n${throwIfSeen}`,
  'twice.ts': handlersWith('').replace('handlers = [', 'handlers = [handle(greet, () => 2), '),
  'unresolved.ts': handlersWith("import x from 'absent'", 'x'),
  'in-lambda-only.ts': handlersWith("throw new Error('no network here')"),
  'with-layer.ts': handlersWith("import x from 'of-a-layer'\nimport 'second'", 'x'),
  'forgotten/jobs.ts': jobs.replace('[greet]', `[greet, ${forgotten}], queues: { mails: { concurrency: 20 } }`),
  'forgotten/handlers.ts': handlersWith(''),
  'many.ts': jobs.replace('[greet]', `[greet], queues: ${manyQueues}`),
  'no-runner.ts': 'export const other = 1',
  'throws.ts': "throw new Error('no database'); export const runner = 1",
  'something-else.ts': 'export const runner = { a: 1 }',
})

const check = (...args: readonly string[]) => run(['check', ...args], { folder })

async function reportOf(...args: readonly string[]) {
  const { exit, stdout, stderr } = await check(...args, '--json')
  expect(stderr).toBe('')
  return { exit, ...(JSON.parse(stdout) as CheckReport & { readonly ok: boolean }) }
}

const withJobs = (handlers: string) => ['--handlers', handlers, '--runner', 'jobs.ts'] as const

// Each runner costs six bundles once.
vi.setConfig({ testTimeout: 60_000 })
afterEach(() => vi.unstubAllEnvs())

describe('an application that would deploy', () => {
  it('as a person reads it', async () => {
    const { exit, stdout, stderr } = await check()
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
  recorder    n KB
  system      n KB

  This would deploy.
`)
  })

  it('as JSON, also where the shell has credentials, which the modules do not see', async () => {
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret')
    const bytes = expect.any(Number)
    expect(await reportOf()).toEqual({
      exit: 0,
      ok: true,
      runner: file('jobs.ts'),
      handlers: file('handlers.ts'),
      queues: [{ name: 'default', concurrency: 10, batchSize: 10, shards: 16, functionTimeoutMs: 75_000 }],
      jobs: [{ type: 'greet', queue: 'default', hasHandler: true, timeoutMs: 60_000, maxAttempts: 5 }],
      bundles: ['worker', 'sweeper', 'dispatcher', 'api', 'reconciler', 'recorder', 'system'].map(name => ({
        name,
        bytes,
      })),
      problems: [],
      warnings: [],
    })
  })
})

describe('an application that would not deploy', () => {
  it('a job without a handler', async () => {
    const { exit, stdout } = await check('--handlers', 'forgotten/handlers.ts')
    expect(exit).toBe(1)
    expect(stdout).toContain(`
  QUEUE    CONCURRENCY  BATCH  WORKER TIMEOUT
  default  10           10     75s
  mails    20           10     105s

  JOB        QUEUE    HANDLER  TIMEOUT  ATTEMPTS
  greet      default  yes      1m       5
  forgotten  mails    no       90s      3
`)
    expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(
      /This would not deploy: no handler for job type 'forgotten' \(queue 'mails'\) in .*; there are handlers for: greet $/,
    )
    expect(await reportOf('--handlers', 'forgotten/handlers.ts')).toMatchObject({
      exit: 1,
      ok: false,
      jobs: [{ hasHandler: true }, { type: 'forgotten', hasHandler: false }],
      problems: [expect.stringMatching(/^no handler for job type 'forgotten'/)],
    })
  })

  it('a worker that would not start', async () => {
    expect(await reportOf(...withJobs('twice.ts'))).toMatchObject({
      exit: 1,
      jobs: [{ type: 'greet', hasHandler: null }],
      problems: [
        expect.stringMatching(
          /^lamplighter check: the worker of queue default would not start: there are two handlers for job type 'greet'/,
        ),
      ],
    })
  })

  it('handlers that cannot be bundled: said once, in the words of esbuild', async () => {
    const { exit, problems, bundles } = await reportOf(...withJobs('unresolved.ts'))
    expect([exit, problems.length]).toEqual([1, 1])
    expect(problems[0]).toMatch(/^the worker cannot be bundled:\n.*Could not resolve "absent"/)
    expect(bundles).toHaveLength(6)
    expect((await check(...withJobs('unresolved.ts'))).stdout).toMatch(
      /\n {8}\d │ import x from 'absent'\n {10}╵ +~~~~~~~~\n/,
    )
  })

  it.each([
    ['exports none', 'no-runner.ts', /^the runner cannot be bundled:\n.*No matching export/],
    ['does not load', 'throws.ts', /does not load: Error: no database\n +at .*throws\.ts/],
    ['exports another thing', 'something-else.ts', /does not load: runner is \{"a":1\}; allowed: what defineRunner/],
  ])('a module of the runner that %s: nothing else is looked at', async (_, runner, problem) => {
    expect(await reportOf('--runner', runner)).toMatchObject({
      exit: 1,
      queues: [],
      bundles: [],
      problems: [expect.stringMatching(problem)],
    })
  })

  it('too many queues for the environment of a function', async () => {
    const { exit, problems } = await reportOf('--runner', 'many.ts')
    expect([exit, problems[0]]).toEqual([
      1,
      expect.stringMatching(/^the runner has 21 queues, whose names and URLs may/),
    ])
  })
})

it('handlers that load in Lambda only would deploy, with the warning of synth', async () => {
  const { exit, stdout } = await check(...withJobs('in-lambda-only.ts'))
  expect(exit).toBe(0)
  expect(stdout).toMatch(/greet +default +unknown/)
  expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(
    /Warning: the handlers do not load here, so whether each job has one is not known: Error: no network here at .* This would deploy\. $/,
  )
  expect(await reportOf(...withJobs('in-lambda-only.ts'))).toMatchObject({
    ok: true,
    jobs: [{ hasHandler: null }],
    warnings: [expect.stringMatching(/Error: no network here/)],
  })
})

it('--external names the packages that a layer brings', async () => {
  expect(await reportOf(...withJobs('with-layer.ts'), '--external', 'of-a-layer, second')).toMatchObject({
    ok: true,
    warnings: [expect.stringMatching(/Cannot find package 'of-a-layer'/)],
  })
  expect(await check('--external', 'a,,b')).toMatchObject({
    exit: 2,
    stderr: "Error (invalid_input): --external is 'a,,b'; allowed: names of packages, separated by commas\n",
  })
})
