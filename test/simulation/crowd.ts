/** Worlds of many jobs: pages beyond the first, ticks that are cut short, one queue that is far behind the others. */
import { Chance } from './chance.ts'
import type { EnqueuePlan, JobPlan, Plan, TypePlan } from './plan.ts'
import { usual } from './plan.ts'

const minute = 60_000
const queues = ['default', 'mail', 'report'] as const
const lanes = 8
/** As in production, where a page takes some 100 rows a second: one job here stands for some hundred there. */
const ticksToEmpty = 4
/** The backlog falls due here, beyond what SQS can delay: the sweeper alone hands it out. */
const dueAtMs = 18 * minute

export function crowdPlanFor(seed: number): Plan {
  const chance = new Chance(seed, 'crowd')
  const deepQueue = chance.pick(queues)
  const types = queues.map((queue, index) => typeFor(chance, `t${index}`, queue))
  const isBulk = chance.isTrue(0.3)
  const deep = isBulk ? chance.int(200, 400) : chance.int(800, 1_600)
  const many = isBulk ? chance.int(1_200, 1_600) : chance.int(20, 200)
  const few = chance.int(20, 60)
  const typeOf = (isDeep: boolean): string =>
    chance.pick(types.filter(one => (one.queue === deepQueue) === isDeep)).type
  const jobs = Array.from({ length: deep + many + few }, (_, n) => jobFor(chance, n, typeOf(n < deep)))
  return {
    seed,
    profile: 'crowd',
    chaosMs: 40 * minute,
    rates: ratesFor(chance),
    skewMs: 0,
    concurrency: 20,
    batchSize: 10,
    shards: [lanes, lanes],
    maxReceiveCount: 1_000,
    types,
    jobs,
    enqueues: [
      // A bulk of jobs that are due far ahead, and one of jobs that are due at once.
      ...inBulks(deep, 0, () => dueAtMs),
      { atMs: minute, requests: requestsFrom(deep, many, () => 0) },
      ...overdueAmong(chance, few, deep + many),
    ],
    acts: [],
    losesAllAtQuiet: false,
    ...usual,
    queues,
    deepQueue,
    pace: {
      pageRows: 2,
      clientRowMs: 10,
      sweeperRowMs: isBulk ? 10 : Math.round((ticksToEmpty * 55_000 * lanes) / deep),
    },
  }
}

const typeFor = (chance: Chance, type: string, queue: string): TypePlan => ({
  type,
  queue,
  timeoutMs: chance.pick([5_000, 60_000]),
  maxAttempts: 3,
  maxSnoozes: 3,
  backoff: { kind: 'fixed', delayMs: 20 * minute },
  history: false,
  keepMs: 7 * 86_400_000,
})

function jobFor(chance: Chance, n: number, type: string): JobPlan {
  const work = { kind: 'succeed', workMs: chance.int(1, 400) } as const
  const first = chance.isTrue(0.02) ? ({ kind: 'fail', workMs: 5 } as const) : work
  return { n, type, script: [first, work], priority: 0 }
}

/** Throttled writes, messages that get lost or come twice: what a busy day has. */
const ratesFor = (chance: Chance): Plan['rates'] => ({
  storeThrottled: chance.pick([0, 0.02, 0.2]),
  sendLost: chance.pick([0, 0.02]),
  sendDoubled: chance.pick([0, 0.02]),
})

const bulkSize = 500

const requestsFrom = (first: number, count: number, delayMs: () => number) =>
  Array.from({ length: count }, (_, index) => ({ n: first + index, delayMs: delayMs() }))

const inBulks = (count: number, atMs: number, delayMs: () => number): readonly EnqueuePlan[] =>
  Array.from({ length: Math.ceil(count / bulkSize) }, (_, bulk) => ({
    atMs: atMs + bulk,
    requests: requestsFrom(bulk * bulkSize, Math.min(bulkSize, count - bulk * bulkSize), delayMs),
  }))

/** Jobs of the other queues that fall due, one by one, while the backlog is handed out. */
const overdueAmong = (chance: Chance, count: number, first: number): readonly EnqueuePlan[] =>
  Array.from({ length: count }, (_, index) => ({
    atMs: 2 * minute,
    requests: [{ n: first + index, delayMs: dueAtMs - 2 * minute + chance.int(0, 4 * minute) }],
  }))
