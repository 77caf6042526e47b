/** Directed plans about schedules. */
import type { ScheduleOptions } from '../../lib/core/schedule/definition.ts'
import { Chance } from './chance.ts'
import type { Plan, TypePlan } from './plan.ts'
import type { SchedulePlan, SchedulesPlan } from './schedules.ts'
import { startAt } from './sim.ts'

const minute = 60_000
const hour = 60 * minute

const typeOf = (type: string, timeoutMs: number): TypePlan => ({
  type,
  queue: 'default',
  timeoutMs,
  maxAttempts: 5,
  maxSnoozes: 1_000,
  backoff: { kind: 'fixed', delayMs: 5_000 },
  history: false,
  keepMs: 7 * 86_400_000,
})

interface Window {
  readonly fromMs: number
  readonly untilMs: number
}

const within = ({ fromMs, untilMs }: Window): Pick<ScheduleOptions, 'startAt' | 'endAt'> => ({
  startAt: new Date(startAt + fromMs),
  endAt: new Date(startAt + untilMs),
})

const every = (
  name: string,
  n: number,
  everyMs: number,
  window: Window,
  more: Partial<ScheduleOptions> = {},
): SchedulePlan => ({
  name,
  type: n === 1 ? 'long' : 'quick',
  n,
  everyMs,
  ...window,
  options: { every: `${everyMs}ms`, anchor: new Date(startAt), ...within(window), ...more },
})

/** Even minutes in any zone of whole hours; by cron, so that the zones' rules place it. */
const zoned = (
  name: string,
  everyMs: number,
  cron: string,
  window: Window,
  more: Partial<ScheduleOptions> = {},
): SchedulePlan => ({
  name,
  type: 'quick',
  n: 0,
  everyMs,
  ...(everyMs > hour ? { phaseMs: hour } : {}),
  ...window,
  options: { cron, timezone: 'Europe/Berlin', ...within(window), ...more },
})

function schedulesFor(chance: Chance, untilMs: number, hoursUntilMs: number): SchedulesPlan['releases'] {
  const all = { fromMs: 3 * minute, untilMs }
  const often = { fromMs: 4 * minute, untilMs: 12 * minute }
  const misfire = chance.pick(['skip', 'latest', { all: chance.int(2, 40) }, { all: 100, within: '1h' }] as const)
  const overlap = chance.pick(['skip', 'queueOne', 'cancelPrevious'] as const)
  const jitter = chance.pick(['0s', '30s'] as const)
  const slow = every('slow', 1, minute, { ...all, untilMs: Math.min(untilMs, 40 * minute) }, { overlap, misfire })
  const hours = zoned('hours', 2 * hour, '0 */2 * * *', { ...all, untilMs: hoursUntilMs })
  const even = zoned('even', 2 * minute, '*/2 * * * *', all, { jitter, misfire })
  return [
    [every('often', 0, 10_000, often), even, slow, hours],
    [every('often', 2, 15_000, often), { ...even, n: 2 }, slow, hours, every('new', 0, minute, often)],
  ]
}

function scheduled(
  plan: Plan,
  chaosMs: number,
  schedules: Omit<SchedulesPlan, 'releases'>,
  rates: Plan['rates'] = {},
): Plan {
  const chance = new Chance(plan.seed, 'schedules')
  const releases = schedulesFor(chance, chaosMs + 5 * minute, schedules.zonesMs === undefined ? chaosMs : 305 * minute)
  return {
    ...plan,
    profile: 'directed',
    chaosMs,
    rates,
    skewMs: 0,
    concurrency: 20,
    batchSize: 10,
    shards: [1, 1],
    maxReceiveCount: 1_000,
    types: [typeOf('quick', 5_000), typeOf('long', 10 * minute)],
    jobs: [
      { n: 0, type: 'quick', script: [{ kind: 'succeed', workMs: 20 }], priority: 0 },
      { n: 1, type: 'long', script: [{ kind: 'succeed', workMs: chance.int(100_000, 170_000) }], priority: 0 },
      { n: 2, type: 'quick', script: [{ kind: 'succeed', workMs: 30 }], priority: 0 },
    ],
    enqueues: [],
    acts: [],
    losesAllAtQuiet: false,
    schedules: { ...schedules, releases },
  }
}

/** Nothing is down. */
export const punctual = (plan: Plan): Plan => scheduled(plan, 30 * minute, { deploys: [], isPunctual: true })

/** Three hours without a tick, and new rules of the zones after that. */
export const outage = (plan: Plan): Plan =>
  scheduled(plan, 4 * hour, {
    deploys: [],
    outage: { fromMs: 10 * minute + (plan.seed % 60) * 1_000, toMs: 190 * minute },
    zonesMs: 200 * minute,
  })

/** Deploys and roll-backs in a row, over ticks that are lost, doubled, slow, and die. */
export function redeployed(plan: Plan): Plan {
  const chance = new Chance(plan.seed, 'deploys')
  const deploys = Array.from({ length: 8 }, (_, index) => ({
    atMs: 4 * minute + index * 100_000 + chance.int(0, 90_000),
    release: index % 2 === 0 ? (1 as const) : (0 as const),
  }))
  const strength = chance.pick([0.3, 1])
  const faults = { tickLost: 0.1, tickDoubled: 0.5, killed: 0.15, frozen: 0.1, storeSlow: 0.2, indexStale: 0.2 }
  const store = { storeThrottled: 0.05, storeExecutedThenFailed: 0.05, storeReadFailed: 0.03, sendFailed: 0.05 }
  const rates = Object.fromEntries(
    Object.entries({ ...faults, ...store }).map(([name, rate]) => [name, rate * strength]),
  )
  return scheduled(plan, 20 * minute, { deploys }, rates)
}
