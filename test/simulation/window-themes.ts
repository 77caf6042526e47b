/** Worlds of queues with a window: in the midst of crashes, and in calm without any sweeper. */
import { Chance } from './chance.ts'
import { gates, limitsBy, roughRates } from './gate-themes.ts'
import type { ActPlan, Behaviour, EnqueuePlan, JobPlan, Plan, TypePlan } from './plan.ts'

const minute = 60_000
/** SQS counts its messages by estimate. */
const miscounted = { countFailed: 0.1, countStale: 0.2 } as const

/**
 * Processes die and stand still, answers and messages are lost, doubled and late, counts of messages are wrong, ticks are
 * missed, jobs are cancelled, moved and deleted while they wait. In half of the worlds the jobs have limits as well.
 */
export function windows(plan: Plan): Plan {
  const world = gates(plan)
  const chance = new Chance(plan.seed, 'windows')
  const types = world.types.map(({ limit, ...type }) =>
    limit === undefined || chance.isTrue(0.5) ? type : { ...type, limit },
  )
  const jobs = Array.from({ length: chance.int(10, 24) }, (_, n): JobPlan => {
    const sample = world.jobs[n % world.jobs.length]
    return {
      n,
      type: 't0',
      script: sample?.script ?? [],
      priority: chance.int(-3, 3),
      ...(chance.isTrue(0.1) ? { startByMs: chance.int(minute, 20 * minute) } : {}),
    }
  })
  const enqueues: EnqueuePlan[] = []
  for (let n = 0; n < jobs.length; ) {
    const size = chance.pick([1, 1, 4, 12])
    const requests = jobs.slice(n, n + size).map(one => ({
      n: one.n,
      delayMs: chance.isTrue(0.1) ? 20_000 : 0,
      ...(chance.isTrue(0.2) ? { key: `key ${one.n}` } : {}),
    }))
    const call = { atMs: chance.int(1_000, minute), requests }
    enqueues.push(call, ...(chance.isTrue(0.2) ? [{ ...call, atMs: call.atMs + chance.int(100, minute) }] : []))
    n += size
  }
  const [queue = 'default'] = plan.queues
  const pauses = chance.isTrue(0.3)
    ? [{ queue, atMs: chance.int(1_000, minute), forMs: chance.int(minute, 9 * minute) }]
    : []
  return {
    ...world,
    types,
    jobs,
    enqueues,
    pauses,
    rates: pauses.length === 0 ? { ...roughRates, ...miscounted } : { sendLost: 0.1, tickLost: 0.2, ...miscounted },
    window: chance.int(1, 6),
    concurrency: chance.pick([2, 5]),
  }
}

/** Nothing goes wrong, and nobody steps in: whoever finishes a job hands out the next, the urgent first. */
export function windowsAlone(plan: Plan): Plan {
  const chance = new Chance(plan.seed, 'windowsAlone')
  const world = gates(plan)
  const jobs = Array.from({ length: 60 }, (_, n): JobPlan => {
    const fails = (): Behaviour => ({ kind: chance.isTrue(0.1) ? 'fail' : 'succeed', workMs: chance.int(50, 4_000) })
    return { n, type: 't0', script: [fails(), fails(), { kind: 'succeed', workMs: 20 }], priority: chance.int(-3, 3) }
  })
  const requests = jobs.map(({ n }) => ({ n, delayMs: 0 }))
  const enqueues = [
    { atMs: 1_000, requests: requests.slice(0, 40) },
    { atMs: chance.int(1_000, 20_000), requests: requests.slice(40) },
  ]
  const types = world.types.map(({ limit: _limit, ...type }) => ({ ...type, timeoutMs: 60_000 }))
  const rest = { rates: {}, skewMs: 0, concurrency: 3, maxReceiveCount: 1_000, batchSize: chance.pick([1, 3, 10]) }
  const calm = { chaosMs: 30 * minute, hasNoSweeper: true, losesAllAtQuiet: false, acts: [] }
  return { ...plan, ...rest, ...calm, profile: 'directed', types, jobs, enqueues, window: chance.int(2, 8) }
}

/**
 * Many jobs become due at one instant, retries come back from the table, and operators start ended jobs again: they join the
 * line on their way. In a third of the worlds nothing goes wrong.
 */
export function windowsDue(plan: Plan): Plan {
  const world = windows(plan)
  const chance = new Chance(plan.seed, 'windowsDue')
  const types = world.types.map(
    (type): TypePlan => ({ ...type, backoff: { kind: 'fixed', delayMs: chance.pick([5_000, 17 * minute]) } }),
  )
  const dueMs = chance.int(5 * minute, 20 * minute)
  const enqueues = world.enqueues.map(({ atMs, requests }) => ({
    atMs,
    requests: requests.map(one => ({ ...one, delayMs: chance.isTrue(0.8) ? Math.max(0, dueMs - atMs) : one.delayMs })),
  }))
  const acts = Array.from({ length: chance.int(4, 16) }, (): ActPlan => {
    const act = chance.pick(['requeue', 'requeue', 'requeue', 'reschedule', 'runNow', 'cancel', 'delete'] as const)
    return { atMs: chance.int(dueMs, dueMs + 30 * minute), act, which: chance.int(0, 1_000), delayMs: 0 }
  })
  const chaosMs = Math.max(plan.chaosMs, dueMs + 30 * minute)
  const isCalm = chance.isTrue(0.3)
  return { ...world, types, enqueues, acts, chaosMs, ...(isCalm ? { rates: {}, skewMs: 0 } : {}) }
}

/** The same next to limits of the whole queue, which people set, change and take away. */
function windowsLimited(plan: Plan): Plan {
  const world = windowsDue(plan)
  const chance = new Chance(plan.seed, 'windowsLimited')
  const [queue = 'default'] = world.types.map(type => type.queue)
  // A type with a limit of its own does not pass the gate of its queue.
  const types = world.types.map(({ limit: _limit, ...type }) => type)
  return { ...world, types, ...limitsBy(chance, queue, world.chaosMs) }
}

/**
 * A world of windows: with all that can go wrong, three in ten in calm without a sweeper; jobs that become due; limits next to
 * windows.
 */
export function windowThemeOf(seed: number): (plan: Plan) => Plan {
  if (seed % 10 < 3) return windowsAlone
  return ({ 6: windowsLimited, 7: windowsDue, 8: windowsLimited, 9: windowsDue } as const)[seed % 10] ?? windows
}
