import { formatInstant } from '../values/instant.ts'

/** What an index row is for. */
export type Phase = 'live' | 'failed' | 'completed' | 'cancelled'

/** The most shards that a queue may have. Each is a query in each tick. */
export const maxShards = 1_024

/** Partition key of the `timeline` index. Nothing is indexed by bare state: that partition would be hot. */
export const laneOf = (queue: string, phase: Phase, shard: number): string => `${queue}#${phase}#${shard}`

/** Queue names have no `#`. */
export const queueOfLane = (lane: string): string => lane.split('#', 1)[0] ?? ''

/** Where a page of a lane starts that begins after this row. */
export const placeAfter = ({ lookAt, id }: { readonly lookAt: number; readonly id: string }): string =>
  JSON.stringify([formatInstant(lookAt), id])

/** FNV-1a of the id modulo the number of shards: whoever knows the id knows the shard. */
export function shardOf(id: string, shards: number): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < id.length; index += 1) {
    hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193)
  }
  return (hash >>> 0) % shards
}

/** Whether the sweeper walks this lane. */
export const isLiveLane = (lane: string | undefined): boolean => lane !== undefined && /#live#\d+$/.test(lane)
