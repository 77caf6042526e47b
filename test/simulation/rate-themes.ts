/** Worlds of jobs with a rate: in the midst of crashes, and in calm, where each start is on time. */
import type { JobRate } from '../../lib/core/definition/contract.ts'
import { Chance } from './chance.ts'
import { gates, queueGates } from './gate-themes.ts'
import type { Behaviour, JobPlan, Plan, TypePlan } from './plan.ts'

const minute = 60_000

const rateOf = (chance: Chance, perMs: number): JobRate => {
  const count = chance.int(1, 4)
  return { count, per: `${perMs * count}ms`, burst: chance.pick([1, 1, 2, 5]) }
}

/** All that can go wrong, and slots from a fifth of a second to half a minute. */
export function ratesInChaos(plan: Plan): Plan {
  const chance = new Chance(plan.seed, 'rates')
  const whole = gates(plan)
  const perMs = chance.pick([1_000, 1_000, 3_000, 10_000, 30_000])
  const places = chance.isTrue(0.4) ? { concurrency: chance.int(1, 4) } : {}
  const limit = { keys: chance.int(1, 2), rate: rateOf(chance, perMs), ...places }
  const jobs = Array.from({ length: 12 }, (_, n): JobPlan => {
    const { script = [], priority = 0 } = whole.jobs[n % whole.jobs.length] ?? {}
    return { n, type: 't0', script, priority }
  })
  const enqueues = jobs.map(({ n }) => ({
    atMs: chance.int(1_000, minute),
    requests: [{ n, delayMs: chance.pick([0, 0, 0, 20_000]) }],
  }))
  return { ...whole, jobs, enqueues, types: whole.types.map(type => ({ ...type, limit })) }
}

/** Nothing goes wrong: each job starts in its slot, and a minute's backlog goes through the line. */
export function ratesCalm(plan: Plan): Plan {
  const chance = new Chance(plan.seed, 'ratesCalm')
  const perMs = chance.pick([1_000, 2_000, 5_000])
  const places = chance.isTrue(0.3) ? { concurrency: chance.int(2, 5) } : {}
  const type: TypePlan = {
    type: 't0',
    queue: plan.queues[0] ?? 'default',
    timeoutMs: 60_000,
    maxAttempts: 6,
    maxSnoozes: 3,
    backoff: { kind: 'fixed', delayMs: 5_000 },
    history: false,
    keepMs: 7 * 86_400_000,
    limit: { keys: chance.int(1, 3), rate: rateOf(chance, perMs), ...places },
  }
  const jobs = Array.from({ length: 60 }, (_, n): JobPlan => {
    const once = (): Behaviour => ({ kind: chance.isTrue(0.1) ? 'fail' : 'succeed', workMs: chance.int(20, 500) })
    return { n, type: 't0', script: [once(), once(), { kind: 'succeed', workMs: 20 }], priority: chance.int(-3, 3) }
  })
  const enqueues = jobs.map(({ n }) => ({ atMs: chance.int(1_000, 10_000), requests: [{ n, delayMs: 0 }] }))
  const rest = {
    rates: {},
    skewMs: 0,
    concurrency: 60,
    maxReceiveCount: 1_000,
    batchSize: chance.pick([1, 10]),
    acts: [],
  }
  const calm = { chaosMs: 15 * minute, losesAllAtQuiet: false, profile: 'calm' }
  return { ...plan, ...rest, ...calm, types: [type], jobs, enqueues }
}

/** Each tick comes twice, in front of a slow store: both book slots for one line, and one has read the gate long before. */
export function ratesBookedTwice(plan: Plan): Plan {
  const world = ratesCalm(plan)
  const rate = { count: 1, per: '2s', burst: 1 } as const
  const types = world.types.map(type => ({ ...type, limit: { keys: 1, rate } }))
  return { ...world, profile: 'directed', rates: { tickDoubled: 1, storeSlow: 0.5 }, types }
}

/** People set jobs that have a slot to a minute ago, as if that made them start: their slots are still their slots. */
export function ratesEdited(plan: Plan): Plan {
  const world = ratesCalm(plan)
  const chance = new Chance(plan.seed, 'ratesEdited')
  const acts = Array.from({ length: 60 }, () => ({
    act: 'editTime' as const,
    atMs: chance.int(8_000, 2 * minute),
    // Spelt as we spell it, but without milliseconds.
    which: 1 + 3 * chance.int(0, 300),
    delayMs: -minute,
  }))
  return { ...world, profile: 'directed', acts }
}

/** A whole queue has a rate, of two types: in code, or set at run time, with places or without, taken away and set again. */
export function queueRates(plan: Plan): Plan {
  const { queueLimit: _, ...world } = queueGates(plan)
  const chance = new Chance(plan.seed, 'queueRates')
  const rate = rateOf(chance, chance.pick([1_000, 3_000, 10_000]))
  const isInCode = chance.isTrue(0.4)
  const [queue = 'default'] = world.types.map(type => type.queue)
  const acts = Array.from({ length: chance.int(0, 4) }, () => ({
    queue,
    atMs: chance.int(minute / 2, 6 * minute),
    concurrency: chance.pick([null, null, 1, 3]),
    ...(chance.isTrue(0.7) ? { rate } : {}),
  }))
  const first = { queue, atMs: chance.int(0, minute), concurrency: null, rate }
  return isInCode ? { ...world, queueRate: rate, limits: acts } : { ...world, limits: [first, ...acts] }
}

/** The same in calm: each job starts in its slot, whichever type it has, and whoever knew of the rate. */
export function queueRatesCalm(plan: Plan): Plan {
  const world = ratesCalm(plan)
  const chance = new Chance(plan.seed, 'queueRatesCalm')
  const types = world.types.flatMap(({ limit: _limit, ...type }) => [type, { ...type, type: 't1' }])
  const jobs = world.jobs.map(job => ({ ...job, type: `t${job.n % 2}` }))
  const rate = rateOf(chance, chance.pick([1_000, 2_000]))
  const [queue = 'default'] = types.map(type => type.queue)
  const limited = chance.isTrue(0.5) ? { queueRate: rate } : { limits: [{ queue, atMs: 0, concurrency: null, rate }] }
  return { ...world, types, jobs, ...limited }
}
