/** Directed plans about one theme each: neighbours, waits, strangers, releases. */
import { Chance } from './chance.ts'
import type { ActPlan, Behaviour, JobPlan, Plan, TypePlan } from './plan.ts'

const minute = 60_000
const quietly = { profile: 'directed', rates: {}, skewMs: 0, concurrency: 20, maxReceiveCount: 1_000 } as const

const typeFrom = (plan: Plan, more: Partial<TypePlan>): TypePlan => ({
  type: 't0',
  queue: plan.queues[0] ?? 'default',
  timeoutMs: 5_000,
  maxAttempts: 5,
  maxSnoozes: 3,
  backoff: { kind: 'fixed', delayMs: 30_000 },
  history: false,
  keepMs: 7 * 86_400_000,
  ...more,
})

const jobsOf = (scripts: readonly (readonly Behaviour[])[]): readonly JobPlan[] =>
  scripts.map((script, n) => ({ n, type: 't0', script, priority: 0 }))

/** One job that takes its process down, among nine that do not. */
export function poison(plan: Plan): Plan {
  const chance = new Chance(plan.seed, 'poison')
  const deadly: Behaviour = chance.isTrue(0.7)
    ? { kind: 'exit', workMs: chance.int(1, 300) }
    : { kind: 'block', workMs: chance.int(14_000, 40_000) }
  const slow: Behaviour = { kind: 'succeed', workMs: chance.int(1_000, 3_000) }
  const jobs = jobsOf([[deadly], ...Array.from({ length: chance.int(2, 9) }, () => [slow])])
  const requests = jobs.map(({ n }) => ({ n, delayMs: 0 }))
  const maxAttempts = chance.int(3, 5)
  const types = [typeFrom(plan, { maxAttempts })]
  return { ...plan, ...quietly, batchSize: 10, types, jobs, enqueues: [{ atMs: 1_000, requests }], acts: [] }
}

/** Many jobs that wait for minutes, and others that are due at once, in front of a small quota of messages in flight. */
export function waiters(plan: Plan): Plan {
  const chance = new Chance(plan.seed, 'waiters')
  const waits = (): Behaviour => ({
    kind: chance.pick(['snooze', 'retryAfter'] as const),
    workMs: 5,
    delayMs: chance.int(4 * minute, 14 * minute),
  })
  const good: Behaviour = { kind: 'succeed', workMs: 20 }
  const waiting = Array.from({ length: 90 }, () => [waits(), waits(), good])
  const jobs = jobsOf([...waiting, ...Array.from({ length: 40 }, () => [good])])
  const enqueues = jobs.map(({ n }) => ({
    atMs: n < waiting.length ? 1_000 + n * 40 : 20_000 + (n - waiting.length) * 10_000,
    requests: [{ n, delayMs: 0 }],
  }))
  const backoff = { kind: 'fixed', delayMs: 5 * minute } as const
  const types = [typeFrom(plan, { backoff })]
  const calm = { ...quietly, profile: 'calm', batchSize: 10, inFlightQuota: 60 }
  return { ...plan, ...calm, types, jobs, enqueues, acts: [], losesAllAtQuiet: false }
}

/** Heartbeats that cross with the reads of the cancel watch, in front of a slow store. */
export function crossingBeats(plan: Plan): Plan {
  const chance = new Chance(plan.seed, 'beats')
  const beat = (): Behaviour => ({ kind: 'beat', beats: 4, everyMs: chance.int(9_000, 10_400) })
  const jobs = jobsOf(Array.from({ length: 8 }, () => [beat(), beat()]))
  const enqueues = jobs.map(({ n }) => ({ atMs: 1_000 + n * 5_000, requests: [{ n, delayMs: 0 }] }))
  const types = [typeFrom(plan, { timeoutMs: chance.int(14_000, 30_000) })]
  return { ...plan, ...quietly, rates: { storeSlow: 0.4 }, types, jobs, enqueues, acts: [] }
}

/**
 * A bank: every job moves money in the transaction that ends it. Processes die at every await, answers are lost,
 * transactions come late, and some handlers are deaf to their signal.
 */
export function bank(plan: Plan): Plan {
  const chance = new Chance(plan.seed, 'bank')
  const timeoutMs = chance.pick([1_000, 5_000, 30_000, 60_000])
  const transfer = (): Behaviour => {
    const isDeaf = chance.isTrue(0.25)
    return { kind: 'commit', isDeaf, workMs: isDeaf ? chance.spread(1, timeoutMs * 4) : chance.int(1, timeoutMs) }
  }
  const jobs = jobsOf(Array.from({ length: chance.int(3, 12) }, () => [transfer(), transfer(), transfer()]))
  const enqueues = jobs.map(({ n }) => ({ atMs: 1_000 + n * chance.int(1, 8_000), requests: [{ n, delayMs: 0 }] }))
  const types = [
    typeFrom(plan, { timeoutMs, maxAttempts: chance.int(3, 12), backoff: { kind: 'fixed', delayMs: 2_000 } }),
  ]
  const acts = plan.acts.filter(({ act }) => ['cancel', 'requeue', 'delete', 'edit'].includes(act))
  const rates = {
    killed: 0.3,
    frozen: 0.15,
    storeSlow: 0.15,
    storeThrottled: 0.1,
    storeExecutedThenFailed: 0.12,
    storeExecutedThenRefused: 0.08,
    storeExecutedLate: 0.2,
    storeAnswerLost: 0.04,
    sendDoubled: 0.2,
    redelivered: 0.2,
    sandboxKept: 0.5,
  }
  return { ...plan, profile: 'directed', rates, maxReceiveCount: 1_000, types, jobs, enqueues, acts }
}

/** Handlers that stop when they are told to, and return as if they had done their work. */
export const obedient = (plan: Plan): Plan => ({
  ...plan,
  ...quietly,
  jobs: plan.jobs.map(job => ({ ...job, script: [{ kind: 'obey' }] })),
  acts: [],
})

const strangeActs = [
  'foreignBare',
  'foreignTypo',
  'foreignCounted',
  'foreignLate',
  'foreignStray',
  'editEnded',
  'editTime',
  'loseRow',
] as const

const dense = (plan: Plan, acts: readonly ActPlan['act'][]): readonly ActPlan[] => {
  const chance = new Chance(plan.seed, 'dense')
  return Array.from({ length: 24 }, (_, index) => ({
    atMs: 20_000 + Math.round((index * plan.chaosMs) / 26),
    act: acts[index % acts.length] ?? 'edit',
    which: chance.int(0, 1_000),
    delayMs: chance.pick([0, 30_000, 20 * minute]),
  }))
}

/** Nobody but foreign writers and people in the console, whose jobs fail and snooze. */
export const strangers = (plan: Plan): Plan => ({
  ...plan,
  ...quietly,
  types: plan.types.map((type, index) => ({ ...type, queue: index === 0 ? 'other' : type.queue })),
  jobs: plan.jobs.map(job => ({
    ...job,
    script: [...job.script.slice(0, 2), { kind: 'snooze', workMs: 3, delayMs: 2_000 }, { kind: 'fail', workMs: 3 }],
  })),
  acts: dense(plan, strangeActs),
  hasOwnHandlers: plan.seed % 2 === 0,
  reconcileMs: 10 * minute,
})

/** A later release that works next to this one. */
export const nextDoor = (plan: Plan): Plan => ({
  ...plan,
  ...quietly,
  acts: dense(plan, ['later', 'later', 'editLater']),
  reconcileMs: 10 * minute,
})

/** A queue goes in the middle, with jobs in it that are due after that. */
export const moving = (plan: Plan): Plan => ({
  ...plan,
  ...quietly,
  types: plan.types.map(type => ({ ...type, queue: 'other' })),
  enqueues: plan.enqueues.map(one => ({
    ...one,
    requests: one.requests.map(request => ({ ...request, delayMs: plan.chaosMs / 2 + request.delayMs })),
  })),
  acts: [],
  move: { from: 'other', to: plan.seed % 2 === 0 ? 'default' : 'renamed' },
  hasOwnHandlers: true,
})

/** More jobs than their workers can start in time; messages are lost, and some jobs fail first. */
export function late(plan: Plan): Plan {
  const chance = new Chance(plan.seed, 'late')
  const jobs = Array.from({ length: 24 }, (_, n): JobPlan => {
    const work = (): Behaviour => ({ kind: chance.isTrue(0.2) ? 'fail' : 'succeed', workMs: chance.int(500, 20_000) })
    const startByMs = chance.int(1_000, 4 * minute)
    return { n, type: 't0', script: [work(), work()], priority: 0, ...(chance.isTrue(0.8) ? { startByMs } : {}) }
  })
  const enqueues = jobs.map(({ n }) => ({
    atMs: chance.int(1_000, minute),
    requests: [{ n, delayMs: chance.pick([0, 0, 20_000, 16 * minute]) }],
  }))
  const types = [typeFrom(plan, { timeoutMs: 30_000 })]
  const rates = { sendLost: 0.3, killed: 0.1, indexStale: 0.3 }
  const skewMs = plan.skewMs
  return { ...plan, ...quietly, skewMs, rates, concurrency: 1, batchSize: 2, types, jobs, enqueues, acts: [] }
}

/** A few unique keys that many producers ask for, by every rule, while their jobs wait, run, fail and end. */
export function uniques(plan: Plan): Plan {
  const chance = new Chance(plan.seed, 'uniques')
  const work = (): Behaviour => ({
    kind: chance.isTrue(0.25) ? chance.pick(['fail', 'failForGood'] as const) : 'succeed',
    workMs: chance.int(50, 12_000),
  })
  const jobs = jobsOf(Array.from({ length: 40 }, () => [work(), work(), work()]))
  const enqueues = jobs.map(({ n }) => {
    const onConflict = chance.pick(['return', 'refuse', 'replace', 'again'] as const)
    const until = chance.pick(['done', 'started'] as const)
    const maxWait = onConflict === 'replace' && chance.isTrue(0.5) ? ({ maxWait: '1m' } as const) : {}
    // A key belongs to one tenant.
    const unique = { key: `key ${n % 3}`, until, onConflict, ...maxWait }
    const delayMs = chance.pick([0, 0, 0, 5_000, 30_000, 14 * minute, 20 * minute])
    return { atMs: chance.int(1_000, 10 * minute), requests: [{ n, delayMs, unique }] }
  })
  const acts = Array.from({ length: 6 }, () => ({
    atMs: chance.int(1_000, 10 * minute),
    act: chance.pick(['cancel', 'requeue', 'reschedule', 'runNow'] as const),
    which: chance.int(0, 1_000),
    delayMs: chance.pick([0, 20_000]),
  }))
  const types = [typeFrom(plan, { timeoutMs: 15_000, maxAttempts: 3 })]
  return {
    ...plan,
    ...quietly,
    rates: plan.rates,
    skewMs: plan.skewMs,
    chaosMs: 12 * minute,
    types,
    jobs,
    enqueues,
    acts,
  }
}

/** A queue that is paused while jobs come in, and goes on again; messages are lost and doubled meanwhile. */
export function halted(plan: Plan): Plan {
  const chance = new Chance(plan.seed, 'halted')
  const jobs = jobsOf(Array.from({ length: 30 }, () => [{ kind: 'succeed', workMs: chance.int(10, 3_000) }]))
  const enqueues = jobs.map(({ n }) => ({ atMs: chance.int(1_000, 8 * minute), requests: [{ n, delayMs: 0 }] }))
  const types = [typeFrom(plan, {})]
  const pauses = [{ queue: types[0]?.queue ?? 'default', atMs: minute, forMs: chance.int(2, 6) * minute }]
  const rates = { sendLost: 0.1, sendDoubled: 0.2, killed: 0.05 }
  const rest = { rates, chaosMs: 12 * minute, batchSize: 5, types, jobs, enqueues, pauses, acts: [] }
  return { ...plan, ...quietly, ...rest, losesAllAtQuiet: false }
}

/**
 * Jobs that fail for good, and others that follow them, which fail as well, down to the third. Workers die, messages are
 * lost, transactions come late; operators retry, cancel and edit what has failed.
 */
export function failures(plan: Plan): Plan {
  const chance = new Chance(plan.seed, 'failures')
  const work = (): Behaviour => {
    const kind = chance.pick(['fail', 'fail', 'failForGood', 'honour', 'ignore', 'exit', 'succeed'] as const)
    return kind === 'honour' ? { kind } : { kind, workMs: kind === 'ignore' ? 20_000 : chance.int(5, 4_000) }
  }
  const jobs = jobsOf(Array.from({ length: 20 }, () => [work(), work()]))
  const enqueues = jobs.map(({ n }) => {
    const delayMs = chance.pick([0, 0, 5_000, 16 * minute])
    const unique = { key: `key ${n % 3}`, onConflict: 'again' } as const
    return { atMs: chance.int(1_000, 8 * minute), requests: [{ n, delayMs, ...(n % 4 === 0 ? { unique } : {}) }] }
  })
  const acts = Array.from({ length: 14 }, () => ({
    atMs: chance.int(1_000, 18 * minute),
    act: chance.pick(['requeue', 'requeue', 'cancel', 'edit', 'edit', 'runNow'] as const),
    which: chance.int(0, 1_000),
    delayMs: 0,
  }))
  const maxAttempts = chance.int(1, 2)
  const types = ['t0', 't1', 't2'].map((type, index, all) => {
    const next = all[index + 1]
    const queue = plan.queues[index % plan.queues.length] ?? 'default'
    return typeFrom(plan, { type, queue, maxAttempts, ...(next === undefined ? {} : { onFailed: next }) })
  })
  const rates = { ...plan.rates, killed: 0.1, sendLost: 0.1, storeExecutedLate: 0.05, storeExecutedThenFailed: 0.1 }
  // After one receive the message is a dead letter, and the sweeper ends what its worker left.
  const maxReceiveCount = chance.pick([1, 1_000])
  const world = { rates, skewMs: plan.skewMs, batchSize: 3, chaosMs: 20 * minute, maxReceiveCount }
  return { ...plan, ...quietly, ...world, types, jobs, enqueues, acts }
}

/**
 * Jobs whose failure for good comes so late that another run holds them. Only the owner in its guard keeps it from ending that
 * run's job: a run that has lost its lease writes nothing more by itself, and most repeats find what the first try has written.
 */
export function lateFailures(plan: Plan): Plan {
  const jobs = jobsOf(
    Array.from({ length: 12 }, () => [
      { kind: 'failForGood', workMs: 4_000 },
      { kind: 'beat', beats: 4, everyMs: 4_000 },
    ]),
  )
  const enqueues = jobs.map(({ n }) => ({ atMs: 1_000 + n * 20_000, requests: [{ n, delayMs: 0 }] }))
  const types = [typeFrom(plan, { onFailed: 't1' }), typeFrom(plan, { type: 't1' })]
  const rates = { transactionLate: 0.9 }
  return { ...plan, ...quietly, rates, batchSize: 1, chaosMs: 10 * minute, types, jobs, enqueues, acts: [] }
}
