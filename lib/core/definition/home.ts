import type { Job } from '../job/job.ts'
import { laneOf, maxShards, shardOf } from '../job/lane.ts'
import { queuePolicyOf, type Runner } from './runner.ts'

/** Where a job waits: its queue, and the partition of the index in which the sweeper finds it. */
export interface Home {
  readonly queue: string
  readonly shard: number
  /** The live lane of the two. */
  readonly lane: string
}

/**
 * Where a job belongs. A job follows its contract: a type that moved to another queue takes its jobs along, and a queue
 * that was removed leaves none behind. A type that this deployment does not know stays in its queue.
 *
 * @returns undefined when neither the type nor the queue is known here
 */
export function homeOf(runner: Runner, job: Job): Home | undefined {
  const contract = Object.hasOwn(runner.jobs, job.type) ? runner.jobs[job.type] : undefined
  const queue = contract?.queue ?? job.queue
  if (!Object.hasOwn(runner.queues, queue)) return undefined
  const isKept = queue === job.queue && hasShard(job)
  const shard = isKept ? job.shard : shardOf(job.id, queuePolicyOf(runner, queue).shards)
  return { queue, shard, lane: laneOf(queue, 'live', shard) }
}

/** A foreign writer may have given any number: the sweeper walks no more lanes than a queue may have. */
export const hasShard = ({ shard, missing }: Job): boolean =>
  missing?.includes('shard') !== true && shard >= 0 && shard < maxShards
