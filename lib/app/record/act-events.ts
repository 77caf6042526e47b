/**
 * Events of schedules and queues, which have no stream. An act puts its events into the outbox in the transaction that
 * writes the act itself: both exist, or neither does. The recorder, which alone may publish, empties the outbox each minute.
 */
import { type Control, notePublishing } from '../../core/records/control.ts'
import { controlKey } from '../../core/records/keys.ts'
import type { Pause } from '../../core/records/pause.ts'
import type { StoredSchedule } from '../../core/records/schedule-record.ts'
import type { Due } from '../../core/schedule/misfire.ts'
import type { Deps } from '../../ports/deps.ts'
import type { PublishedEvent, QueueEvent, ScheduleEvent } from '../../ports/events.ts'
import type { TransactAction } from '../../ports/record-store.ts'
import { newRequestToken } from '../tokens.ts'
import { outboxRecord } from './outbox.ts'

type Making = Pick<Deps, 'random'>

/**
 * Writes down whether there is a bus, where that has changed: no request otherwise.
 * @returns the control record as it is from now on
 */
export async function noteBus(deps: Deps, control: Control): Promise<Control> {
  const { isPublishing } = deps
  if (isPublishing === undefined || isPublishing === (control.isPublishing ?? false)) return control
  const [outcome] = await deps.records.update([{ key: controlKey, change: notePublishing(isPublishing) }])
  if (outcome?.kind === 'failed') {
    const { message: error } = outcome.error
    deps.telemetry.emit({ name: 'store_failed', transition: 'notePublishing', error })
  }
  const { isPublishing: _, ...rest } = control
  return isPublishing ? { ...rest, isPublishing } : rest
}

/** Puts the events of one act into the outbox: for the transaction that writes the act. None of them: no action. */
export function eventActions({ random }: Making, events: readonly PublishedEvent[] = []): readonly TransactAction[] {
  const [first] = events
  if (first === undefined) return []
  return [{ kind: 'put', record: outboxRecord(newRequestToken(random), events, first.at, first.at) }]
}

/** What is done to a schedule: as telemetry names it. */
export type ScheduleAct = `schedule_${'added' | 'changed' | 'removed' | 'paused' | 'resumed' | 'taken_over'}`

/** @param after the schedule as it is stored from now on; of one that is deleted, as it was */
export function eventsOfAct(
  deps: Making,
  act: ScheduleAct,
  { before, after }: { readonly before?: StoredSchedule | undefined; readonly after: StoredSchedule },
  at: number,
): readonly ScheduleEvent[] {
  const kind = act.slice('schedule_'.length) as ScheduleEvent['kind']
  const by = kind === 'paused' && after.pausedBy !== undefined ? { by: after.pausedBy } : {}
  const events = [eventOf(deps, after, { kind, at, detail: by })]
  const hasEnded = after.status === 'ENDED' && before?.status !== 'ENDED'
  return hasEnded ? [...events, eventOf(deps, after, { kind: 'ended', at })] : events
}

/** What a firing brings about in addition to its jobs, whose events come with the jobs' stream. Mostly nothing. */
export function eventsOfFiring(deps: Making, after: StoredSchedule, due: Due, at: number): readonly ScheduleEvent[] {
  const { dropped } = due
  return [
    ...(dropped > 0 ? [eventOf(deps, after, { kind: 'missed', at, detail: { missed: dropped } })] : []),
    ...(after.status === 'ENDED' ? [eventOf(deps, after, { kind: 'ended', at })] : []),
  ]
}

/** The id is made once and stored with the event. */
function eventOf(
  { random }: Making,
  { definition: { name, type }, owner, version }: StoredSchedule,
  { kind, at, detail = {} }: Pick<ScheduleEvent, 'kind' | 'at' | 'detail'>,
): ScheduleEvent {
  const eventId = [name, newRequestToken(random), kind].join('#')
  return { entity: 'schedule', eventId, at, kind, schedule: name, detail: { type, owner, version, ...detail } }
}

/** @param pause as it begins; of a queue that is resumed, undefined */
export function eventOfQueue({ random }: Making, queue: string, pause: Pause | undefined, now: number): QueueEvent {
  const kind = pause === undefined ? 'resumed' : 'paused'
  const eventId = [queue, newRequestToken(random), kind].join('#')
  if (pause === undefined) return { entity: 'queue', eventId, at: now, kind, queue }
  const { at, by, why, until } = pause
  const said = { by, ...(why === undefined ? {} : { why }), ...(until === undefined ? {} : { until }) }
  return { entity: 'queue', eventId, at, kind, queue, ...said }
}
