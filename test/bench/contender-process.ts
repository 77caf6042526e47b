/** The process of one contender: `node contender-process.ts <name>`. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Contender, ContenderName, Order, Report } from './contender.ts'

const modules: Readonly<Record<ContenderName, () => Promise<{ open(): Promise<Contender> }>>> = {
  floor: () => import('./contenders/floor.ts'),
  lamplighter: () => import('./contenders/lamplighter.ts'),
  bullmq: () => import('./contenders/bullmq.ts'),
  'pg-boss': () => import('./contenders/pg-boss.ts'),
  'graphile-worker': () => import('./contenders/graphile-worker.ts'),
}

/** Garbage of the work before must not be charged to the next. */
const pauseMs = 50

const name = process.argv[2] as ContenderName
const contender = await (await modules[name]()).open()

async function measured(work: () => Promise<void>): Promise<Report> {
  await delay(pauseMs)
  const [start, cpuStart] = [performance.now(), process.cpuUsage()]
  try {
    await work()
  } catch (error) {
    return { kind: 'failed', error: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
  const { user, system } = process.cpuUsage(cpuStart)
  return { kind: 'measured', milliseconds: performance.now() - start, cpuMicroseconds: user + system }
}

async function obey({ work, jobs }: Order): Promise<void> {
  if (work === 'close') {
    await contender.close()
    process.exit(0)
  }
  const report = await measured(() => contender[work](jobs))
  process.send?.(report)
}

process.on('message', order => void obey(order as Order))
// A parent that is gone leaves nothing behind.
process.on('disconnect', () => process.exit(1))
process.send?.(await measured(async () => {}))
