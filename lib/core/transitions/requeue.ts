/** T16: a job waits again. */

import type { Home } from '../definition/home.ts'
import {
  generationOf,
  heldUntil,
  type Job,
  type JobAttribute,
  leavesLine,
  maxAttemptsOf,
  terminalStates,
  waitingStates,
} from '../job/job.ts'
import { maxPriority } from '../values/times.ts'
import { takenBackCode } from './cancel.ts'
import { asSeen, equal, oneOf } from './clause.ts'
import { placementFor } from './enqueue.ts'
import type { Asked, Changes, Transition } from './transition.ts'

/** With what a job is made to wait again: as every request, and where it belongs. */
export interface Replacing extends Asked {
  readonly home: Home
  /** When it is to run. */
  readonly dueAt: number
}

/**
 * What T16 writes: the job waits again in its contract's queue, under a new fence, owned by nobody. The message is sent
 * *after* the write. Not before the end of a lease under which a run may still be at work (I2).
 */
export function placeAgain(job: Job, { dueAt: askedAt, home, now, request, policy }: Replacing): Changes {
  const dueAt = Math.max(askedAt, heldUntil(job))
  const placement = placementFor(dueAt, now, policy)
  return {
    state: placement.state,
    queue: home.queue,
    shard: home.shard,
    fence: job.fence + 1,
    scheduledAt: dueAt,
    dispatches: placement.dispatches,
    lane: home.lane,
    lookAt: placement.lookAt,
    request,
  }
}

/** What an earlier run left; its lease only when it is over. */
export const leftovers = (job: Job, now: number) =>
  [
    'owner',
    ...(heldUntil(job) > now ? [] : (['leaseUntil'] as const)),
    'ttl',
    'finishedAt',
    'cancelRequestedAt',
    'progress',
    ...leavesLine(job),
  ] as const

/** A new input, and what follows from it. */
export interface Fresh {
  readonly input: string
  readonly tenant: string | undefined
  readonly gate?: string | undefined
  readonly pass?: number
}

/** What an ended generation says of itself. */
export const ofEndedGeneration = ['crashes', 'snoozes', 'result', 'error', 'why', 'onFailed', 'code'] as const

/**
 * T16. A job that has ended runs again, as a new generation with its counters at zero.
 * @param replacing `fresh`: JSON text in place of the job's own, and what follows from it
 */
export function requeueIfEnded(
  job: Job,
  replacing: Replacing & {
    readonly fresh?: Fresh
  },
): Transition {
  const { fresh } = replacing
  return {
    name: 'requeueIfEnded',
    row: 'T16',
    event: { name: 'job_requeued' },
    guard: [oneOf('state', terminalStates), asSeen(job, 'fence')],
    set: {
      ...placeAgain(job, replacing),
      generation: generationOf(job) + 1,
      attempt: 0,
      attemptsLeft: maxAttemptsOf(job),
      ...(fresh === undefined ? {} : { input: fresh.input }),
      ...(fresh?.tenant === undefined ? {} : { tenant: fresh.tenant }),
      ...(fresh?.gate === undefined ? {} : { gate: fresh.gate }),
      ...(fresh?.pass === undefined ? {} : { pass: fresh.pass }),
    },
    remove: [
      ...leftovers(job, replacing.now),
      ...ofEndedGeneration,
      // Of the generation before: this one starts whenever it is its turn.
      'startBy',
      ...(fresh === undefined ? [] : (['ref'] as const)),
      ...(fresh === undefined || fresh.tenant !== undefined || job.tenant === undefined ? [] : (['tenant'] as const)),
      ...(fresh === undefined || fresh.gate !== undefined || job.gate === undefined ? [] : (['gate'] as const)),
    ],
  }
}

/** What one occurrence of a schedule may have and another definition of it not. */
const ofDefinition = [
  'maxAttempts',
  'maxSnoozes',
  'startBy',
  'priority',
  'tags',
  'notify',
  'timezone',
  'missedBefore',
  'after',
  'overlap',
  'ref',
  'tenant',
  'gate',
  'pass',
] as const satisfies JobAttribute[]

/** The job as its schedule says now, under the item that is there. */
function asDefined(found: Job, fresh: Job): Pick<Transition, 'set' | 'remove'> {
  const { id: _, insertedAt: __, life: ___, missing: ____, fence: _____, ...set } = fresh
  const absent = [...ofDefinition, 'dispatches' as const].filter(name => fresh[name] === undefined)
  return { set, remove: absent.filter(name => found[name] !== undefined) }
}

/**
 * T16. The job of an occurrence that was enqueued ahead and taken back: the schedule has it again, perhaps by another
 * definition, and the job is what that says.
 * @param fresh the job as it would be inserted
 */
export function fireAgainIfTakenBack(taken: Job, fresh: Job): Transition {
  const { set, remove } = asDefined(taken, fresh)
  return {
    name: 'fireAgainIfTakenBack',
    row: 'T16',
    event: { name: 'job_requeued' },
    guard: [equal('state', 'CANCELLED'), equal('code', takenBackCode), asSeen(taken, 'fence')],
    set: { ...set, fence: taken.fence + 1, generation: generationOf(taken) + 1 },
    remove: [...remove, 'ttl', 'finishedAt', 'code'],
  }
}

/**
 * T16. The same while it still waits: another sweeper enqueued it, or it is about to be taken back. The new `request`
 * makes sure that whoever takes back what he read before comes too late. Its messages stay good unless it moves.
 */
export function fireAgainIfWaiting(found: Job, fresh: Job): Transition {
  const { set, remove } = asDefined(found, fresh)
  const hasMoved = found.queue !== fresh.queue || found.scheduledAt !== fresh.scheduledAt
  const { state: _, dispatches: __, shard: ___, lane: ____, lookAt: _____, ...content } = set
  return {
    name: 'fireAgainIfWaiting',
    row: 'T16',
    event: { name: 'job_rescheduled' },
    guard: [asSeen(found, 'state'), asSeen(found, 'fence'), asSeen(found, 'request'), equal('attempt', 0)],
    set: hasMoved ? { ...set, fence: found.fence + 1 } : content,
    remove: hasMoved ? remove : remove.filter(name => name !== 'dispatches'),
  }
}

/** Before all others. */
const firstInLine = -maxPriority

/**
 * T16. A job that waits gets another time; `dueAt = now` is "run now". It does not jump the limit of its gate: one that
 * waited in line there becomes the first in line.
 */
export function rescheduleIfWaiting(job: Job, replacing: Replacing): Transition {
  return {
    name: 'rescheduleIfWaiting',
    row: 'T16',
    event: { name: 'job_rescheduled' },
    guard: [oneOf('state', waitingStates), asSeen(job, 'fence')],
    set: {
      ...placeAgain(job, replacing),
      ...(job.parked !== undefined && replacing.dueAt <= replacing.now ? { priority: firstInLine } : {}),
    },
    remove: leftovers(job, replacing.now),
  }
}
