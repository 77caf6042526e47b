/**
 * The local stack under steady load, while its workers are killed with -9 in the middle of their jobs; then an audit.
 * `npm run soak -- --minutes 10`. Exits 1 when a job was lost or anything else does not add up.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createClient } from '../../../lib/client/create-client.ts'
import { startDevStack } from '../../../lib/dev/dev-stack.ts'
import { jobs, runner } from '../../support/fixtures/soak/jobs.ts'
import { audit, liveRows, summary } from './audit.ts'
import { readJournal } from './journal.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    rate: { type: 'string', default: '20' },
    'kill-every': { type: 'string', default: '15' },
  },
})
const [minutes, rate, killEverySeconds] = [values.minutes, values.rate, values['kill-every']].map(Number)
if (!minutes || !rate || !killEverySeconds)
  throw new Error('--minutes, --rate (jobs a second) and --kill-every (seconds) are numbers')

/** A killed batch may sleep for its queue's own timeout; a lost message for two holds. */
const drainLimitMs = 8 * 60_000

const folder = mkdtempSync(join(tmpdir(), 'lamplighter-soak-'))
const log = join(folder, 'journal')
writeFileSync(log, '')
process.env['SOAK_LOG'] = log
const pathOf = (name: string): string =>
  fileURLToPath(new URL(`../../support/fixtures/soak/${name}.ts`, import.meta.url))
const stack = await startDevStack({
  runner,
  functions: {
    worker: pathOf('worker'),
    sweeper: pathOf('sweeper'),
    dispatcher: pathOf('dispatcher'),
    recorder: pathOf('recorder'),
    reconciler: pathOf('reconciler'),
    api: pathOf('api'),
  },
  dataDir: join(folder, 'data'),
  tickMs: 5_000,
})
Object.assign(process.env, stack.env)
const table = process.env['LAMPLIGHTER_TABLE'] ?? ''
const client = createClient({ runner })
const acknowledged: string[] = []
const memoryBytes: number[] = []
let kills = 0

async function load(until: number): Promise<void> {
  for (let second = 0; Date.now() < until; second += 1) {
    const requests = Array.from({ length: rate ?? 0 }, (_, n) => {
      const job = jobs[(second + n) % jobs.length] ?? jobs[0]
      return client.job(job, { number: n }, n % 10 === 0 ? { delay: '3s' } : {})
    })
    const outcomes = await client.enqueueMany(requests)
    for (const outcome of outcomes) if (outcome.kind === 'enqueued') acknowledged.push(outcome.id)
    memoryBytes.push(residentBytes())
    await delay(1_000)
  }
}

/** Of the stack and all its processes; Linux only, elsewhere of this process. */
function residentBytes(): number {
  const pids = [process.pid, ...stack.pids()]
  const pages = pids.map(pid => {
    try {
      return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4_096
    } catch {
      return 0
    }
  })
  return Math.max(
    process.memoryUsage.rss(),
    pages.reduce((sum, bytes) => sum + bytes, 0),
  )
}

async function killNowAndThen(until: number): Promise<void> {
  while (Date.now() < until) {
    await delay((killEverySeconds ?? 15) * 1_000)
    const alive = new Set(stack.pids())
    const busy = readJournal(log).busyPids.filter(pid => alive.has(pid))
    const victim = busy[Math.floor(Math.random() * busy.length)]
    if (victim === undefined) continue
    process.kill(victim, 'SIGKILL')
    kills += 1
  }
}

const until = Date.now() + minutes * 60_000
await Promise.all([load(until), killNowAndThen(until)])
console.log(`${acknowledged.length} jobs acknowledged, ${kills} workers killed; draining`)
const drainUntil = Date.now() + drainLimitMs
while ((await liveRows(table)) > 0 && Date.now() < drainUntil) await delay(2_000)

const journal = readJournal(log)
const findings = await audit(table, acknowledged, journal)
const { states, crashes, snoozes } = await summary(table)
const effects = [...journal.effects.values()]
const mean = (part: readonly number[]) => part.reduce((sum, bytes) => sum + bytes, 0) / Math.max(1, part.length)
const quarter = Math.floor(memoryBytes.length / 4)
const growth = mean(memoryBytes.slice(-quarter)) / mean(memoryBytes.slice(quarter, 2 * quarter))
console.log(
  `states: ${states}; ${crashes} crashes counted, ${snoozes} runs given back; ${effects.length} jobs had an effect, ${effects.filter(count => count > 1).length} more than one`,
)
console.log(
  `memory, last quarter to second: ${growth.toFixed(2)} (${Math.round(mean(memoryBytes.slice(-quarter)) / 2 ** 20)} MB)`,
)
for (const { what, count } of findings) console.log(`${count === 0 ? 'ok   ' : 'WRONG'} ${count} ${what}`)
await stack.stop()
rmSync(folder, { recursive: true, force: true })
const lost = findings.reduce((sum, { count }) => sum + count, 0)
const isFlat = growth < 1.5
console.log(`${kills} kills, ${lost} findings, memory ${isFlat ? 'flat' : 'GROWING'}`)
process.exit(lost === 0 && isFlat ? 0 : 1)
