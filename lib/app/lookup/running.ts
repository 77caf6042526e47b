/** What runs now, and what ended a short while ago. */
import { busyFrom } from '../../core/history/busy.ts'
import { type Sampled, samplesFrom } from '../../core/history/samples.ts'
import { busyKey, samplesKey } from '../../core/records/keys.ts'
import { integerIn, oneOf } from '../../core/values/check-options.ts'
import type { Deps } from '../../ports/deps.ts'
import { type JobSummary, summaryOf } from './job-summary.ts'
import { checkQueue, queuesKnown, readControl } from './lanes.ts'
import { readParts } from './read-parts.ts'

export interface RunningJobs {
  /** The longest runs first. A run of less than some five seconds is seldom among them: the recorder has not seen it. */
  readonly jobs: readonly JobSummary[]
  readonly isExact: false
}

/** Shards of the stream that name busy jobs; each has a record. */
const maxBusyRecords = 200

/** Costs a read unit for some 100 jobs, and one for each job shown. @throws InvalidInput, Unavailable */
export async function listRunning(deps: Deps, queue?: string): Promise<RunningJobs> {
  const queues = await queuesAsked(deps, queue)
  const found = await Promise.all(
    queues.map(name => readParts(deps, { id: busyKey(name, '').id, prefix: '', most: maxBusyRecords })),
  )
  const ids = found.flat().flatMap(record => busyFrom(record).map(({ id }) => id))
  const jobs = await itemsOf(deps, ids)
  const running = jobs.filter(({ state }) => state === 'IN_PROGRESS')
  return { jobs: running.toSorted((a, b) => ((a.startedAt ?? '') < (b.startedAt ?? '') ? -1 : 1)), isExact: false }
}

export interface RecentOptions {
  /** @default all queues */
  readonly queue?: string
  /** @default 'completed' */
  readonly outcome?: Sampled
  /** How far back: 1 to 2,880. @default 60 */
  readonly minutes?: number
  /** 1 to 100. @default 50 */
  readonly limit?: number
}

export interface RecentJobs {
  /** The latest first; as they are now. */
  readonly jobs: readonly JobSummary[]
  /** At most 20 jobs of each outcome, queue and minute are remembered: these are some, not all. */
  readonly isSampled: true
}

const outcomes = ['completed', 'failed', 'cancelled', 'retried', 'crashed', 'snoozed'] as const satisfies Sampled[]

/** Costs half a read unit a minute and queue, and one for each job shown. @throws InvalidInput, Unavailable */
export async function listRecent(deps: Deps, options: RecentOptions = {}): Promise<RecentJobs> {
  const outcome = oneOf('outcome', options.outcome ?? 'completed', outcomes)
  const minutes = integerIn('minutes', options.minutes ?? 60, 1, 2_880)
  const limit = integerIn('limit', options.limit ?? 50, 1, 100)
  const queues = await queuesAsked(deps, options.queue)
  const until = deps.clock.now() - minutes * 60_000
  const found = await Promise.all(
    queues.map(name => {
      const { id, part } = samplesKey(name, until)
      return readParts(deps, {
        id,
        prefix: part.slice(0, 's#'.length),
        until: part,
        most: minutes + 1,
        isDescending: true,
      })
    }),
  )
  const samples = found.flat().flatMap(record => samplesFrom(record).get(outcome) ?? [])
  const newest = samples.toSorted((a, b) => b.at - a.at).slice(0, limit)
  return { jobs: await itemsOf(deps, [...new Set(newest.map(({ id }) => id))]), isSampled: true }
}

async function queuesAsked(deps: Deps, queue: string | undefined): Promise<readonly string[]> {
  const control = await readControl(deps)
  if (queue !== undefined) checkQueue(deps.runner, control, queue)
  return queue === undefined ? queuesKnown(deps.runner, control) : [queue]
}

/** Those that are still there. */
async function itemsOf({ store }: Deps, ids: readonly string[]): Promise<readonly JobSummary[]> {
  const jobs = await store.get(ids, 'control')
  return jobs.flatMap(job => (job === undefined ? [] : [summaryOf(job)]))
}
