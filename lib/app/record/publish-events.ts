/** Events to the bus, last of all. A bus that refuses holds up nothing: what it did not take waits in the outbox. */
import type { StreamPlace } from '../../core/history/derivation.ts'
import type { JobChange } from '../../core/history/job-change.ts'
import { shortHash } from '../../core/history/position.ts'
import { chunksOf } from '../../core/values/lists.ts'
import type { PublishedEvent } from '../../ports/events.ts'
import { jobEventOf } from './job-event.ts'
import { outboxRecord } from './outbox.ts'
import type { RecorderDeps } from './recorder-deps.ts'
import { scheduleEventOf } from './schedule-event.ts'

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
