/** The jobs of a queue that the sweeper looks at next: how late it is, and how long jobs have waited. */
import { type Job, waitingStates } from '../../core/job/job.ts'
import type { Control } from '../../core/records/control.ts'
import { mapBounded } from '../../core/values/lists.ts'
import { leadMs, maxHoldMs } from '../../core/values/times.ts'
import type { Deps } from '../../ports/deps.ts'
import { lanesOf } from './lanes.ts'

/** Rows of each lane: 1 KB, which is less than the smallest read that DynamoDB charges. */
const laneRows = 4
/** Items that are read, the earliest rows first. */
const maxItems = 16
const parallelQueries = 16

export interface NextJobs {
  /** How long ago the earliest look was due; 0 when none is. */
  readonly lateMs: number
  /** Up to 16 jobs, the earliest look first. */
  readonly jobs: readonly Job[]
  /** Whether these are all that may be waiting for a start. */
  readonly isComplete: boolean
}

/** Costs half a read unit a shard, and one for each item. @throws Unavailable */
export async function nextJobs(deps: Deps, control: Control, queue: string): Promise<NextJobs> {
  const now = deps.clock.now()
  const lanes = lanesOf(deps.runner, control, [queue], 'live')
  // The look of a job whose message is out is at most one hold away.
  const until = now + maxHoldMs + leadMs
  const pages = await mapBounded(lanes, parallelQueries, lane =>
    deps.store.lane({ lane, since: 0, until, limit: laneRows }),
  )
  const rows = pages.flatMap(page => page.rows).toSorted((a, b) => a.lookAt - b.lookAt)
  const items = await deps.store.get(
    rows.slice(0, maxItems).map(({ id }) => id),
    'control',
  )
  return {
    lateMs: Math.max(0, now - (rows[0]?.lookAt ?? now)),
    jobs: items.flatMap(job => job ?? []),
    isComplete: rows.length <= maxItems && pages.every(({ next }) => next === undefined),
  }
}

export interface OldestWaiting {
  readonly id: string
  /** Since it was due, in milliseconds. */
  readonly ms: number
  /** False: only the first jobs of a long queue were looked at, and another may have waited longer. */
  readonly isExact: boolean
}

/** Of the jobs that are due and have not started; undefined when none is. */
export function oldestWaiting({ jobs, isComplete }: NextJobs, now: number): OldestWaiting | undefined {
  const due = jobs.filter(
    ({ state, scheduledAt }) => (waitingStates as readonly string[]).includes(state) && scheduledAt <= now,
  )
  const [oldest] = due.toSorted((a, b) => a.scheduledAt - b.scheduledAt)
  return oldest === undefined ? undefined : { id: oldest.id, ms: now - oldest.scheduledAt, isExact: isComplete }
}
