/** Worlds of jobs with a limit: in the midst of crashes, and in calm without any sweeper. */
import { Chance } from './chance.ts'
import type { FaultRates } from './faults.ts'
import type { ActPlan, Behaviour, JobPlan, Plan, TypePlan } from './plan.ts'

const minute = 60_000

const typeWith = (plan: Plan, chance: Chance, more: Partial<TypePlan>): TypePlan => ({
  type: 't0',
  queue: plan.queues[0] ?? 'default',
  timeoutMs: chance.pick([5_000, 30_000, 60_000]),
  maxAttempts: 6,
  maxSnoozes: 3,
  backoff: { kind: 'fixed', delayMs: 5_000 },
  history: false,
  keepMs: 7 * 86_400_000,
  limit: { concurrency: chance.int(1, 3), keys: chance.int(1, 2) },
  ...more,
})

function behaviourOf(chance: Chance, timeoutMs: number): Behaviour {
  const workMs = chance.isTrue(0.1) ? chance.int(timeoutMs, timeoutMs * 2) : chance.int(50, 4_000)
  switch (chance.int(0, 9)) {
    case 0:
    case 1:
      return { kind: 'fail', workMs }
    case 2:
      return { kind: 'snooze', workMs, delayMs: chance.spread(500, 10 * minute) }
    case 3:
    case 4:
      return { kind: 'beat', beats: chance.int(2, 4), everyMs: Math.round(timeoutMs * 0.7) }
    case 5:
      return { kind: 'honour' }
    default:
      return { kind: 'succeed', workMs }
  }
}

const actsOn = (chance: Chance, count: number, chaosMs: number): readonly ActPlan[] =>
  Array.from({ length: count }, () => ({
    atMs: chance.int(1_000, chaosMs),
    act: chance.pick(['cancel', 'cancel', 'runNow', 'reschedule', 'requeue', 'delete', 'edit'] as const),
    which: chance.int(0, 1_000),
    delayMs: chance.pick([0, 30_000, 20 * minute]),
  }))

/** Whatever can befall processes, answers, messages and ticks. */
export const roughRates = {
  killed: 0.15,
  frozen: 0.1,
  storeSlow: 0.05,
  storeThrottled: 0.05,
  storeExecutedThenFailed: 0.05,
  storeExecutedThenRefused: 0.05,
  storeExecutedLate: 0.05,
  storeReadFailed: 0.04,
  sendLost: 0.1,
  sendDoubled: 0.2,
  redelivered: 0.15,
  tickLost: 0.15,
  tickDoubled: 0.15,
  indexStale: 0.2,
} as const satisfies FaultRates

/** Processes die and stand still, answers and messages are lost, doubled and late, ticks are missed, jobs are cancelled. */
export function gates(plan: Plan): Plan {
  const chance = new Chance(plan.seed, 'gates')
  const type = typeWith(plan, chance, {})
  const jobs = Array.from({ length: chance.int(3, 12) }, (_, n): JobPlan => {
    const script = Array.from({ length: 4 }, () => behaviourOf(chance, type.timeoutMs))
    return { n, type: 't0', script, priority: chance.int(-3, 3) }
  })
  const enqueues = jobs.map(({ n }) => ({
    atMs: chance.int(1_000, minute),
    requests: [{ n, delayMs: chance.pick([0, 0, 0, 20_000]) }],
  }))
  const acts = chance.isTrue(0.5) ? actsOn(chance, chance.int(1, 5), plan.chaosMs) : []
  const rest = { concurrency: chance.pick([3, 20]), maxReceiveCount: 1_000, batchSize: chance.pick([1, 3, 10]) }
  return {
    ...plan,
    ...rest,
    profile: 'directed',
    rates: roughRates,
    types: [type],
    jobs,
    enqueues,
    acts,
    losesAllAtQuiet: false,
  }
}

/**
 * The same with a few unique keys that many ask for. Requests of one key differ in their gates: what takes a job's place,
 * or follows it, waits for a place elsewhere.
 */
export function uniqueGates(plan: Plan): Plan {
  const world = gates(plan)
  const chance = new Chance(plan.seed, 'uniqueGates')
  const enqueues = Array.from({ length: 4 }, () => world.jobs.map(({ n }) => n)).flatMap(ns =>
    ns.map(n => {
      const onConflict = chance.pick(['return', 'refuse', 'replace', 'again', 'again'] as const)
      const until = chance.pick(['done', 'started'] as const)
      // A key belongs to one tenant.
      const unique = { key: `key ${n % 3}`, until, onConflict }
      const delayMs = chance.pick([0, 0, 0, 5_000, 30_000])
      return { atMs: chance.int(1_000, 4 * minute), requests: [{ n, delayMs, unique }] }
    }),
  )
  return { ...world, enqueues }
}

/** Nothing goes wrong, and nobody steps in: whoever frees a place hands it on himself. */
export function gatesAlone(plan: Plan): Plan {
  const chance = new Chance(plan.seed, 'gatesAlone')
  const type = typeWith(plan, chance, { timeoutMs: 60_000 })
  const jobs = Array.from({ length: 40 }, (_, n): JobPlan => {
    const fails = (): Behaviour => ({ kind: chance.isTrue(0.2) ? 'fail' : 'succeed', workMs: chance.int(50, 4_000) })
    return { n, type: 't0', script: [fails(), fails(), { kind: 'succeed', workMs: 20 }], priority: chance.int(-3, 3) }
  })
  const enqueues = jobs.map(({ n }) => ({ atMs: chance.int(1_000, 4_000), requests: [{ n, delayMs: 0 }] }))
  const rest = { rates: {}, skewMs: 0, concurrency: 20, maxReceiveCount: 1_000, batchSize: chance.pick([1, 3, 10]) }
  const calm = { chaosMs: 10 * minute, hasNoSweeper: true, losesAllAtQuiet: false }
  return { ...plan, ...rest, ...calm, profile: 'directed', types: [type], jobs, enqueues, acts: [] }
}

/** Two jobs of each key: the second arrives as the first ends. Nobody comes after it who could hand the place on. */
export function photoFinish(plan: Plan): Plan {
  const chance = new Chance(plan.seed, 'photoFinish')
  const keys = 20
  const type = typeWith(plan, chance, { timeoutMs: 30_000, limit: { concurrency: 1, keys } })
  const workMs = 500
  const jobs = Array.from({ length: 2 * keys }, (_, n): JobPlan => {
    return { n, type: 't0', script: [{ kind: 'succeed', workMs: n < keys ? workMs : 5 }], priority: 0 }
  })
  const enqueues = jobs.map(({ n }) => ({
    atMs: n < keys ? 1_000 : 1_000 + workMs + chance.int(-60, 60),
    requests: [{ n, delayMs: 0 }],
  }))
  const rest = { rates: {}, skewMs: 0, concurrency: 50, maxReceiveCount: 1_000, batchSize: 1, acts: [] }
  const calm = { chaosMs: 10 * minute, hasNoSweeper: true, losesAllAtQuiet: false }
  return { ...plan, ...rest, ...calm, profile: 'directed', types: [type], jobs, enqueues }
}

/** Two types of one queue without limits of their own; people limit the whole queue, and change their minds. */
export function queueGates(plan: Plan): Plan {
  const world = gates(plan)
  const chance = new Chance(plan.seed, 'queueGates')
  const [first] = world.types
  if (first === undefined) return world
  const { limit: _, ...type } = first
  const types = [type, { ...type, type: 't1' }]
  const jobs = Array.from({ length: chance.int(6, 16) }, (_unused, n): JobPlan => {
    const { script = [], priority = 0 } = world.jobs[n % world.jobs.length] ?? {}
    return { n, type: `t${n % 2}`, script, priority }
  })
  const enqueues = jobs.map(({ n }) => ({
    atMs: chance.int(1_000, 3 * minute),
    requests: [{ n, delayMs: chance.pick([0, 0, 0, 20_000, 3 * minute]) }],
  }))
  return { ...world, types, jobs, enqueues, ...limitsBy(chance, type.queue, plan.chaosMs) }
}

/** People who limit a queue, and change their minds. */
export const limitsBy = (chance: Chance, queue: string, chaosMs: number): Pick<Plan, 'limits' | 'queueLimit'> => ({
  ...(chance.isTrue(0.4) ? { queueLimit: chance.int(1, 3) } : {}),
  limits: Array.from({ length: chance.int(1, 7) }, () => ({
    queue,
    atMs: chance.isTrue(0.6) ? chance.int(0, 4 * minute) : chance.int(0, chaosMs),
    concurrency: chance.pick([null, 1, 1, 2, 3, 5]),
  })),
})

/** The same in calm, without any sweeper; limits are set and raised, never lowered or taken away. */
export function queueGatesAlone(plan: Plan): Plan {
  const world = gatesAlone(plan)
  const chance = new Chance(plan.seed, 'queueGatesAlone')
  const types = world.types.map(type => {
    const { limit: _, ...free } = type
    return free
  })
  const [queue = 'default'] = types.map(type => type.queue)
  const isPatient = chance.isTrue(0.5)
  const limits = [1, 2, 4, 9].slice(isPatient ? 0 : chance.int(0, 2)).map((concurrency, index) => ({
    queue,
    atMs: index * chance.int(isPatient ? 8_000 : 2_000, 20_000),
    concurrency,
  }))
  // Who holds the only place for minutes hands nothing on meanwhile, and nobody comes back: only a raise can.
  const long: Behaviour = { kind: 'beat', beats: 5, everyMs: 40_000 }
  const jobs = world.jobs.map(
    (job): JobPlan => ({
      ...job,
      script: job.n === 0 ? [long] : isPatient ? [{ kind: 'succeed', workMs: 300 }] : (job.script ?? []),
    }),
  )
  const enqueues = world.enqueues.map(one => (one.requests[0]?.n === 0 ? { ...one, atMs: 500 } : one))
  return { ...world, types, limits, jobs, enqueues }
}
