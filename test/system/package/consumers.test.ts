/** The packed package in projects of other people: their Node, their test runner, their compiler, their versions. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Foreign, type ForeignOptions, foreign, hasRegistry } from './foreign.ts'
import { type Packed, pack } from './pack.ts'

const isOnline = await hasRegistry()
if (!isOnline) process.stdout.write('No registry can be reached: the package is not installed anywhere.\n')

const open: Foreign[] = []
let packed: Packed

beforeAll(async () => {
  packed = await pack()
})

afterAll(() => {
  for (const one of open) one.remove()
  packed.remove()
})

async function install(options: Omit<ForeignOptions, 'tarball'>): Promise<Foreign> {
  const one = await foreign({ tarball: packed.tarball, ...options })
  open.push(one)
  return one
}

/** A job, its handler, and a test of it, in the form of modules that is asked for. */
const shop = (load: (name: string, from: string) => string): string =>
  [
    load('defineJob, defineRunner, handle, createClient, InvalidInput', 'lamplighter'),
    load('createTestRunner', 'lamplighter/testing'),
    load('object, string', 'valibot'),
    "const mail = defineJob({ type: 'mail', input: object({ to: string() }) })",
    'const runner = defineRunner({ jobs: [mail] })',
    'const handlers = [handle(mail, ({ to }) => `sent to ${to}`)]',
    'async function tryIt() {',
    '  const kit = createTestRunner({ runner, handlers })',
    "  const { id } = await kit.enqueue(mail, { to: 'ada' }, { delay: '3d' })",
    "  await kit.advance('3d')",
    '  return kit.get(id)',
    '}',
  ].join('\n')

const imported = (names: string, from: string): string => `import { ${names} } from '${from}'`
const required = (names: string, from: string): string => `const { ${names} } = require('${from}')`
const printed = 'tryIt().then(job => console.log(job.state, job.result))\n'

describe.skipIf(!isOnline)('installed into a project', () => {
  it('brings no warning, and works by import and by require', async () => {
    const project = await install({
      dependencies: { valibot: '^1.0.0' },
      files: {
        'by-import.mjs': `${shop(imported)}\n${printed}`,
        'by-require.cjs': `${shop(required)}\n${printed}`,
        'same.mjs': [
          "import { createRequire } from 'node:module'",
          'const require = createRequire(import.meta.url)',
          "const { createTestRunner } = require('lamplighter/testing')",
          "const { InvalidInput, defineRunner } = require('lamplighter')",
          'const kit = createTestRunner({ runner: defineRunner({ jobs: [] }), handlers: [] })',
          "console.log(await kit.advance('5').then(() => 'no error', error => error instanceof InvalidInput))",
        ].join('\n'),
      },
    })
    expect(project.installed).not.toMatch(/warn|EBADENGINE|deprecated/i)
    expect(await project.node('by-import.mjs')).toBe('COMPLETED sent to ada\n')
    expect(await project.node('by-require.cjs')).toBe('COMPLETED sent to ada\n')
    expect(await project.node('same.mjs'), 'both entries share their modules').toBe('true\n')
  })

  it('works at the lowest versions that it asks for', async () => {
    const { dependencies } = JSON.parse(packed.read('package.json')) as { dependencies: Record<string, string> }
    const lowest = Object.fromEntries(
      Object.entries(dependencies).map(([name, range]) => [name, range.replace('^', '')]),
    )
    const project = await install({
      dependencies: { valibot: lowest['valibot'] ?? '' },
      overrides: Object.fromEntries(Object.entries(lowest).filter(([name]) => name !== 'valibot')),
      files: {
        'kit.mjs': `${shop(imported)}\n${printed}`,
        'environment.mjs': [
          "process.env.AWS_REGION = 'eu-west-1'",
          "process.env.LAMPLIGHTER_TABLE = 'jobs'",
          "process.env.LAMPLIGHTER_RECORDS = 'records'",
          "process.env.LAMPLIGHTER_QUEUES = JSON.stringify({ default: 'https://sqs.invalid/0/default' })",
          "process.env.POWERTOOLS_METRICS_NAMESPACE = 'test'",
        ].join('\n'),
        'lambda.mjs': [
          shop(imported),
          "import { createApi, createDispatcher, createReconciler, createSweeper, createWorker } from 'lamplighter/lambda'",
          'createWorker({ runner, handlers })',
          'const api = createApi({ runner })',
          'for (const create of [createDispatcher, createReconciler, createSweeper]) create({ runner })',
          "const http = { method: 'GET', path: '/v1/nowhere', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: '' }",
          "const requestContext = { http, domainName: 'x', domainPrefix: 'x', stage: '$default', requestId: 'r' }",
          "const event = { version: '2.0', rawPath: '/v1/nowhere', rawQueryString: '', headers: {}, requestContext, isBase64Encoded: false }",
          "const answer = await api(event, { getRemainingTimeInMillis: () => 1000, awsRequestId: 'r' })",
          'console.log(answer.statusCode)',
        ].join('\n'),
        'versions.mjs': [
          "import { readFileSync } from 'node:fs'",
          `const names = ${JSON.stringify(Object.keys(lowest))}`,
          "const versionOf = name => JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8')).version",
          'console.log(JSON.stringify(Object.fromEntries(names.map(name => [name, versionOf(name)]))))',
        ].join('\n'),
      },
    })
    expect(JSON.parse(await project.node('versions.mjs'))).toEqual(lowest)
    const usage = await project.npx('lamplighter', 'schedules', '--limt')
    expect(usage).toMatchObject({ exit: 2, stderr: expect.stringContaining("unknown option '--limt'") })
    expect((await project.npx('lamplighter', 'schedules', 'preview', '--help')).stdout).toContain('Global Options:')
    expect(await project.node('kit.mjs')).toBe('COMPLETED sent to ada\n')
    expect((await project.node('--import', './environment.mjs', 'lambda.mjs')).trim().split('\n').at(-1)).toBe('404')
  })
})

describe.skipIf(!isOnline)('jest as `npm init jest` leaves it: CommonJS, no transform of packages', () => {
  it('runs the test kit, next to fake timers too', async () => {
    const project = await install({
      dependencies: { valibot: '^1.0.0', jest: '29.7.0' },
      files: {
        'shop.test.js': [
          shop(required),
          "test('real timers', async () => expect(await tryIt()).toMatchObject({ state: 'COMPLETED' }))",
          "test('fake timers', async () => {",
          '  jest.useFakeTimers()',
          "  expect(await tryIt()).toMatchObject({ state: 'COMPLETED' })",
          '})',
        ].join('\n'),
      },
    })
    const said = await project.node('node_modules/jest/bin/jest.js')
    expect(said).toMatch(/Tests: +2 passed, 2 total/)
  })
})

describe.skipIf(!isOnline)('TypeScript 5, with declarations of its own', () => {
  const wrappers = [
    "import { createClient, defineJob, defineRunner, handle } from 'lamplighter'",
    "import { createTestRunner } from 'lamplighter/testing'",
    "import { createApi, createDispatcher, createReconciler, createSweeper, createWorker, queueDefinitions } from 'lamplighter/lambda'",
    "import * as v from 'valibot'",
    "export const mail = defineJob({ type: 'mail', input: v.object({ to: v.string() }) })",
    'export const runner = defineRunner({ jobs: [mail] })',
    'export const handlers = [handle(mail, ({ to }) => to.length)]',
    'export const client = createClient({ runner })',
    'export const enqueue = (to: string) => client.enqueue(mail, { to })',
    'export const request = (to: string) => client.job(mail, { to })',
    'export const many = (to: string) => client.enqueueMany([client.job(mail, { to })])',
    'export const get = (id: string) => client.get(id)',
    'export const cancel = (id: string) => client.cancel(id)',
    'export const requeue = (id: string) => client.requeue(id)',
    "export const reschedule = (id: string) => client.reschedule(id, { delay: '1h' })",
    'export const runNow = (id: string) => client.runNow(id)',
    'export const remove = (id: string) => client.delete(id)',
    'export const kit = () => createTestRunner({ runner, handlers })',
    "export const kitEnqueue = () => kit().enqueue(mail, { to: 'a' })",
    'export const kitTick = () => kit().tick()',
    'export const kitDeps = () => kit().deps',
    'export const worker = () => createWorker({ runner, handlers })',
    'export const api = () => createApi({ runner })',
    'export const dispatcher = () => createDispatcher({ runner })',
    'export const reconciler = () => createReconciler({ runner })',
    'export const sweeper = () => createSweeper({ runner })',
    'export const definitions = () => queueDefinitions(runner)',
  ].join('\n')
  const options = {
    strict: true,
    declaration: true,
    noEmit: false,
    outDir: 'out',
    target: 'es2023',
    types: ['node'],
    skipLibCheck: false,
  }

  it.each([
    ['nodenext', { module: 'nodenext', moduleResolution: 'nodenext' }, { type: 'module' }],
    ['nodenext, from CommonJS', { module: 'nodenext', moduleResolution: 'nodenext' }, {}],
    ['a bundler', { module: 'esnext', moduleResolution: 'bundler' }, { type: 'module' }],
    ['node10', { module: 'commonjs', moduleResolution: 'node10' }, {}],
  ])('%s', async (_, resolution, fields) => {
    const project = await install({
      dependencies: {
        valibot: '^1.0.0',
        typescript: '5.9.3',
        '@types/node': '^22.0.0',
        '@types/aws-lambda': '^8.10.150',
      },
      fields,
      files: {
        'wrappers.ts': wrappers,
        'tsconfig.json': JSON.stringify({ compilerOptions: { ...options, ...resolution }, files: ['wrappers.ts'] }),
      },
    })
    const said = await project
      .node('node_modules/typescript/bin/tsc')
      .catch((error: { stdout: string }) => error.stdout)
    expect(said).toBe('')
  })
})
