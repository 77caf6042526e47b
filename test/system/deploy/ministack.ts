/**
 * MiniStack: the AWS services of a deployment on one port, with the functions' code run by Node. A Python package that
 * is no dependency of ours: fetched once, into a virtual environment in a git-ignored folder.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { descendantsOf, isRunning, untilGone } from '../../support/processes.ts'
import { account, region } from './place.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../..', import.meta.url))
const requirements = fileURLToPath(new URL('requirements.txt', import.meta.url))

/** Another list of requirements is another folder. */
const hash = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12)
const folder = join(root, 'node_modules/.cache/lamplighter', `ministack-${hash}`)
const python = join(folder, 'bin/python')
/** Written last: an installation that was broken off is none. */
const marker = join(folder, '.complete')

const installWithinMs = 120_000
const readyWithinMs = 30_000
const stopWithinMs = 10_000

/** Why MiniStack cannot run here; undefined when it can. */
export async function whyNotHere(): Promise<string | undefined> {
  if (process.platform === 'win32') return 'MiniStack runs functions on Linux and macOS only'
  if (existsSync(marker)) return undefined
  try {
    await run('python3', ['-c', 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))'])
  } catch {
    return 'no Python 3.10 or newer with venv and pip on the PATH (python3)'
  }
  try {
    rmSync(folder, { recursive: true, force: true })
    await run('python3', ['-m', 'venv', folder], { timeout: installWithinMs })
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', requirements]
    await run(python, pip, { timeout: installWithinMs })
    writeFileSync(marker, '')
    return undefined
  } catch (error) {
    return `MiniStack could not be installed: ${lastLine((error as Error).message)}`
  }
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? ''

export interface MiniStack {
  /** Variables by which the AWS SDKs and the CDK find it, and never a real account. */
  readonly environment: Readonly<Record<string, string>>
  /** What it has printed: a line for each batch and each log line of a function. */
  log(): string
  /** Ends it and its functions' processes, and removes what they wrote. */
  stop(): Promise<void>
}

/** Starts it, empty, on a free port of 127.0.0.1. @throws Error with its last words when it does not answer */
export async function startMiniStack(): Promise<MiniStack> {
  const scratch = mkdtempSync(join(tmpdir(), 'lamplighter-ministack-'))
  const port = await freePort()
  const child = spawn(python, ['-m', 'ministack'], {
    cwd: scratch,
    // A group of its own: its functions' processes end with it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: settings(port, scratch),
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (said += data.toString()))
  const end = () => signalGroup(child, 'SIGKILL')
  process.once('exit', end)
  const stop = async (): Promise<void> => {
    const pids = [child.pid ?? 0, ...descendantsOf(child.pid ?? 0)]
    signalGroup(child, 'SIGTERM')
    if (child.exitCode === null && child.signalCode === null) {
      await Promise.race([once(child, 'exit'), delay(stopWithinMs, undefined, { ref: false })])
    }
    end()
    process.off('exit', end)
    await untilGone(pids)
    rmSync(scratch, { recursive: true, force: true })
  }
  try {
    await untilReady(child, `http://127.0.0.1:${port}`)
  } catch (error) {
    await stop()
    throw new Error(`MiniStack does not answer; its last words:\n${said.slice(-2_000)}`, { cause: error })
  }
  return { environment: environmentFor(port, scratch), log: () => said, stop }
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // Nobody of it is left.
  }
}

/** Settings of the emulator itself: nothing of this process's AWS settings, and no container engine. */
function settings(port: number, scratch: string): NodeJS.ProcessEnv {
  return {
    // Its functions run whatever `node` it finds first: the one of the tests.
    PATH: [join(root, 'node_modules/.bin'), process.env['PATH'] ?? ''].join(delimiter),
    HOME: scratch,
    TMPDIR: temporary(scratch),
    // Its default is every interface.
    BIND_HOST: '127.0.0.1',
    MINISTACK_HOST: '127.0.0.1',
    GATEWAY_PORT: String(port),
    MINISTACK_REGION: region,
    LAMBDA_EXECUTOR: 'local',
    DOCKER_HOST: `unix://${join(scratch, 'no-docker.sock')}`,
  }
}

function temporary(scratch: string): string {
  const path = join(scratch, 'tmp')
  mkdirSync(path, { recursive: true })
  return path
}

const environmentFor = (port: number, scratch: string): Readonly<Record<string, string>> => ({
  AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_REGION: region,
  AWS_DEFAULT_REGION: region,
  AWS_CONFIG_FILE: join(scratch, 'no-config'),
  AWS_SHARED_CREDENTIALS_FILE: join(scratch, 'no-credentials'),
  AWS_EC2_METADATA_DISABLED: 'true',
  CDK_DEFAULT_ACCOUNT: account,
  CDK_DEFAULT_REGION: region,
  CDK_HOME: join(scratch, 'cdk'),
  CDK_DISABLE_CLI_TELEMETRY: 'true',
})

async function untilReady(child: ChildProcess, url: string): Promise<void> {
  const giveUpAt = Date.now() + readyWithinMs
  for (;;) {
    try {
      const { ok } = await fetch(`${url}/_ministack/health`)
      if (ok) return
    } catch (error) {
      if (Date.now() > giveUpAt || !isRunning(child.pid ?? 0)) throw error
    }
    await delay(50)
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' ? (address?.port ?? 0) : 0
}
