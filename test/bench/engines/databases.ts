/** The databases of the peers, started for one run on 127.0.0.1 and in a folder that is thrown away. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, chownSync, constants, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

export interface Database {
  readonly environment: Readonly<Record<string, string>>
  stop(): Promise<void>
}

const readyTries = 100
const readyPauseMs = 100

/** @returns undefined when there is no `redis-server` on PATH */
export async function startRedis(): Promise<Database | undefined> {
  const program = programOn((process.env['PATH'] ?? '').split(delimiter), 'redis-server')
  if (program === undefined) return undefined
  const port = await freePort()
  const server = spawn(program, ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no'], {
    stdio: 'ignore',
    cwd: tmpdir(),
  })
  await delay(readyPauseMs)
  return { environment: { BENCH_REDIS_PORT: String(port) }, stop: () => stopped(server) }
}

/** @returns undefined when there is no PostgreSQL server, on PATH or where Debian puts it */
export async function startPostgres(): Promise<Database | undefined> {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...debianFolders()]
  const initdb = programOn(folders, 'initdb')
  const postgres = programOn(folders, 'postgres')
  if (initdb === undefined || postgres === undefined) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'lamplighter-bench-'))
  const user = unprivileged(folder)
  execFileSync(initdb, ['-D', folder, '-U', 'bench', '-A', 'trust', '--no-sync'], { ...user, stdio: 'ignore' })
  const port = await freePort()
  const server = spawn(postgres, ['-D', folder, '-h', '127.0.0.1', '-k', folder, '-p', String(port)], {
    ...user,
    stdio: 'ignore',
  })
  await untilReady(port)
  return {
    environment: { BENCH_POSTGRES: `postgres://bench@127.0.0.1:${port}/postgres` },
    async stop() {
      await stopped(server)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function debianFolders(): readonly string[] {
  const root = '/usr/lib/postgresql'
  return existsSync(root) ? readdirSync(root).map(version => join(root, version, 'bin')) : []
}

function programOn(folders: readonly string[], name: string): string | undefined {
  return folders.map(folder => join(folder, name)).find(isProgram)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** PostgreSQL refuses to run as root; its package brings a user of its own. */
function unprivileged(folder: string): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {}
  const [uid = 0, gid = 0] = ['-u', '-g'].map(flag =>
    Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' })),
  )
  chownSync(folder, uid, gid)
  return { uid, gid }
}

/** The server opens its port before it takes connections, but only after it has read its folder. */
async function untilReady(port: number): Promise<void> {
  for (let attempt = 0; attempt < readyTries; attempt += 1) {
    await delay(readyPauseMs)
    const isFree = await canListen(port)
    if (!isFree) {
      await delay(readyPauseMs * 5)
      return
    }
  }
  throw new Error('PostgreSQL did not start')
}

async function canListen(port: number): Promise<boolean> {
  const server = createServer()
  return new Promise(resolve => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no free port on 127.0.0.1')
  return address.port
}

async function stopped(server: ReturnType<typeof spawn>): Promise<void> {
  if (server.exitCode !== null) return
  const exited = once(server, 'exit')
  server.kill('SIGINT')
  await exited
}
