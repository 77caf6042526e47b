/** Loads a worker's bundle in a process of its own, with the environment of the worker and without any credentials. */
import { spawn, spawnSync } from 'node:child_process'
import { devNull } from 'node:os'
import { delimiter, dirname, extname, join } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { Bundle } from './bundle.ts'
import type { ProbeReport } from './probe-report.ts'

export interface Probe {
  readonly bundle: Bundle
  /** The module of the handlers: packages outside of the bundle are looked up from there. */
  readonly handlers: string
  /** The variables that the worker will have. */
  readonly environment: Readonly<Record<string, string>>
}

/** What a process needs to start at all. Everything else of the shell is unknown in Lambda, secrets above all. */
const kept = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'TMP', 'LANG', 'LC_ALL', 'SystemRoot', 'windir', 'USERPROFILE']

/** Neither a profile, a configuration file nor the machine's own role gives credentials to the application's modules. */
const withoutCredentials = {
  AWS_REGION: 'us-east-1',
  AWS_CONFIG_FILE: devNull,
  AWS_SHARED_CREDENTIALS_FILE: devNull,
  AWS_EC2_METADATA_DISABLED: 'true',
}

/** The environment of the probe. */
function probeEnvironment(
  own: Readonly<Record<string, string | undefined>>,
  worker: Readonly<Record<string, string>>,
): Record<string, string> {
  const environment: Record<string, string> = {}
  for (const name of kept) {
    const value = own[name]
    if (value !== undefined) environment[name] = value
  }
  return { ...environment, TZ: 'UTC', ...worker, ...withoutCredentials }
}

/** Loading a few modules takes a tenth of this. */
const timeoutMs = 15_000
/** What modules may write to stdout and stderr while they load; Node's default of 1 MB would end the process. */
const maxOutputBytes = 64 * 1024 * 1024
const shownLines = 8

const thisFile = fileURLToPath(import.meta.url)
const program = join(dirname(thisFile), `probe-program${extname(thisFile)}`)

/** Several constructs of one program may look into the same worker. */
const probed = new Map<string, ProbeReport>()

export function probeWorker(probe: Probe): ProbeReport {
  const key = JSON.stringify([probe.bundle.hash, probe.handlers, probe.environment])
  const report = probed.get(key) ?? runProbe(probe)
  probed.set(key, report)
  return report
}

function runProbe(probe: Probe): ProbeReport {
  const { args, env } = commandOf({ ...probe, path: join(probe.bundle.folder, 'index.mjs') })
  const ended = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    timeout: timeoutMs,
    maxBuffer: maxOutputBytes,
    env,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  })
  const report = ended.output?.[3] ?? ''
  if (report !== '') return JSON.parse(report) as ProbeReport
  return { kind: 'thrown', name: 'Error', message: whyNoReport(ended), place: '' }
}

/** What `probeModule` looks into: the path of a bundle takes the place of the bundle. */
export type ModuleProbe = Omit<Probe, 'bundle'> & { readonly path: string }

/** The same beside other work, for programs that go on while the modules load. */
export async function probeModule(probe: ModuleProbe): Promise<ProbeReport> {
  const { args, env } = commandOf(probe)
  const child = spawn(process.execPath, args, {
    env,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    timeout: timeoutMs,
  })
  const ended = new Promise<Pick<Ended, 'error' | 'status' | 'signal'>>(resolve => {
    child.once('error', error => resolve({ error, status: null, signal: null }))
    child.once('close', (status, signal) => resolve({ status, signal }))
  })
  const [stderr, report] = await Promise.all([textOf(child.stdio[2]), textOf(child.stdio[3])])
  if (report !== '') return JSON.parse(report) as ProbeReport
  return { kind: 'thrown', name: 'Error', message: whyNoReport({ ...(await ended), stderr }), place: '' }
}

async function textOf(stream: unknown): Promise<string> {
  if (!(stream instanceof Readable)) return ''
  const chunks: Buffer[] = []
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

const commandOf = ({ path, handlers, environment }: ModuleProbe) => ({
  args: ['--enable-source-maps', program, path, handlers],
  env: { ...probeEnvironment(process.env, environment), NODE_PATH: packageFolders(handlers).join(delimiter) },
})

/** Where `require` looks for packages that are not in the bundle, as it does in Lambda for those of a layer. */
function packageFolders(module: string): readonly string[] {
  const folder = dirname(module)
  return folder === module ? [] : [join(folder, 'node_modules'), ...packageFolders(folder)]
}

interface Ended {
  readonly error?: Error | undefined
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stderr: string
}

function whyNoReport({ error, status, signal, stderr }: Ended): string {
  const isLate = signal === 'SIGTERM' || (error !== undefined && 'code' in error && error.code === 'ETIMEDOUT')
  const how = isLate
    ? `the modules still load after ${timeoutMs / 1_000} s`
    : (error?.message ?? `the modules ended the process with ${signal ?? `code ${status}`}`)
  const lines = stderr.split('\n').filter(line => line.trim() !== '' && !line.startsWith('Node.js v'))
  return [how, ...lines.slice(-shownLines)].join('\n')
}
