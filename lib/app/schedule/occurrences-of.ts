/** A schedule's past and future: what it ran, what it will run, and one run out of turn. */

import { contractOf } from '../../core/definition/runner.ts'
import type { JobState } from '../../core/job/job.ts'
import { ranNow } from '../../core/records/schedule-changes.ts'
import type { StoredSchedule } from '../../core/records/schedule-record.ts'
import { checkSchedule } from '../../core/schedule/check-schedule.ts'
import { anchored, type ScheduleOptions, scheduleNameIn } from '../../core/schedule/definition.ts'
import { newestIn } from '../../core/schedule/misfire.ts'
import { boundedNext, occurrenceOf } from '../../core/schedule/occurrences.ts'
import { describeWhen, type PreviewRow, preview } from '../../core/schedule/preview.ts'
import { placementFor } from '../../core/transitions/enqueue.ts'
import { integerIn } from '../../core/values/check-options.ts'
import { Unavailable } from '../../core/values/errors.ts'
import { formatInstant } from '../../core/values/instant.ts'
import type { Deps } from '../../ports/deps.ts'
import { placedInput, putPayloads } from '../payloads.ts'
import { sendOrPull } from '../send.ts'
import { newId } from '../tokens.ts'
import { jobOf, withInput } from './plan-firing.ts'
import { schedulesNamed } from './read-schedules.ts'
import { writeSchedules } from './write-schedules.ts'

/** One occurrence of the past, and its job. */
export interface OccurrenceView {
  /** When it was due, ISO 8601. */
  readonly at: string
  /** Of its job. */
  readonly id: string
  /** Absent: there is no such job (any more). */
  readonly state?: JobState
  readonly startedAt?: string
}

/** At most so many at once. */
const maxShown = 100

async function found(deps: Deps, name: string): Promise<StoredSchedule | undefined> {
  return (await schedulesNamed(deps, [scheduleNameIn('name', name)])).get(name)
}

/**
 * The newest occurrences up to the last one that was fired, the newest first, each with what became of its job.
 * @param limit 1 to 100
 * @returns undefined when there is no such schedule
 * @throws InvalidInput, Unavailable
 */
export async function occurrencesOf(
  deps: Deps,
  name: string,
  limit = 20,
): Promise<readonly OccurrenceView[] | undefined> {
  integerIn('limit', limit, 1, maxShown)
  const schedule = await found(deps, name)
  if (schedule === undefined) return undefined
  const { definition, lastAt, madeAt } = schedule
  const next = boundedNext(definition)
  const times: number[] = []
  let until = lastAt
  while (until !== undefined && times.length < limit) {
    const newest = newestIn(next, madeAt, until)
    if (newest !== undefined) times.push(newest)
    until = newest === undefined ? undefined : newest - 1
  }
  const occurrences = times.map(time => occurrenceOf(definition, time))
  const jobs = await deps.store.get(occurrences.map(({ jobId }) => jobId))
  return occurrences.map(({ time, jobId }, index) => {
    const { state, startedAt } = jobs[index] ?? {}
    return {
      at: formatInstant(time),
      id: jobId,
      ...(state === undefined ? {} : { state }),
      ...(startedAt === undefined ? {} : { startedAt: formatInstant(startedAt) }),
    }
  })
}

export interface SchedulePreview {
  /** In words. */
  readonly description: string
  readonly next: readonly PreviewRow[]
}

/**
 * When a schedule that nobody has made yet would be due. Writes nothing.
 * @param count 1 to 100
 * @throws InvalidInput
 */
export function previewSchedule(
  { clock }: Pick<Deps, 'clock'>,
  options: ScheduleOptions,
  { count = 5, from = clock.now() }: { readonly count?: number; readonly from?: number } = {},
): SchedulePreview {
  const declaration = checkSchedule('schedule', {
    name: 'preview',
    type: 'preview',
    options: { input: {}, ...options },
  })
  const definition = anchored(declaration, from)
  const next = preview(definition, from, integerIn('count', count, 1, maxShown))
  return { description: describeWhen(definition.when), next }
}

/** As `previewSchedule`, of one that is there; undefined when it is not. */
export async function previewOf(deps: Deps, name: string, count = 5): Promise<SchedulePreview | undefined> {
  integerIn('count', count, 1, maxShown)
  const schedule = await found(deps, name)
  if (schedule === undefined) return undefined
  const { definition } = schedule
  return { description: describeWhen(definition.when), next: preview(definition, deps.clock.now(), count) }
}

export type RunNowOutcome = { readonly kind: 'enqueued'; readonly id: string } | { readonly kind: 'notFound' }

/**
 * Enqueues a job of the schedule out of turn, also while it is paused. The next occurrence comes as it would have; what the
 * schedule says about overlap holds between the two.
 * @throws whatever its input function throws; InputRefused, UnknownType, InvalidDefinition, Unavailable
 */
export async function runScheduleNow(deps: Deps, name: string): Promise<RunNowOutcome> {
  const schedule = await found(deps, name)
  if (schedule === undefined) return { kind: 'notFound' }
  const now = deps.clock.now()
  const id = newId(deps.random, now)
  const occurrence = { time: now, runAt: now, jobId: id }
  const definition = withInput(deps.runner, schedule.definition)
  const whole = await jobOf(deps, definition, { occurrence, after: schedule.lastJob, now })
  const { job, payload } = placedInput(deps, contractOf(deps.runner, whole.type), whole)
  const [lost] = await putPayloads(deps, payload === undefined ? [] : [payload])
  if (lost !== undefined) throw new Unavailable(`the input of job ${id} could not be put`, lost)
  const [inserted] = await deps.store.insert([job])
  // A random id is nobody else's: one that exists is this very job.
  if (inserted === undefined || inserted.kind === 'failed') {
    throw new Unavailable(`job ${id} could not be written`, inserted?.error ?? 'no answer')
  }
  const policy = deps.runner.jobs[job.type]?.policy
  const send = policy === undefined ? undefined : placementFor(now, now, policy).send
  if (send !== undefined) await sendOrPull(deps, [{ job, delayMs: send.delayMs }])
  deps.telemetry.emit({ name: 'job_enqueued', id, type: job.type, queue: job.queue, state: job.state, isNew: true })
  // Best effort: a tick that fires right now names its own job as the last.
  await writeSchedules(deps, [{ name: 'noteRunIfSeen', before: schedule, after: ranNow(schedule, id) }])
  return { kind: 'enqueued', id }
}
