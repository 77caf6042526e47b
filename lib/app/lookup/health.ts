/** How the runner is, at one glance. */
import { stockFrom } from '../../core/history/stock.ts'
import type { Job } from '../../core/job/job.ts'
import { type HealthReason, healthOf, type RecorderFacts } from '../../core/lookup/health.ts'
import type { Control } from '../../core/records/control.ts'
import { gapKey, gapPrefix, stockKey, tickKey } from '../../core/records/keys.ts'
import { pauseOf } from '../../core/records/pause.ts'
import { type LastTick, lastTickFrom } from '../../core/records/tick-record.ts'
import { formatInstant } from '../../core/values/instant.ts'
import { skewBudgetMs } from '../../core/values/times.ts'
import type { Deps } from '../../ports/deps.ts'
import { queuesKnown, readControl } from './lanes.ts'
import { readParts } from './read-parts.ts'
import { flowsOf } from './stats.ts'
import { nextJobs } from './waiting.ts'

export interface Health {
  /** `alarm`: somebody must look now. */
  readonly verdict: 'ok' | 'warning' | 'alarm'
  /** Why, alarms first; empty when it is ok. */
  readonly reasons: readonly HealthReason[]
  readonly at: string
  /** How long the earliest job has been due for the sweeper, in milliseconds; exact, as of now. Paused queues do not count. */
  readonly oldestDueMs: number
  /** Absent before the first tick. */
  readonly lastTick?: Omit<LastTick, 'endedAt'> & { readonly endedAt: string }
  readonly recorder: {
    /** The newest change that is counted; absent before the first, and without a recorder. */
    readonly asOf?: string
    /** A job that changed so long ago is not counted, in milliseconds. Sampled: up to 16 jobs of a queue are looked at. */
    readonly behindMs?: number
  }
  /** Of the last 60 minutes: exact up to a few seconds ago. */
  readonly lastHour: { readonly completed: number; readonly failed: number; readonly crashed: number }
  /** Version of the time zones' data where this was answered: other rules give schedules other times. */
  readonly timeZones?: string
}

const hourMs = 3_600_000
const gapShownMs = 48 * hourMs

/** Costs some 25 read units a queue. @throws Unavailable */
export async function readHealth(deps: Deps): Promise<Health> {
  const now = deps.clock.now()
  const control = await readControl(deps)
  const [[tick], queues, gaps] = await Promise.all([
    deps.records.get([tickKey]),
    Promise.all(queuesKnown(deps.runner, control).map(queue => queueFacts(deps, control, queue))),
    readParts(deps, { id: gapKey(now).id, prefix: gapPrefix, most: 1, isDescending: true }),
  ])
  const lastTick = lastTickFrom(tick)
  const gapUntil = Number(gaps[0]?.attributes['untilAt'] ?? 0)
  const { asOf, behindMs } = recorderOf(queues, now)
  const recorder: RecorderFacts = { asOf, behindMs, gapUntil: now - gapUntil < gapShownMs ? gapUntil : undefined }
  const working = queues.filter(({ isPaused }) => !isPaused)
  const oldestDueMs = Math.max(0, ...working.map(({ lateMs }) => lateMs))
  const sum = (name: 'completed' | 'failed' | 'crashed') => queues.reduce((total, one) => total + one[name], 0)
  const lastHour = { completed: sum('completed'), failed: sum('failed'), crashed: sum('crashed') }
  const paused = queues.filter(({ isPaused }) => isPaused).map(({ queue }) => queue)
  return {
    ...healthOf({ lastTick, lateMs: oldestDueMs, recorder, paused, ...lastHour }, now),
    at: formatInstant(now),
    oldestDueMs,
    ...(lastTick === undefined ? {} : { lastTick: { ...lastTick, endedAt: formatInstant(lastTick.endedAt) } }),
    recorder: {
      ...(asOf === undefined ? {} : { asOf: formatInstant(asOf) }),
      ...(behindMs === undefined ? {} : { behindMs }),
    },
    lastHour,
    ...(deps.timeZones === undefined ? {} : { timeZones: deps.timeZones }),
  }
}

interface QueueFacts {
  readonly queue: string
  readonly isPaused: boolean
  readonly lateMs: number
  readonly completed: number
  readonly failed: number
  readonly crashed: number
  readonly asOf: number | undefined
  /** The latest of the changes that the jobs themselves tell of. */
  readonly changedAt: number | undefined
}

async function queueFacts(deps: Deps, control: Control, queue: string): Promise<QueueFacts> {
  const now = deps.clock.now()
  const [[stock], flow, next] = await Promise.all([
    deps.records.get([stockKey(queue)]),
    flowsOf(deps, queue, { since: now - hourMs, until: now }),
    nextJobs(deps, control, queue),
  ])
  const { completed, failed, crashed } = flow
  const changes = next.jobs.flatMap(changesOf).filter(at => at <= now - skewBudgetMs)
  return {
    queue,
    isPaused: pauseOf(control, queue, now) !== undefined,
    lateMs: next.lateMs,
    completed,
    failed,
    crashed,
    asOf: stockFrom(stock).asOf,
    changedAt: changes.length === 0 ? undefined : Math.max(...changes),
  }
}

const changesOf = ({ insertedAt, startedAt }: Job): readonly number[] =>
  startedAt === undefined ? [insertedAt] : [insertedAt, startedAt]

/** Without a single count there may be no recorder at all: then nothing is behind. */
function recorderOf(queues: readonly QueueFacts[], now: number): Pick<RecorderFacts, 'asOf' | 'behindMs'> {
  const counted = queues.flatMap(({ asOf }) => asOf ?? [])
  if (counted.length === 0) return { asOf: undefined, behindMs: undefined }
  const late = queues.flatMap(({ asOf = 0, changedAt = 0 }) => {
    // A change is counted to the second.
    const isCounted = changedAt <= asOf + 1_000 + skewBudgetMs
    return isCounted ? [] : [now - changedAt]
  })
  return { asOf: Math.max(...counted), behindMs: late.length === 0 ? undefined : Math.max(...late) }
}
