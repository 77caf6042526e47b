/** The invariants that one item can show by itself, whatever happened to it before (docs/invariants.md). */
import { expect } from 'vitest'
import { isTerminal, type Job, maxAttemptsOf } from '../../lib/core/job/job.ts'
import { laneOf } from '../../lib/core/job/lane.ts'
import { laneAfterEnd } from '../../lib/core/transitions/ends.ts'

/** What is wrong with an item; empty when it is sound. An item that nobody has adopted yet (T19) may be in any shape. */
export function unsoundnessOf(job: Job): readonly string[] {
  return [...ownership(job), ...cover(job), ...counters(job)]
}

export function assertSound(job: Job): void {
  expect(unsoundnessOf(job), `${job.id}, ${job.state}`).toEqual([])
}

/** I2: a running job has one owner and a lease; a waiting or failed one has no owner. */
function ownership(job: Job): readonly string[] {
  if (job.state === 'IN_PROGRESS') {
    return [
      ...(job.owner === undefined ? ['I2: it runs without an owner'] : []),
      ...(job.leaseUntil === undefined ? ['I2: it runs without a lease'] : []),
    ]
  }
  // Completed or cancelled by its own run, it keeps that run's name: the row was the one removal of that write.
  const mayKeepOwner = job.state === 'COMPLETED' || job.state === 'CANCELLED'
  if (job.owner === undefined) return []
  if (!mayKeepOwner) return [`I2: ${job.state} with an owner`]
  return job.owner === job.lastOwner ? [] : ['I2: ended under an owner that did not end it']
}

/** I5: a job that has not ended has a row with a time in the live lane; one that has ended has none there. */
function cover(job: Job): readonly string[] {
  const live = laneOf(job.queue, 'live', job.shard)
  if (isTerminal(job.state)) {
    // A completed job is listed only where its contract wants it.
    const lanes = [laneAfterEnd(job, { listCompleted: true }), ...(job.state === 'COMPLETED' ? [undefined] : [])]
    return [
      ...(lanes.includes(job.lane) ? [] : [`I5: ended in the lane ${job.lane}`]),
      ...(job.finishedAt === undefined || job.ttl === undefined ? ['I5: ended without finishedAt and ttl'] : []),
    ]
  }
  return [
    ...(job.lane === live && job.lookAt !== undefined ? [] : [`I5: lives in the lane ${job.lane} at ${job.lookAt}`]),
    ...(job.finishedAt === undefined && job.ttl === undefined ? [] : ['I5: lives with finishedAt or ttl']),
  ]
}

/** I6. */
function counters(job: Job): readonly string[] {
  const sum = job.attempt + job.attemptsLeft - (job.snoozes ?? 0)
  return [
    ...(sum === maxAttemptsOf(job)
      ? []
      : [`I6: attempt + attemptsLeft - snoozes is ${sum}, not ${maxAttemptsOf(job)}`]),
    ...(job.attemptsLeft >= 0 && job.attempt >= 0 ? [] : ['I6: a counter below zero']),
    ...(job.missing === undefined ? [] : [`I6: lacks ${job.missing.join(', ')}`]),
  ]
}
