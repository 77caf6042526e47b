/** What the first page of the dashboard tells: how the runner is, what fails most, and what starts next. */
import type { Job } from '../../core/job/job.ts'
import type { Control } from '../../core/records/control.ts'
import { isScheduleKey, neverAt, scheduleFrom, scheduleLanes } from '../../core/records/schedule-record.ts'
import { formatInstant } from '../../core/values/instant.ts'
import { mapBounded } from '../../core/values/lists.ts'
import { leadMs } from '../../core/values/times.ts'
import type { Deps } from '../../ports/deps.ts'
import { type ErrorGroupView, listErrors } from './error-groups.ts'
import { type Health, readHealth } from './health.ts'
import { lanesOf, ownQueuesKnown, readControl } from './lanes.ts'

export interface TopError extends Pick<ErrorGroupView, 'queue' | 'type' | 'why' | 'name' | 'message' | 'lastAt'> {
  /** Runs that ended so in the last 24 hours, by the start of their hour. */
  readonly lastDay: number
  /** Jobs that ended FAILED with it, since the group began. */
  readonly jobsFailed: number
}

/** A start that is to come. */
export interface NextStart {
  readonly at: string
  readonly type: string
  /** Its name, where a schedule makes the job then. */
  readonly schedule?: string
  /** Of a job that is there and waits for its time. */
  readonly id?: string
  readonly queue?: string
}

export interface Overview {
  readonly health: Health
  /** Up to five groups of failures, the most frequent of the last 24 hours first. */
  readonly topErrors: readonly TopError[]
  /** Up to five, the earliest first. Of jobs, the four rows of each lane that the sweeper looks at next are known. */
  readonly next: readonly NextStart[]
}

const shown = 5
const laneRows = 4
const parallelQueries = 16
const dayMs = 86_400_000

/** Costs some 25 read units a queue for its health, 8 for 16 lanes of waiting jobs, and one for some four error groups. @throws Unavailable */
export async function readOverview(deps: Deps): Promise<Overview> {
  const [health, topErrors, schedules, jobs] = await Promise.all([
    readHealth(deps),
    errorsOfTheDay(deps),
    nextOfSchedules(deps),
    readControl(deps).then(control => nextOfJobs(deps, control)),
  ])
  const next = [...schedules, ...jobs].toSorted((a, b) => a.at - b.at).slice(0, shown)
  return { health, topErrors, next: next.map(({ at, ...start }) => ({ at: formatInstant(at), ...start })) }
}

async function errorsOfTheDay(deps: Deps): Promise<readonly TopError[]> {
  const since = formatInstant(deps.clock.now() - dayMs)
  const { groups } = await listErrors(deps)
  return groups
    .map(({ hours, queue, type, why, name, message, lastAt, jobsFailed }) => {
      const lastDay = Object.entries(hours).reduce((sum, [hour, count]) => (hour > since ? sum + count : sum), 0)
      return { queue, type, why, name, message, lastAt, jobsFailed, lastDay }
    })
    .filter(({ lastDay }) => lastDay > 0)
    .toSorted((a, b) => b.lastDay - a.lastDay)
    .slice(0, shown)
}

type Start = Omit<NextStart, 'at'> & { readonly at: number }

/** An occurrence is fired before it is due: from then on its job is what waits. */
async function nextOfSchedules({ records }: Deps): Promise<readonly Start[]> {
  const pages = await Promise.all(scheduleLanes.map(lane => records.due(lane, neverAt - 1, shown)))
  const stored = await records.get(pages.flatMap(({ rows }) => rows.filter(isScheduleKey)))
  return stored.flatMap(record => {
    const schedule = record === undefined ? undefined : scheduleFrom(record)
    if (schedule?.nextAt === undefined) return []
    const { name, type } = schedule.definition
    return [{ at: schedule.nextAt, type, schedule: name }]
  })
}

async function nextOfJobs(deps: Deps, control: Control): Promise<readonly Start[]> {
  const now = deps.clock.now()
  const lanes = lanesOf(deps.runner, control, ownQueuesKnown(deps.runner, control), 'live')
  // A job is looked at before it is due.
  const pages = await mapBounded(lanes, parallelQueries, lane =>
    deps.store.lane({ lane, since: now - leadMs, until: neverAt, limit: laneRows }),
  )
  const rows = pages.flatMap(page => page.rows).toSorted((a, b) => a.lookAt - b.lookAt)
  const items = await deps.store.get(
    rows.slice(0, shown * laneRows).map(({ id }) => id),
    'control',
  )
  return items.flatMap(job => (job !== undefined && isToCome(job, now) ? [startOf(job)] : []))
}

const isToCome = ({ state, scheduledAt }: Job, now: number): boolean =>
  (state === 'SCHEDULED' || state === 'RETRY') && scheduledAt > now

const startOf = ({ scheduledAt, id, type, queue }: Job): Start => ({ at: scheduledAt, type, id, queue })
