/**
 * Holds the data folder and runs dynoxide for the stack: `node keeper.ts <options>`. When the stack is gone, however it
 * went, this process ends dynoxide and every sandbox that was left, gives the folder back and ends.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { StackError } from '../stack-error.ts'
import { type Dynoxide, startDynoxide } from './dynoxide.ts'
import { lockFolder } from './folder-lock.ts'
import type { FromKeeper, KeeperOptions, ToKeeper } from './keeper-protocol.ts'
import { commandOf, isAlive, killNow } from './process-command.ts'

const watchMs = 250

const { folder, fresh } = JSON.parse(process.argv[2] ?? '{}') as KeeperOptions
const database = join(folder, 'table.db')
const notes = join(folder, 'stack.json')

/** Who uses the folder, and the engine it runs: for people, and for whoever comes after a crash. */
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

function tell(message: FromKeeper): void {
  process.send?.(message, undefined, undefined, () => undefined)
}

/** Only when this keeper's predecessor was killed as well is there an engine without anybody to end it. */
function endStaleEngine(): void {
  const { enginePid } = readNotes() ?? {}
  if (enginePid !== undefined && commandOf(enginePid).includes(database)) killNow(enginePid)
}

const guarded = new Set<number>()
let engine: Dynoxide | undefined
let isStackGone = false

async function end(): Promise<never> {
  for (const pid of guarded) killNow(pid)
  await engine?.stop()
  process.exit()
}

process.on('disconnect', () => {
  isStackGone = true
  // While the engine still starts, the end waits for it.
  if (engine !== undefined) void end()
})
process.on('message', (message: ToKeeper) => {
  if (message.kind === 'guard') guarded.add(message.pid)
  else guarded.delete(message.pid)
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)

async function start(): Promise<void> {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, '.gitignore'), '*\n')
  lockFolder(folder, () => `another stack (process ${readNotes()?.stackPid ?? 'unknown'})`)
  endStaleEngine()
  writeNotes()
  if (fresh) for (const suffix of ['', '-wal', '-shm']) rmSync(database + suffix, { force: true })
  const isNew = !existsSync(database)
  engine = await startDynoxide({ dbPath: database })
  writeNotes(engine.pid)
  if (isStackGone) await end()
  tell({ kind: 'ready', endpoint: engine.endpoint, enginePid: engine.pid, isNew })
  setInterval(() => {
    if (engine !== undefined && !isAlive(engine.pid)) process.exit(1)
  }, watchMs)
}

start().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error)
  const failed: FromKeeper = { kind: 'failed', message, isPlain: error instanceof StackError }
  process.send?.(failed, undefined, undefined, () => process.exit(1))
})
