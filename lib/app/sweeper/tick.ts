/**
 * The tick: steps in wherever a message was lost, late or not due yet.
 *
 * - every shard of every queue is walked page by page; nothing is filtered after a limit, so no row hides another
 * - an item that cannot be handled is set aside and blocks nothing behind it
 * - two sweepers at once are harmless: every write is guarded by what was read, one wins
 */

import { firstHoldMs } from '../../core/definition/policy.ts'
import { policyOf, queuePolicyOf } from '../../core/definition/runner.ts'
import type { Job } from '../../core/job/job.ts'
import { laneOf } from '../../core/job/lane.ts'
import { Unavailable } from '../../core/values/errors.ts'
import type { Deps } from '../../ports/deps.ts'
import { handleDueJobs } from './handle-due.ts'

export interface TickReport {
  /** Rows that were due. */
  readonly looked: number
  readonly dispatched: number
  readonly recovered: number
  readonly setAside: number
  readonly oldestDueMs: number
  /** False when time ran out; the next tick goes on. */
  readonly isComplete: boolean
}

const pageSize = 200
const lanesAtOnce = 8

/**
 * @param endAt when to stop and leave the rest to the next tick, epoch milliseconds
 * @throws Unavailable when a lane could not be walked; the others have been
 */
export async function tick(deps: Deps, endAt: number): Promise<TickReport> {
  const total = { looked: 0, dispatched: 0, recovered: 0, setAside: 0, oldestDueMs: 0, isComplete: true }
  const shards = await deps.store.shardsEverUsed(
    Object.fromEntries(Object.entries(deps.runner.queues).map(([queue, policy]) => [queue, policy.shards])),
  )
  const lanes = Object.entries(shards).flatMap(([queue, count]) =>
    Array.from({ length: count }, (_, shard) => ({ queue, lane: laneOf(queue, 'live', shard) })),
  )
  const depthOf = depthReader(deps)
  const errors: unknown[] = []
  const walkers = Array.from({ length: Math.min(lanesAtOnce, lanes.length) }, async () => {
    for (let next = lanes.shift(); next !== undefined; next = lanes.shift()) {
      try {
        await walkLane(deps, next.queue, next.lane, endAt, depthOf, total)
      } catch (error) {
        errors.push(error)
      }
    }
  })
  await Promise.all(walkers)
  deps.telemetry.emit({ name: 'tick', ...total })
  if (errors.length > 0) throw new Unavailable(`${errors.length} lanes could not be walked`, errors[0])
  return total
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

async function walkLane(
  deps: Deps,
  queue: string,
  lane: string,
  endAt: number,
  depthOf: (queue: string) => Promise<number>,
  total: Mutable<TickReport>,
): Promise<void> {
  const until = deps.clock.now()
  let from: string | undefined
  do {
    if (deps.clock.now() >= endAt) {
      total.isComplete = false
      return
    }
    const page = await deps.store.due(lane, until, pageSize, from)
    const oldestAt = page.rows[0]?.lookAt
    if (oldestAt !== undefined) total.oldestDueMs = Math.max(total.oldestDueMs, until - oldestAt)
    total.looked += page.rows.length
    const jobs = await readPage(
      deps,
      page.rows.map(({ id }) => id),
      total,
    )
    const depth = jobs.some(isResend) ? await depthOf(queue) : 0
    const placed = await handleDueJobs(deps, inOrder(jobs), job => depth > clearedInOneHold(deps, job))
    total.dispatched += placed.dispatched
    total.recovered += placed.recovered
    total.setAside += placed.setAside
    from = page.next
  } while (from !== undefined)
}

async function readPage(deps: Deps, ids: readonly string[], total: Mutable<TickReport>): Promise<readonly Job[]> {
  if (ids.length === 0) return []
  const items = await deps.store.get(ids, 'control')
  return items.flatMap((job, index) => {
    if (job !== undefined) return [job]
    // A row without a readable item: deleted a moment ago, or damaged.
    deps.telemetry.emit({ name: 'job_set_aside', id: ids[index] ?? '', error: 'no item that can be read as a job' })
    total.setAside += 1
    return []
  })
}

/** By priority, then by due time: the order in which messages go out. */
const inOrder = (jobs: readonly Job[]): readonly Job[] =>
  jobs.toSorted((a, b) => (a.priority ?? 0) - (b.priority ?? 0) || a.scheduledAt - b.scheduledAt)

const isResend = (job: Job): boolean => job.state === 'RESERVED'

/** Visible messages that the queue's workers take away within one hold, if each run takes its whole timeout. */
function clearedInOneHold(deps: Deps, job: Job): number {
  const { concurrency, batchSize } = queuePolicyOf(deps.runner, job.queue)
  const policy = policyOf(deps.runner, job.type)
  return concurrency * batchSize * (firstHoldMs(policy) / policy.timeoutMs)
}

/** One reading per queue and tick. A queue that cannot be read counts as empty: sending too much is the safe side. */
function depthReader(deps: Deps): (queue: string) => Promise<number> {
  const readings = new Map<string, Promise<number>>()
  return queue => {
    const reading = readings.get(queue) ?? deps.queue.depth(queue).catch(() => 0)
    readings.set(queue, reading)
    return reading
  }
}
