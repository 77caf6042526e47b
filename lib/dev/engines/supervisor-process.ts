/**
 * Holds the data folder and runs dynoxide for the stack: `node supervisor-process.ts <options>`. When the stack is gone,
 * however it went, this process ends dynoxide and every sandbox that is left, gives the folder back and ends.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { makeDataFolder } from '../data-folder.ts'
import { browserSafePorts, firstFreePort } from '../loopback.ts'
import { StackError } from '../stack-error.ts'
import { type Dynoxide, startDynoxide } from './dynoxide.ts'
import { careForStreams } from './stream-index.ts'
import { type FromSupervisor, killNow, type SupervisorOptions, type ToSupervisor } from './supervisor.ts'

const watchMs = 250
/** A stack that was killed a moment ago may still be clearing up. */
const lockWaitMs = 3_000
/** SQLITE_BUSY. sqlite.org/rescode.html */
const busy = 5

const { folder, fresh } = JSON.parse(process.argv[2] ?? '{}') as SupervisorOptions
const database = join(folder, 'table.db')
const notes = join(folder, 'stack.json')

const guarded = new Set<number>()
/** Held until this process ends: a lock that is collected as garbage is given back. */
const held: DatabaseSync[] = []
let engine: Dynoxide | undefined

/** Who uses the folder, and the engine it runs: for people, and for the next supervisor after a crash. */
interface Notes {
  readonly stackPid: number
  readonly enginePid?: number
}

function readNotes(): Notes | undefined {
  try {
    return JSON.parse(readFileSync(notes, 'utf8')) as Notes
  } catch {
    return undefined
  }
}

const writeNotes = (enginePid?: number): void =>
  writeFileSync(notes, JSON.stringify({ stackPid: process.ppid, ...(enginePid === undefined ? {} : { enginePid }) }))

function send(message: FromSupervisor): void {
  process.send?.(message, undefined, undefined, () => undefined)
}

/**
 * Takes the data folder for this process, until its end. The lock is SQLite's: the operating system drops it when the
 * process ends, however it ends, so that nothing stale stays behind.
 */
async function lockFolder(): Promise<void> {
  const { DatabaseSync: Database } = await import('node:sqlite')
  const file = new Database(join(folder, 'lock'), { timeout: lockWaitMs })
  try {
    file.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    file.close()
    if ((error as { errcode?: number }).errcode !== busy) throw error
    const holder = `another stack (process ${readNotes()?.stackPid ?? 'unknown'})`
    throw new StackError(`${folder} is in use by ${holder}; stop it first, or choose another folder with --data`)
  }
  held.push(file)
}

/** Only when the last supervisor was killed as well is there an engine that nobody ends. */
function endStaleEngine(): void {
  const { enginePid } = readNotes() ?? {}
  if (enginePid !== undefined && commandOf(enginePid).includes(database)) killNow(enginePid)
}

/** The command line of a process; empty when there is none, or it cannot be seen. */
function commandOf(pid: number): string {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
    if (process.platform === 'win32') return ''
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  } catch {
    return ''
  }
}

/** On a port that no web page can reach, because dynoxide answers any page and takes any credentials. */
async function startEngine(warnings: string[]): Promise<Dynoxide> {
  const ports = [...browserSafePorts]
  for (let port = await firstFreePort(ports); port !== undefined; port = await firstFreePort(ports)) {
    ports.splice(0, ports.indexOf(port) + 1)
    try {
      return await startDynoxide({ dbPath: database, port })
    } catch (error) {
      // Another stack was faster; the next port may be free.
      if (!/in use/i.test(String(error))) throw error
    }
  }
  warnings.push(
    `every port that browsers refuse is in use (${browserSafePorts.join(', ')}); the table's engine uses another one, and a web page that finds it can read and write the local table`,
  )
  return startDynoxide({ dbPath: database })
}

/** An engine that is slow, or has old records, is better than none. */
async function careFor(warnings: string[]): Promise<void> {
  try {
    const care = await careForStreams(database, Date.now())
    if (care.kind === 'indexed') return
    warnings.push(`the engine keeps its streams in an unknown form (${care.found}); many jobs will slow it down`)
  } catch (error) {
    warnings.push(`the streams of the table were not tidied: ${String(error)}; many jobs will slow the stack down`)
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function end(): Promise<never> {
  for (const pid of guarded) killNow(pid)
  await engine?.stop()
  process.exit()
}

// An engine that still starts ends with this process.
process.on('disconnect', () => void end())
process.on('message', (message: ToSupervisor) => {
  if (message.kind === 'guard') guarded.add(message.pid)
  else guarded.delete(message.pid)
})

async function start(): Promise<void> {
  makeDataFolder(folder)
  await lockFolder()
  // Not before: until it holds the folder there is nothing to protect, and a signal may end it.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
  endStaleEngine()
  writeNotes()
  if (fresh) for (const suffix of ['', '-wal', '-shm']) rmSync(database + suffix, { force: true })
  const isNew = !existsSync(database)
  const warnings: string[] = []
  if (!isNew) await careFor(warnings)
  engine = await startEngine(warnings)
  writeNotes(engine.pid)
  // The engine made the file a moment ago, and has no table yet.
  if (isNew) await careFor(warnings)
  send({ kind: 'ready', endpoint: engine.endpoint, enginePid: engine.pid, isNew, warnings })
  setInterval(() => {
    if (engine !== undefined && !isAlive(engine.pid)) process.exit(1)
  }, watchMs)
}

start().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error)
  const failed: FromSupervisor = { kind: 'failed', message, isPlain: error instanceof StackError }
  process.send?.(failed, undefined, undefined, () => process.exit(1))
})
