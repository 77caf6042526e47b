/** T19, T22, T23: an item from outside becomes a live job, a job moves to its queue, an edit into an end is tidied. */

import { type Home, hasShard } from '../definition/home.ts'
import type { JobPolicy } from '../definition/policy.ts'
import {
  generationOf,
  heldUntil,
  isTerminal,
  isUnderstood,
  type Job,
  maxAttemptsOf,
  storedDefaults,
} from '../job/job.ts'
import { isLiveLane, laneOf } from '../job/lane.ts'
import { asSeen, type Clause, equal } from './clause.ts'
import { ending, laneAfterEnd } from './ends.ts'
import { lifeFrom } from './enqueue.ts'
import type { Asked, Changes, Transition } from './transition.ts'

/** Whether the job is where the sweeper looks. */
const isInLane = (job: Job): boolean =>
  hasShard(job) && job.lane === laneOf(job.queue, 'live', job.shard) && job.lookAt !== undefined

/** What a waiting job needs to be a live one, and what it must not carry. */
export function isInLiveShape(job: Job): boolean {
  return (
    (job.missing === undefined || job.missing.length === 0) &&
    isInLane(job) &&
    job.ttl === undefined &&
    job.finishedAt === undefined &&
    job.owner === undefined
  )
}

/** Whether nobody would ever look at the job again: it has not ended, and is in no lane that the sweeper walks. */
export const isStray = (job: Job): boolean => isUnderstood(job) && !isTerminal(job.state) && !isInLane(job)

/** With what an item is adopted: as every request, and where the job belongs. */
export interface Adopting extends Asked {
  readonly home: Home
  /** For whom it runs. @default as the item says */
  readonly tenant?: string | undefined
  /** Its gate. @default the one that it has */
  readonly gate?: string | undefined
  /** With `gate`. @default the one that it has */
  readonly pass?: number | undefined
}

/**
 * T19. An item that a foreign writer or a console edit made AVAILABLE becomes a live job under its contract. From a
 * terminal state it is a requeue: counters at zero, a new generation. A lease that still runs delays it, which keeps a
 * single owner (I2).
 */
export function adoptIfAvailable(job: Job, adopting: Adopting): Transition {
  const guard: readonly Clause[] = [equal('state', 'AVAILABLE'), asSeen(job, 'fence')]
  return { name: 'adoptIfAvailable', row: 'T19', event: { name: 'job_adopted' }, guard, ...adoption(job, adopting) }
}

/** T19 for a stray, whatever state it was edited to or put in: made AVAILABLE, and due at the next tick. */
export function adoptIfStray(job: Job, adopting: Adopting): Transition {
  const { set, remove } = adoption(job, adopting)
  return {
    name: 'adoptIfStray',
    row: 'T19',
    event: { name: 'job_adopted' },
    // A `lookAt` that cannot be read cannot be compared either.
    guard: [
      asSeen(job, 'state'),
      asSeen(job, 'fence'),
      asSeen(job, 'lane'),
      ...(job.lookAt === undefined ? [] : [asSeen(job, 'lookAt')]),
    ],
    set: { ...set, state: 'AVAILABLE' },
    remove,
  }
}

function adoption(
  job: Job,
  { home, now, request, policy, tenant, gate = job.gate, pass = job.pass }: Adopting,
): Pick<Transition, 'set' | 'remove'> {
  const hasEnded = job.ttl !== undefined || job.finishedAt !== undefined
  const set: Changes = {
    queue: home.queue,
    fence: job.fence + 1,
    ...(hasEnded
      ? { attempt: 0, attemptsLeft: maxAttemptsOf(job), generation: generationOf(job) + 1 }
      : attemptsOf(job, policy)),
    scheduledAt: Math.max(job.scheduledAt, heldUntil(job)),
    insertedAt: job.insertedAt,
    shard: home.shard,
    lane: home.lane,
    lookAt: now,
    request,
    ...(job.life === undefined ? { life: lifeFrom(request) } : {}),
    ...(tenant === undefined || tenant === job.tenant ? {} : { tenant }),
    ...(gate === undefined ? {} : { gate }),
    ...(pass === undefined ? {} : { pass }),
  }
  const ofLastGeneration = ['crashes', 'snoozes', 'result', 'error', 'why', 'onFailed', 'progress', 'startBy'] as const
  const remove = [
    'owner',
    ...(heldUntil(job) > now ? [] : (['leaseUntil'] as const)),
    'ttl',
    'finishedAt',
    'cancelRequestedAt',
    'dispatches',
    'parked',
    'beyond',
    ...(hasEnded ? ofLastGeneration : []),
  ] as const
  return { set, remove }
}

/**
 * A foreign writer need not know the contract: what it left out is the contract's, not the format's default. An item that
 * counts its attempts already is one of ours, where absent means the default.
 */
function attemptsOf(job: Job, policy: JobPolicy): Changes {
  const isForeign = job.missing?.includes('attemptsLeft') === true && job.attempt === 0
  if (!isForeign) return { attempt: job.attempt, attemptsLeft: job.attemptsLeft }
  const { maxAttempts = policy.maxAttempts, maxSnoozes = policy.maxSnoozes } = job
  return {
    attempt: 0,
    attemptsLeft: Math.max(0, maxAttempts + (job.snoozes ?? 0)),
    ...(maxAttempts === storedDefaults.maxAttempts ? {} : { maxAttempts }),
    ...(maxSnoozes === storedDefaults.maxSnoozes ? {} : { maxSnoozes }),
  }
}

/**
 * T22. The job moves to its queue, or its row is written anew where it is; the sweeper looks at once. Nothing else
 * changes: a run under way goes on, and a message under way may still start the job.
 */
export function moveIfSeen(job: Job, home: Home, now: number): Transition {
  const isMoved = home.queue !== job.queue || home.shard !== job.shard
  return {
    name: 'moveIfSeen',
    row: 'T22',
    ...(isMoved ? { event: { name: 'job_moved' } as const } : {}),
    guard: [asSeen(job, 'state'), asSeen(job, 'owner'), asSeen(job, 'fence'), asSeen(job, 'lookAt')],
    set: { queue: home.queue, shard: home.shard, lane: home.lane, lookAt: now },
    remove: [],
  }
}

/** Whether a console edit ended the job, and left its row where the sweeper looks. */
export const isUntidy = (job: Job): boolean => isTerminal(job.state) && isLiveLane(job.lane) && job.next === undefined

/** T23. The row of a job that a console edit ended goes where its end belongs, and the item expires as others do. */
export function tidyIfEnded(job: Job, now: number, policy: JobPolicy): Transition {
  const lane = laneAfterEnd(job, policy)
  const { finishedAt = now } = job
  return {
    name: 'tidyIfEnded',
    row: 'T23',
    event: { name: 'job_tidied' },
    guard: [asSeen(job, 'state'), asSeen(job, 'lane')],
    set: {
      ...ending(job, now, job.state === 'COMPLETED' ? policy.keepCompletedMs : policy.keepFailedMs),
      finishedAt,
      ...(lane === undefined ? {} : { lane }),
    },
    remove: lane === undefined ? ['lane'] : [],
  }
}
