/** T19: an item from outside becomes a live job. */
import { generationOf, heldUntil, isTerminal, type Job, maxAttemptsOf } from '../job/job.ts'
import { laneOf, shardOf } from '../job/lane.ts'
import { asSeen, type Clause, equal } from './clause.ts'
import type { Transition } from './transition.ts'

/** What an item needs to be a live job, and what it must not carry. */
export function isInLiveShape(job: Job): boolean {
  return (
    (job.missing === undefined || job.missing.length === 0) &&
    job.lane === laneOf(job.queue, 'live', job.shard) &&
    job.lookAt !== undefined &&
    job.ttl === undefined &&
    job.finishedAt === undefined &&
    job.owner === undefined
  )
}

/**
 * T19. An item that a foreign writer or a console edit made AVAILABLE becomes a live job. From a terminal state it is
 * a requeue: counters at zero, a new generation. A lease that still runs delays it, which keeps a single owner (I2).
 */
export function adoptIfAvailable(job: Job, now: number, request: string, shards: number): Transition {
  const isKnown = (name: keyof Job): boolean => job.missing?.includes(name as never) !== true
  const hasEnded = job.ttl !== undefined || job.finishedAt !== undefined
  const shard = isKnown('shard') ? job.shard : shardOf(job.id, shards)
  const guard: readonly Clause[] = [equal('state', 'AVAILABLE'), asSeen(job, 'fence')]
  return {
    name: 'adoptIfAvailable',
    row: 'T19',
    event: { name: 'job_adopted' },
    guard,
    set: {
      queue: job.queue,
      fence: job.fence + 1,
      attempt: hasEnded ? 0 : job.attempt,
      attemptsLeft: hasEnded ? maxAttemptsOf(job) : job.attemptsLeft,
      ...(hasEnded ? { generation: generationOf(job) + 1 } : {}),
      scheduledAt: Math.max(isKnown('scheduledAt') ? job.scheduledAt : now, heldUntil(job)),
      insertedAt: isKnown('insertedAt') ? job.insertedAt : now,
      shard,
      lane: laneOf(job.queue, 'live', shard),
      lookAt: now,
      request,
    },
    remove: [
      'owner',
      ...(heldUntil(job) > now ? [] : (['leaseUntil'] as const)),
      'ttl',
      'finishedAt',
      'cancelRequestedAt',
      'dispatches',
      ...(hasEnded ? (['crashes', 'snoozes', 'result'] as const) : []),
    ],
  }
}

/** Whether nobody would ever look at the job again: it has not ended, and is in no lane that the sweeper walks. */
export const isStray = (job: Job): boolean =>
  !isTerminal(job.state) && (job.lane !== laneOf(job.queue, 'live', job.shard) || job.lookAt === undefined)

/** T19 for a stray, whatever state it was edited to or put in: made AVAILABLE, and due at the next tick. */
export function adoptIfStray(job: Job, now: number, request: string, shards: number): Transition {
  const { set, remove } = adoptIfAvailable(job, now, request, shards)
  return {
    name: 'adoptIfStray',
    row: 'T19',
    event: { name: 'job_adopted' },
    guard: [asSeen(job, 'state'), asSeen(job, 'fence'), asSeen(job, 'lane'), asSeen(job, 'lookAt')],
    set: { ...set, state: 'AVAILABLE' },
    remove,
  }
}
