import { laneOf } from '../core/job/lane.ts'
import type { Deps } from '../ports/deps.ts'
import { raisedControl } from './control.ts'

export interface LiveLane {
  readonly queue: string
  readonly lane: string
}

/**
 * The lanes in which jobs of the runner's queues may live: one for each shard that a queue ever had.
 * @throws Unavailable
 */
export async function liveLanes(deps: Pick<Deps, 'records' | 'runner'>): Promise<LiveLane[]> {
  const queues = Object.entries(deps.runner.queues)
  const { shards } = await raisedControl(
    deps,
    Object.fromEntries(queues.map(([queue, policy]) => [queue, policy.shards])),
  )
  return queues.flatMap(([queue]) =>
    Array.from({ length: shards.get(queue) ?? 0 }, (_, shard) => ({ queue, lane: laneOf(queue, 'live', shard) })),
  )
}
