/** The bundles as production gets them: what is in them, how large they are, that they load and can sign. */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { type BuildOptions, build, type Metafile } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  bundling,
  bytesAtStart,
  noCalendar,
  outputsAtStart,
  serviceBundling,
  splitInto,
} from '../../../lib/bundle/bundling.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const entries = {
  worker: 'functions/worker.ts',
  sweeper: 'functions/sweeper.ts',
  dispatcher: 'functions/dispatcher.ts',
  reconciler: 'functions/reconciler.ts',
  recorder: 'functions/recorder.ts',
  api: 'functions/api.ts',
  client: 'lib/index.ts',
} as const
type Name = keyof typeof entries
const functionNames = ['worker', 'sweeper', 'dispatcher', 'reconciler', 'recorder', 'api'] as const

/** What a cold start of a worker loads, with this application's handlers and the AWS SDK. */
const maxWorkerBytes = 450 * 1024
/** With all that is loaded late: libraries of one handler, parts that a plain run does not need. */
const maxWholeWorkerBytes = 600 * 1024
/** It holds the store, the lookups and the routes. The calendar comes with the first request about schedules. */
const maxApiBytes = 500 * 1024

interface Bundle {
  readonly path: string
  /** What a start loads. */
  readonly bytes: number
  /** With what is loaded late. */
  readonly wholeBytes: number
  /** Files of this repository and of node_modules that were read for it, used or not. */
  readonly inputs: readonly string[]
  /** Those of which something is in it. */
  readonly used: readonly string[]
  /** Those of which something is in what a start loads. */
  readonly usedAtStart: readonly string[]
}

const folder = mkdtempSync(join(tmpdir(), 'lamplighter-bundles-'))
let bundles: Readonly<Record<Name, Bundle>>

const bundle = (name: Name): Promise<Bundle> => bundleOf(name, entries[name], optionsOf(name))

function optionsOf(name: Name): Pick<BuildOptions, 'define' | 'alias'> {
  if (name === 'worker') return { define: noCalendar }
  if (name === 'api') return { define: noCalendar, alias: serviceBundling.alias }
  // Users bundle a client as they like.
  return name === 'client' ? {} : { alias: serviceBundling.alias }
}

const isSplit = (name: string): boolean => ['api', 'worker', 'scheduled', 'unmarked'].includes(name)

async function bundleOf(
  name: string,
  entry: string,
  options: Pick<BuildOptions, 'define' | 'alias'> = {},
): Promise<Bundle> {
  const path = join(folder, name, 'index.mjs')
  const { metafile } = await build({
    ...bundling,
    ...options,
    mainFields: [...bundling.mainFields],
    absWorkingDir: root,
    entryPoints: [entry],
    ...(isSplit(name) ? splitInto(join(folder, name)) : { outfile: path }),
    logLevel: 'silent',
  })
  const used = usedIn(Object.values(metafile.outputs))
  const usedAtStart = usedIn(outputsAtStart(metafile.outputs).flatMap(file => metafile.outputs[file] ?? []))
  const code = Object.entries(metafile.outputs).filter(([file]) => file.endsWith('.mjs'))
  const wholeBytes = code.reduce((sum, [, { bytes }]) => sum + bytes, 0)
  const inputs = Object.keys(metafile.inputs)
  return { path, bytes: bytesAtStart(metafile.outputs), wholeBytes, inputs, used, usedAtStart }
}

const usedIn = (outputs: readonly Pick<Metafile['outputs'][string], 'inputs'>[]): readonly string[] =>
  outputs.flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([input, { bytesInOutput }]) => (bytesInOutput > 0 ? [input] : [])),
  )

beforeAll(async () => {
  const built = await Promise.all(Object.keys(entries).map(async name => [name, await bundle(name as Name)] as const))
  bundles = Object.fromEntries(built) as typeof bundles
  for (const [name, { bytes, wholeBytes, inputs }] of built) {
    const [start, whole] = [bytes, wholeBytes].map(size => (size / 1024).toFixed(1).padStart(6))
    console.log(`${name.padEnd(10)} ${start} KB at start, ${whole} KB in all, of ${inputs.length} files`)
  }
})

afterAll(() => rmSync(folder, { recursive: true }))

const handlerCode = (inputs: readonly string[]): readonly string[] =>
  inputs.filter(path => path === 'functions/handlers.ts' || path.startsWith('functions/jobs/'))

const isCalendar = (path: string): boolean =>
  path.includes('node_modules/croner') || (path.startsWith('lib/core/schedule/') && !ofRuns.has(path))
/** For the local date of its occurrence, which a handler gets. */
const ofRuns = new Set(['scheduled-time', 'time-zone', 'clock-changes'].map(name => `lib/core/schedule/${name}.ts`))

/** For the shape of requests, and for what a schedule says of its input. */
const ofRequests = new Set(['lib/core/schedule/definition.ts'])

/** Built from parts, so that no tool takes it for an import of this file. */
const importing = (names: string, path: string): string =>
  ['import', `{ ${names} }`, 'from', `'${root}${path}'`].join(' ')

const workerWithSchedule = `
${importing('createWorker', 'lib/lambda.ts')}
${importing('defineRunner, schedule', 'lib/index.ts')}
${importing('runner as plain, summariseCsv', 'functions/jobs.ts')}
${importing('handlers', 'functions/handlers.ts')}
const nightly = schedule('nightly', summariseCsv, { cron: '30 2 * * *', input: { csv: 'a' } })
const runner = defineRunner({ jobs: Object.values(plain.jobs), schedules: [nightly] })
export const handler = createWorker({ runner, handlers })
`

describe('what is in a bundle', () => {
  it.each(['api', 'sweeper', 'dispatcher', 'reconciler', 'recorder', 'client'] as const)(
    '%s: no handler code',
    name => {
      expect(handlerCode(bundles[name].inputs)).toEqual([])
    },
  )

  it('worker: handler code, so the check above can find it', () => {
    expect(handlerCode(bundles.worker.inputs).length).toBeGreaterThan(2)
  })

  it.each(Object.keys(entries) as Name[])('%s: nothing of the local stack, the tests or the deployment', name => {
    const { inputs } = bundles[name]
    expect(inputs.filter(path => /^(lib\/(dev|cli|testing)|functions\/local|test)\b/.test(path))).toEqual([])
    const own = inputs.filter(path => /^(cdk|lib\/bundle)\//.test(path))
    expect(
      own.filter(path => !/^lib\/bundle\/no-(profile-credentials|endpoint-cache|event-streams)\.ts$/.test(path)),
    ).toEqual([])
  })

  it('event streams of the SDK are in workers alone, whose handlers may use them', () => {
    const isStream = (path: string): boolean => path.includes('/submodules/event-streams/')
    for (const name of functionNames)
      expect([name, bundles[name].inputs.some(isStream)]).toEqual([name, name === 'worker'])
  })

  it('client: nothing of the functions, of Powertools and of the API', () => {
    const { inputs } = bundles.client
    expect(inputs.filter(path => /^(functions|lib\/(lambda|http))\/|powertools|middy/.test(path))).toEqual([])
  })

  it('the test kit: nothing of the AWS SDK, though it encodes items as DynamoDB holds them', async () => {
    const { inputs } = await bundleOf('testing', 'lib/testing.ts')
    expect(inputs.filter(path => /@aws-sdk|@smithy/.test(path))).toEqual([])
    expect(inputs).toContain('lib/aws/dynamodb/item.ts')
  })

  it('worker: no calendar, though its runner has schedules; whoever fires them has it', async () => {
    const entry = join(folder, 'scheduled.ts')
    writeFileSync(entry, workerWithSchedule)
    const worker = await bundleOf('scheduled', entry, { define: noCalendar })
    expect(worker.usedAtStart.filter(isCalendar)).toEqual(['lib/core/schedule/definition.ts'])
    expect(worker.bytes).toBeLessThanOrEqual(maxWorkerBytes)
    const unmarked = await bundleOf('unmarked', entry)
    expect(unmarked.usedAtStart.filter(isCalendar).length).toBeGreaterThan(5)
    expect(bundles.sweeper.used.some(isCalendar)).toBe(true)
  })

  it('api: the calendar comes late, with the first request about schedules', () => {
    expect(bundles.api.usedAtStart.filter(isCalendar).filter(path => !ofRequests.has(path))).toEqual([])
    expect(bundles.api.used.filter(isCalendar).length).toBeGreaterThan(5)
  })

  it(`worker: at most ${maxWorkerBytes / 1024} KB`, () => {
    expect(bundles.worker.bytes).toBeLessThanOrEqual(maxWorkerBytes)
  })

  it(`worker, with what is loaded late: at most ${maxWholeWorkerBytes / 1024} KB`, () => {
    expect(bundles.worker.wholeBytes).toBeLessThanOrEqual(maxWholeWorkerBytes)
    expect(bundles.worker.wholeBytes).toBeGreaterThan(bundles.worker.bytes)
  })

  it(`api: at most ${maxApiBytes / 1024} KB`, () => {
    expect(bundles.api.bytes).toBeLessThanOrEqual(maxApiBytes)
  })
})

const environment = {
  AWS_REGION: 'eu-central-1',
  LAMPLIGHTER_TABLE: 'lamplighter',
  LAMPLIGHTER_RECORDS: 'lamplighter-records',
  LAMPLIGHTER_QUEUES: '{"default":"http://127.0.0.1:9/0/default","webhooks":"http://127.0.0.1:9/0/webhooks"}',
}

/** Runs a line of code on a bundle as Lambda would: outside of the repository, where no package can be found. */
async function withBundle(name: Name, code: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const source = `const it = await import(${JSON.stringify(pathToFileURL(bundles[name].path).href)}); ${code}`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', source], {
    cwd: folder,
    env: { ...environment, ...env },
    timeout: 15_000,
  })
  return stdout
}

describe('a bundle loads', () => {
  it.each(functionNames)('%s: and exports the handler, only', async name => {
    expect(await withBundle(name, 'console.log(Object.keys(it).join(), typeof it.handler)')).toBe('handler function\n')
  })

  it('client: and exports createClient', async () => {
    expect(await withBundle('client', 'console.log(typeof it.createClient)')).toBe('function\n')
  })
})

describe('a bundle signs its requests', () => {
  let server: Server
  let url: string
  let signedBy: string[]

  beforeAll(async () => {
    // Answers as the container's credential address does, and to all else with an empty result.
    server = createServer((request, response) => {
      if (request.url === '/credentials') {
        const Expiration = new Date(Date.now() + 3_600_000).toISOString()
        response.end(JSON.stringify({ AccessKeyId: 'KEYOFCONTAINER', SecretAccessKey: 's', Token: 't', Expiration }))
        return
      }
      signedBy.push(/Credential=([^/]+)/.exec(request.headers.authorization ?? '')?.[1] ?? 'nobody')
      response.end('{"Items":[]}')
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })

  afterAll(() => server.close())

  const signersOfATick = async (env: NodeJS.ProcessEnv): Promise<Set<string>> => {
    signedBy = []
    const tick = 'await it.handler({}, { getRemainingTimeInMillis: () => 20_000 }); process.exit()'
    await withBundle('sweeper', tick, { ...env, AWS_ENDPOINT_URL: url })
    return new Set(signedBy)
  }

  it('with the key in its environment', async () => {
    const env = { AWS_ACCESS_KEY_ID: 'KEYOFENVIRONMENT', AWS_SECRET_ACCESS_KEY: 's' }
    expect(await signersOfATick(env)).toEqual(new Set(['KEYOFENVIRONMENT']))
  })

  it('with the key of a container address, past the providers that are not in the bundle', async () => {
    const env = { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/credentials` }
    expect(await signersOfATick(env)).toEqual(new Set(['KEYOFCONTAINER']))
  })
})
