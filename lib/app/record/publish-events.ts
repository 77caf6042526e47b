/** Events to the bus, last of all. A bus that refuses holds up nothing: what it did not take waits in the outbox. */
import type { StreamPlace } from '../../core/history/derivation.ts'
import { endedRunOf, enteredState, type JobChange } from '../../core/history/job-change.ts'
import { shortHash } from '../../core/history/position.ts'
import { storedError } from '../../core/history/stored-error.ts'
import { generationOf, isTerminal, type Job, lifeOf, notifyOf } from '../../core/job/job.ts'
import { overlapCode, takenBackCode } from '../../core/transitions/cancel.ts'
import { formatInstant } from '../../core/values/instant.ts'
import { chunksOf } from '../../core/values/lists.ts'
import type { JobEvent, PublishedEvent, ScheduleEvent } from '../../ports/events.ts'
import { outboxRecord } from './outbox.ts'
import type { RecorderDeps } from './recorder-deps.ts'

/** In one record of the outbox: with `notify` and an error an event has 3 KB at most, a record 400 KB. */
const eventsPerRecord = 100

/** @returns the earliest change whose event neither the bus nor the outbox took */
export async function publishEvents(
  deps: RecorderDeps,
  changes: readonly JobChange[],
  { shard, now }: StreamPlace,
): Promise<JobChange | undefined> {
  const { events, records, telemetry } = deps
  if (events === undefined) return undefined
  const byEvent = new Map<PublishedEvent, JobChange>()
  for (const change of changes) {
    for (const event of [jobEventOf(change), scheduleEventOf(change)]) {
      if (event !== undefined) byEvent.set(event, change)
    }
  }
  if (byEvent.size === 0) return undefined
  const refused = await events.publish([...byEvent.keys()])
  if (refused.length === 0) return undefined
  telemetry.emit({ name: 'events_put_off', count: refused.length })
  const chunks = chunksOf(refused, eventsPerRecord)
  // Also by what is in it: a batch that comes again with other bounds may begin with the same event and refuse more.
  const batchOf = (chunk: readonly PublishedEvent[]): string => {
    const content = shortHash(chunk.map(({ eventId }) => eventId).join())
    return `${shard}-${sequenceOf(chunk, byEvent)}-${content}`
  }
  const outcomes = await records.putIfAbsent(chunks.map(chunk => outboxRecord(batchOf(chunk), chunk, now)))
  const lost = chunks.findIndex((_, index) => outcomes[index]?.kind !== 'put' && outcomes[index]?.kind !== 'exists')
  const [first] = chunks[lost] ?? []
  return first === undefined ? undefined : byEvent.get(first)
}

const sequenceOf = ([first]: readonly PublishedEvent[], byEvent: ReadonlyMap<PublishedEvent, JobChange>): string =>
  first === undefined ? '' : (byEvent.get(first)?.sequence ?? '')

const endKinds: ReadonlyMap<string, JobEvent['kind']> = new Map([
  ['COMPLETED', 'completed'],
  ['FAILED', 'failed'],
  ['CANCELLED', 'cancelled'],
])

const maxErrorLength = 1_000

/**
 * What a change has to say to the world; undefined for most changes. Whoever made it: a run, the sweeper, an operator,
 * an edit in the console.
 */
export function jobEventOf(change: JobChange): JobEvent | undefined {
  const { after, at } = change
  if (after === undefined) return undefined
  const kind = endKinds.get(enteredState(change) ?? '') ?? retryOf(change)
  if (kind === undefined) return undefined
  const { id, type, queue, attempt, tenant, error } = after
  return {
    entity: 'job',
    eventId: eventIdOf(after, kind),
    at,
    kind,
    id,
    type,
    queue,
    generation: generationOf(after),
    attempt,
    ...(tenant === undefined ? {} : { tenant }),
    ...notifyOf(after),
    ...(error === undefined || (kind !== 'failed' && kind !== 'retry') ? {} : { error: errorText(error) }),
    ...(kind === 'retry' ? { retryInMs: Math.max(0, after.scheduledAt - endOf(change)) } : {}),
  }
}

const retryOf = (change: JobChange): JobEvent['kind'] | undefined =>
  endedRunOf(change)?.outcome === 'retried' ? 'retry' : undefined

const endOf = (change: JobChange): number => endedRunOf(change)?.endedAt ?? change.at

/** Job, life, generation, attempt and kind: two ends of one generation are two edits in the console. */
const eventIdOf = (job: Job, kind: JobEvent['kind']): string =>
  [job.id, lifeOf(job).life, generationOf(job), job.attempt, kind].join('#')

function errorText(text: string): string {
  const { name, message } = storedError(text)
  return `${name}: ${message}`.slice(0, maxErrorLength).toWellFormed()
}

/**
 * What a change of a job says of the schedule that made the job: an occurrence was fired, or skipped. So firings cost
 * the tick nothing more. What is done to schedules themselves comes with the act (act-events.ts).
 */
export function scheduleEventOf(change: JobChange): ScheduleEvent | undefined {
  const { after, at } = change
  const { schedule, occurrence } = after ?? {}
  const kind = kindOf(change)
  if (after === undefined || schedule === undefined || occurrence === undefined || kind === undefined) return undefined
  const eventId = [after.id, lifeOf(after).life, generationOf(after), kind].join('#')
  const detail = { type: after.type, job: after.id, occurrence: textOf(occurrence) }
  return { entity: 'schedule', eventId, at, kind, schedule, detail }
}

function kindOf(change: JobChange): 'fired' | 'skipped' | undefined {
  const { before, after } = change
  if (after === undefined || enteredState(change) === undefined) return undefined
  if (after.state === 'CANCELLED') return after.code === overlapCode ? 'skipped' : undefined
  return !isTerminal(after.state) && (before === undefined || isTakenBack(before)) ? 'fired' : undefined
}

/** Its schedule took it back, and has it again. */
const isTakenBack = ({ state, code }: Job): boolean => state === 'CANCELLED' && code === takenBackCode

/** A foreign writer may have put a number there that is no instant. */
function textOf(occurrence: number): string | number {
  return Math.abs(occurrence) <= 8.64e15 ? formatInstant(occurrence) : occurrence
}
