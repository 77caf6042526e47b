/** How a runner is, in one word, and why: what its alarms would say, from what the tables hold. */
import type { LastTick } from '../records/tick-record.ts'

/** What was found. */
export interface HealthFacts {
  readonly lastTick: LastTick | undefined
  /** How long ago the earliest look of a queue that works was due. */
  readonly lateMs: number
  readonly recorder: RecorderFacts
  /** Of the last hour. */
  readonly failed: number
  readonly crashed: number
  /** Queues that are paused now. */
  readonly paused: readonly string[]
}

export interface RecorderFacts {
  /** The newest change that is counted; undefined before the first. */
  readonly asOf: number | undefined
  /** A job that changed this long ago is not counted; undefined when every job that was looked at is. */
  readonly behindMs: number | undefined
  /** End of the last time of which it has seen nothing; undefined without one in the last two days. */
  readonly gapUntil: number | undefined
}

export const healthCodes = [
  'no_tick',
  'tick_cut_short',
  'due_late',
  'set_aside',
  'recorder_behind',
  'recorder_gap',
  'jobs_failed',
  'jobs_crashed',
  'queue_paused',
] as const
type HealthCode = (typeof healthCodes)[number]

export interface HealthReason {
  readonly code: HealthCode
  /** `alarm`: jobs are late or lost sight of; somebody must look. `warning`: somebody should. */
  readonly level: 'warning' | 'alarm'
  readonly text: string
  readonly todo: string
}

export interface Verdict {
  readonly verdict: 'ok' | 'warning' | 'alarm'
  /** Alarms first. */
  readonly reasons: readonly HealthReason[]
}

/** As the alarms SweeperMissing and OldestDueJob have it. */
const lateAfterMs = 180_000
/** The recorder collects for five seconds, and needs some more. */
const behindAfterMs = 60_000

/** @param now epoch milliseconds */
export function healthOf(facts: HealthFacts, now: number): Verdict {
  const reasons = [...tickReasons(facts, now), ...recorderReasons(facts.recorder), ...jobReasons(facts)]
  const alarms = reasons.filter(({ level }) => level === 'alarm')
  const warnings = reasons.filter(({ level }) => level === 'warning')
  const verdict = alarms.length > 0 ? 'alarm' : warnings.length > 0 ? 'warning' : 'ok'
  return { verdict, reasons: [...alarms, ...warnings] }
}

const seconds = (ms: number): string => `${Math.round(ms / 1_000)} s`

function tickReasons({ lastTick, lateMs }: HealthFacts, now: number): readonly HealthReason[] {
  const age = lastTick === undefined ? undefined : now - lastTick.endedAt
  return [
    ...when(age === undefined || age > lateAfterMs, {
      code: 'no_tick',
      level: 'alarm',
      text: age === undefined ? 'the sweeper has not ended a tick yet' : `the last tick was ${seconds(age)} ago`,
      todo: 'See whether the rule of the sweeper is enabled, and read its log.',
    }),
    ...when(lateMs > lateAfterMs, {
      code: 'due_late',
      level: 'alarm',
      text: `a job has been due for the sweeper for ${seconds(lateMs)}`,
      todo: 'Read the log of the sweeper: it fails, or is too slow for the backlog.',
    }),
    ...when(lastTick?.isComplete === false, {
      code: 'tick_cut_short',
      level: 'warning',
      text: 'the last tick left something to the next one',
      todo: 'If it stays so, raise the memory of the sweeper.',
    }),
    ...when((lastTick?.setAside ?? 0) > 0, {
      code: 'set_aside',
      level: 'alarm',
      text: `${lastTick?.setAside} items cannot be handled`,
      todo: 'The log of the sweeper names them (job_set_aside): repair or delete them.',
    }),
  ]
}

function recorderReasons({ behindMs, gapUntil }: RecorderFacts): readonly HealthReason[] {
  return [
    ...when(behindMs !== undefined && behindMs > behindAfterMs, {
      code: 'recorder_behind',
      level: 'warning',
      text: `a change of ${seconds(behindMs ?? 0)} ago is not counted yet: counts, history and events are behind`,
      todo: 'Read the log of the recorder. No job waits for it.',
    }),
    ...when(gapUntil !== undefined, {
      code: 'recorder_gap',
      level: 'warning',
      text: 'the recorder was away for longer than the stream remembers: history and events of that time are lost',
      todo: 'Counts are corrected by the daily recount.',
    }),
  ]
}

function jobReasons({ failed, crashed, paused }: HealthFacts): readonly HealthReason[] {
  return [
    ...when(failed > 0, {
      code: 'jobs_failed',
      level: 'warning',
      text: `${failed} jobs have failed for good in the last hour`,
      todo: 'GET /v1/errors groups them; retry them once the cause is gone.',
    }),
    ...when(crashed > 0, {
      code: 'jobs_crashed',
      level: 'warning',
      text: `${crashed} runs have crashed in the last hour`,
      todo: 'Read the log of the worker: memory, or a handler that blocks its process.',
    }),
    ...when(paused.length > 0, {
      code: 'queue_paused',
      level: 'warning',
      text: `paused: ${paused.join(', ')}`,
      todo: 'Resume them when their cause is gone.',
    }),
  ]
}

const when = (holds: boolean, reason: HealthReason): readonly HealthReason[] => (holds ? [reason] : [])
