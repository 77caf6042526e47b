/** How many jobs are ahead of one. */

import { inStates, stockFrom } from '../../core/history/stock.ts'
import type { Job } from '../../core/job/job.ts'
import { stockKey } from '../../core/records/keys.ts'
import { formatInstant } from '../../core/values/instant.ts'
import { mapBounded } from '../../core/values/lists.ts'
import type { Deps } from '../../ports/deps.ts'
import { checkId } from '../operate/operate.ts'
import { lanesOf, readControl } from './lanes.ts'
import { startRate } from './queues.ts'

export type Position =
  /** It waits for its time: so many jobs of its queue are looked at before it. `isExact` is false from 10,000 on. */
  | { readonly kind: 'counted'; readonly ahead: number; readonly isExact: boolean; readonly dueAt: string }
  /** Its message is in the queue: SQS keeps no order, so this is an estimate from the recorder's counts. */
  | {
      readonly kind: 'estimated'
      readonly ahead: number
      readonly startsPerMinute?: number
      readonly startsAt?: string
    }
  /** It runs, or has ended. */
  | { readonly kind: 'none'; readonly state: Job['state'] }
  | { readonly kind: 'notFound' }

const maxCounted = 10_000
const maxPageRows = 1_000
const parallelQueries = 16

/** Costs up to 300 read units for 10,000 jobs ahead; 3 for a job whose message was sent. @throws InvalidInput, Unavailable */
export async function positionOf(deps: Deps, id: string): Promise<Position> {
  checkId(id)
  const [job] = await deps.store.get([id], 'control')
  if (job === undefined) return { kind: 'notFound' }
  const { state, scheduledAt } = job
  if ((state === 'SCHEDULED' || state === 'RETRY') && job.lookAt !== undefined) {
    const ahead = await rowsBefore(deps, job.queue, job.lookAt)
    const isExact = ahead < maxCounted
    return { kind: 'counted', ahead: Math.min(ahead, maxCounted), isExact, dueAt: formatInstant(scheduledAt) }
  }
  if (state !== 'RESERVED' && state !== 'AVAILABLE') return { kind: 'none', state }
  return { kind: 'estimated', ...(await lineBefore(deps, job)) }
}

/** An estimate for a job that is handed out: those that are handed out in its queue, at the pace of the last minutes. */
export async function lineBefore(
  deps: Pick<Deps, 'records' | 'clock'>,
  { queue }: Pick<Job, 'queue'>,
): Promise<{ readonly ahead: number; readonly startsPerMinute?: number; readonly startsAt?: string }> {
  const [[record], startsPerMinute] = await Promise.all([deps.records.get([stockKey(queue)]), startRate(deps, queue)])
  const ahead = Math.max(0, inStates(stockFrom(record), 'RESERVED', 'AVAILABLE') - 1)
  if (startsPerMinute === undefined) return { ahead }
  if (startsPerMinute === 0) return { ahead, startsPerMinute }
  const startsAt = formatInstant(deps.clock.now() + Math.ceil((ahead / startsPerMinute) * 60_000))
  return { ahead, startsPerMinute, startsAt }
}

/** Live rows of a queue with an earlier look; it stops once there are 10,000. */
async function rowsBefore(deps: Deps, queue: string, lookAt: number): Promise<number> {
  const lanes = lanesOf(deps.runner, await readControl(deps), [queue], 'live')
  // No more than are counted, where the jobs are spread evenly.
  const pageRows = Math.min(maxPageRows, Math.ceil(maxCounted / lanes.length))
  let count = 0
  await mapBounded(lanes, parallelQueries, async lane => {
    let from: string | undefined
    do {
      const query = { lane, since: 0, until: lookAt - 1, limit: pageRows, ...(from === undefined ? {} : { from }) }
      const page = await deps.store.count(query)
      count += page.count
      from = page.next
    } while (from !== undefined && count < maxCounted)
  })
  return count
}
