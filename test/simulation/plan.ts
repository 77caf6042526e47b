import type { Backoff } from '../../lib/core/definition/backoff.ts'
import type { JobRate } from '../../lib/core/definition/contract.ts'
import type { UniqueOptions } from '../../lib/core/definition/unique.ts'
import { Chance } from './chance.ts'
import type { FaultRates } from './faults.ts'
import { type Profile, profiles, ratesFor } from './rates.ts'
import type { SchedulesPlan } from './schedules.ts'

/** What a handler does in one attempt; times in milliseconds. */
export type Behaviour =
  | { readonly kind: 'succeed' | 'fail' | 'failForGood'; readonly workMs: number }
  | { readonly kind: 'retryAfter' | 'snooze'; readonly workMs: number; readonly delayMs: number }
  /** Waits for its signal, then throws its reason. */
  | { readonly kind: 'honour' }
  /** Never settles. */
  | { readonly kind: 'never' }
  /** Works on past its deadline, deaf to the signal, and succeeds then. */
  | { readonly kind: 'ignore'; readonly workMs: number }
  /** Keeps the event loop busy. */
  | { readonly kind: 'block'; readonly workMs: number }
  | { readonly kind: 'beat'; readonly beats: number; readonly everyMs: number }
  /** Takes its process down. */
  | { readonly kind: 'exit'; readonly workMs: number }
  /** Returns as soon as its signal aborts, as if it had done its work. */
  | { readonly kind: 'obey' }
  /** Reports and beats all the time, and awaits none of it. */
  | { readonly kind: 'beatUnawaited'; readonly workMs: number; readonly everyMs: number }
  /** Moves money in the transaction that ends the job; one that is deaf does so long after its time. */
  | { readonly kind: 'commit'; readonly workMs: number; readonly isDeaf: boolean }
  /** Steps, a sleep, a signal and compensation (see workflows.ts); a step may fail, and be deaf to the signal. */
  | {
      readonly kind: 'flow'
      readonly workMs: number
      readonly isDeaf: boolean
      readonly sleepMs: number
      /** A signal is sent so long after the sleep. */
      readonly signalInMs?: number
      readonly failsAt?: string
      /** Its first generation goes on as a new one. */
      readonly continues?: boolean
      /** By a commit of the handler's own; or as a new generation, up to the third. */
      readonly ends?: 'commits' | 'goesOn'
      /** In front of this part. */
      readonly snoozesAt?: number
    }
  /** Makes jobs and waits for them (see families.ts). */
  | {
      readonly kind: 'family'
      readonly workMs: number
      readonly isDeaf: boolean
      readonly children: readonly { readonly n: number; readonly delayMs: number }[]
      readonly isBound: boolean
      readonly restMs: number
    }
  /** Leaves a timer behind that reports after the run has ended. */
  | { readonly kind: 'progressAfterEnd'; readonly workMs: number; readonly laterMs: number }

/** What the handler of a workflow does, part after part. */
export type FlowPart =
  /** `share` of the run's time that it takes, instead of what the behaviour says; it may say how long it may take. */
  | { readonly kind: 'step'; readonly name: string; readonly share?: number; readonly isTimed?: boolean }
  | { readonly kind: 'both'; readonly names: readonly [string, string] }
  /** A step that may fail for good, and is made good then. */
  | { readonly kind: 'pay'; readonly name: string }
  /** Writes of the application's own, with a cell. */
  | { readonly kind: 'book'; readonly name: string }
  | { readonly kind: 'version' | 'sleep' | 'wait'; readonly name: string }

export interface FlowRelease {
  /** From the beginning of the world. */
  readonly atMs: number
  /** For so long workers of the release before it may go on. */
  readonly besideMs: number
  readonly parts: readonly FlowPart[]
}

export interface TypePlan {
  readonly type: string
  readonly queue: string
  readonly timeoutMs: number
  readonly maxAttempts: number
  readonly maxSnoozes: number
  readonly backoff: Backoff
  readonly history: boolean
  readonly keepMs: number
  /** So many jobs run at once, or start in a time, under each of so many keys. */
  readonly limit?: { readonly concurrency?: number; readonly keys: number; readonly rate?: JobRate }
  /** The type that follows one of these which failed for good. */
  readonly onFailed?: string
  /** Of workflows: from the first step on. */
  readonly maxDurationMs?: number
  /** The types that its handler makes. */
  readonly enqueues?: readonly string[]
}

export interface JobPlan {
  readonly n: number
  readonly type: string
  readonly script: readonly Behaviour[]
  readonly priority: number
  /** The job must start so long after it is due. */
  readonly startByMs?: number
}

/** One call of `enqueueMany`. */
export interface EnqueuePlan {
  readonly atMs: number
  readonly requests: readonly {
    readonly n: number
    readonly delayMs: number
    readonly key?: string
    readonly unique?: UniqueOptions
  }[]
}

export const acts = [
  'cancel',
  'requeue',
  'requeueLater',
  'reschedule',
  'runNow',
  'delete',
  'edit',
  'foreign',
  'damaged',
  'garbage',
  'purge',
  'expire',
  'signal',
] as const
/** What is added to a plan of chance (see extras.ts). */
export const extraActs = [
  'foreignBare',
  'foreignTypo',
  'foreignCounted',
  'foreignLate',
  'foreignStray',
  'editEnded',
  'editTime',
  'editLater',
  'later',
  'loseRow',
  'resendAll',
] as const
export interface ActPlan {
  readonly atMs: number
  readonly act: (typeof acts)[number] | (typeof extraActs)[number]
  /** Which of the jobs known by then; of those made of job `n`, where it is given. */
  readonly which: number
  readonly n?: number
  readonly delayMs: number
}

/** How the table of a large world keeps its users waiting. */
export interface Pace {
  /** Rows of one page of the index: DynamoDB ends a page early when it is large. */
  readonly pageRows: number
  /** What each statement of a client's batch, and each of a sweeper's, takes. */
  readonly clientRowMs: number
  readonly sweeperRowMs: number
}

/** A queue that somebody pauses. */
export interface PausePlan {
  readonly queue: string
  readonly atMs: number
  readonly forMs: number
}

/** Jobs as a group, and one that follows when all have ended, if any does: asked for until the answer comes. */
export interface BatchPlan extends EnqueuePlan {
  readonly key: string
  readonly follower?: number
}

/** Somebody limits a whole queue; with neither of both he takes its limit away. */
export interface LimitPlan {
  readonly queue: string
  readonly atMs: number
  readonly concurrency: number | null
  /** The one of its world: what is booked by one rate says nothing of another. */
  readonly rate?: JobRate
}

/** Everything about a run that its seed decides beforehand. */
export interface Plan {
  readonly seed: number
  readonly profile: string
  readonly chaosMs: number
  readonly rates: FaultRates
  readonly skewMs: number
  readonly concurrency: number
  readonly batchSize: number
  /** Index partitions before and after a deploy in the middle of the chaos. */
  readonly shards: readonly [number, number]
  readonly maxReceiveCount: number
  readonly types: readonly TypePlan[]
  readonly jobs: readonly JobPlan[]
  readonly enqueues: readonly EnqueuePlan[]
  readonly acts: readonly ActPlan[]
  /** For so long after the beginning the recorder does nothing. */
  readonly recorderDownMs?: number
  /** How often the recorder passes over a child that has ended. */
  readonly losesJoins?: number
  /** Every message is lost when the quiet begins. */
  readonly losesAllAtQuiet: boolean
  readonly queues: readonly string[]
  /** The deploy in the middle takes a queue away: its types move to another, which may be new. */
  readonly move?: { readonly from: string; readonly to: string }
  /** Each worker knows the types of its own queue only. */
  readonly hasOwnHandlers: boolean
  /** SQS's quota of messages in flight, in one queue. */
  readonly inFlightQuota: number
  /** A queue whose lanes no tick can empty. */
  readonly deepQueue?: string
  readonly pace?: Pace
  /** How often the reconciler scans the table. */
  readonly reconcileMs: number
  readonly schedules?: SchedulesPlan
  readonly pauses?: readonly PausePlan[]
  /** What the handlers of workflows do, release after release, by time. */
  readonly flows?: readonly FlowRelease[]
  /** What limits each queue, as the code says; and what people make of it. */
  readonly queueLimit?: number
  readonly queueRate?: JobRate
  readonly limits?: readonly LimitPlan[]
  readonly batches?: readonly BatchPlan[]
  /** Messages that each queue is to hold. */
  readonly window?: number
  /** Neither ticks nor scans: whatever happens, nobody steps in. */
  readonly hasNoSweeper?: boolean
}

/** What a plan has unless it says otherwise. */
export const usual = {
  queues: ['default', 'other'],
  hasOwnHandlers: false,
  inFlightQuota: 120_000,
  reconcileMs: 24 * 3_600_000,
} as const satisfies Partial<Plan>

const minute = 60_000

function backoffFor(chance: Chance): Backoff {
  switch (chance.int(0, 5)) {
    case 0:
      return { kind: 'fixed', delayMs: chance.spread(1_000, 40 * minute) }
    case 1:
      return { kind: 'linear', stepMs: chance.spread(1_000, 20 * minute), capMs: 40 * minute }
    case 2:
      return { kind: 'polynomial', capMs: 40 * minute }
    case 3: {
      const delayMs = chance.spread(1_000, 16 * minute)
      return { kind: 'custom', delay: n => delayMs * n }
    }
    default:
      return {
        kind: 'exponential',
        baseMs: chance.spread(1_000, 15_000),
        factor: chance.pick([2, 3, 8]),
        capMs: 40 * minute,
      }
  }
}

function typeFor(chance: Chance, index: number): TypePlan {
  return {
    type: `t${index}`,
    queue: chance.isTrue(0.3) ? 'other' : 'default',
    timeoutMs: chance.pick([1_000, 5_000, 30_000, 60_000, 60_000, 240_000, 600_000]),
    maxAttempts: chance.int(1, 4),
    maxSnoozes: chance.int(0, 3),
    backoff: backoffFor(chance),
    history: chance.isTrue(0.3),
    keepMs: chance.pick([minute, 10 * minute, 7 * 86_400_000]),
  }
}

function behaviourFor(chance: Chance, { timeoutMs }: TypePlan): Behaviour {
  const workMs = chance.spread(1, timeoutMs * 0.8)
  switch (chance.int(0, 17)) {
    case 0:
    case 1:
    case 2:
      return { kind: 'fail', workMs }
    case 3:
      return { kind: 'failForGood', workMs }
    case 4:
      return { kind: 'retryAfter', workMs, delayMs: chance.spread(500, 20 * minute) }
    case 5:
    case 6:
      return { kind: 'snooze', workMs, delayMs: chance.spread(500, 20 * minute) }
    case 7:
      return { kind: 'honour' }
    case 8:
      return { kind: 'never' }
    case 9:
      return { kind: 'ignore', workMs: timeoutMs * 2 + chance.int(0, 30_000) }
    case 10:
      return { kind: 'block', workMs: timeoutMs + chance.int(0, 2 * timeoutMs) }
    case 11:
      return { kind: 'beat', beats: chance.int(1, 3), everyMs: Math.round(timeoutMs * 0.7) }
    default:
      return { kind: 'succeed', workMs: chance.isTrue(0.5) ? chance.int(1, 400) : workMs }
  }
}

const delayFor = (chance: Chance): number =>
  chance.pick([
    0,
    0,
    0,
    chance.spread(500, 60_000),
    chance.int(minute, 15 * minute),
    chance.int(15 * minute, 40 * minute),
  ])

function enqueuesFor(chance: Chance, jobs: readonly JobPlan[], chaosMs: number): EnqueuePlan[] {
  const enqueues: EnqueuePlan[] = []
  let left = [...jobs]
  while (left.length > 0) {
    const group = left.slice(0, chance.int(1, 3))
    left = left.slice(group.length)
    const requests = group.map(({ n }) => ({
      n,
      delayMs: delayFor(chance),
      ...(chance.isTrue(0.35) ? { key: `k${n % 3}` } : {}),
    }))
    const atMs = chance.int(0, chaosMs * 0.6)
    enqueues.push({ atMs, requests })
    const keyed = requests.filter(({ key }) => key !== undefined)
    for (let repeats = keyed.length > 0 ? chance.int(0, 5) : 0; repeats > 0; repeats -= 1) {
      enqueues.push({ atMs: atMs + chance.spread(1, chaosMs - atMs), requests: keyed })
    }
  }
  return enqueues
}

/** Acts that fall into the life of a job: a moment after it is due, often two in a row. */
function aimedActsFor(chance: Chance, enqueues: readonly EnqueuePlan[]): ActPlan[] {
  return enqueues.flatMap(({ atMs, requests }) =>
    requests.flatMap(({ n, delayMs }): ActPlan[] => {
      if (!chance.isTrue(0.25)) return []
      const first = {
        atMs: atMs + delayMs + chance.spread(4, 20_000),
        which: chance.int(0, 9),
        n,
        delayMs: delayFor(chance),
      }
      const act = chance.pick(['cancel', 'edit', 'edit', 'runNow', 'requeue', 'reschedule', 'delete'] as const)
      const next = chance.pick(['cancel', 'edit', 'runNow', 'requeue', 'reschedule'] as const)
      const second = { ...first, atMs: first.atMs + chance.spread(20, 5_000), act: next }
      return chance.isTrue(0.5) ? [{ ...first, act }] : [{ ...first, act }, second]
    }),
  )
}

function actsFor(chance: Chance, profile: Profile, chaosMs: number): ActPlan[] {
  const most =
    profile === 'operators' ? 20 : profile === 'vicious' ? 10 : profile === 'mixed' ? chance.pick([0, 10]) : 0
  return Array.from({ length: chance.int(most >> 1, most) }, () => ({
    atMs: chance.int(0, chaosMs),
    act: chance.pick([...acts, 'edit', 'edit', 'cancel', 'cancel', 'runNow', 'delete'] as const),
    which: chance.int(0, 1_000),
    delayMs: delayFor(chance),
  }))
}

export function planFor(seed: number): Plan {
  const chance = new Chance(seed, 'plan')
  const profile = chance.pick(profiles)
  const chaosMs = chance.int(10, 40) * minute
  const types = Array.from({ length: chance.int(1, 3) }, (_, index) => typeFor(chance, index))
  const jobs = Array.from({ length: chance.int(3, 8) }, (_, n) => {
    const type = chance.pick(types)
    const script = Array.from({ length: 5 }, () => behaviourFor(chance, type))
    return { n, type: type.type, script, priority: chance.int(-1, 1) }
  })
  const shards = chance.int(1, 4)
  const enqueues = enqueuesFor(chance, jobs, chaosMs)
  const hasOperators = profile === 'operators' || profile === 'vicious' || (profile === 'mixed' && chance.isTrue(0.5))
  const aimed = hasOperators ? aimedActsFor(chance, enqueues) : []
  return {
    seed,
    profile,
    chaosMs,
    rates: ratesFor(profile, chance),
    skewMs: chance.pick([0, 500, 2_000]),
    concurrency: profile === 'calm' ? 20 : chance.pick([2, 3, 20]),
    batchSize: chance.pick([1, 3, 10]),
    shards: [shards, chance.pick([1, 2, shards, shards, 5])],
    maxReceiveCount: profile === 'calm' ? 1_000 : chance.pick([1_000, 1_000, 1_000, 6, 20]),
    types,
    jobs,
    enqueues,
    acts: [...actsFor(chance, profile, chaosMs), ...aimed.filter(({ atMs }) => atMs < chaosMs)],
    losesAllAtQuiet: profile !== 'calm' && chance.isTrue(0.2),
    ...usual,
  }
}
