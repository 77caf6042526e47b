/** Events that no bus has taken yet: records in a lane, tried again until it does. */
import { deleteIfThere, type RecordChange } from '../../core/records/change.ts'
import { outboxKey, outboxLane } from '../../core/records/keys.ts'
import type { StoredRecord } from '../../core/records/record.ts'
import type { Events, PublishedEvent } from '../../ports/events.ts'
import type { RecorderDeps } from './recorder-deps.ts'

const minuteMs = 60_000
const dayMs = 86_400_000
const maxPauseMs = 60 * minuteMs
/** Whoever cannot repair a bus in two weeks has no use for what it should have carried. */
const giveUpMs = 14 * dayMs

/**
 * @param batch a name that a repetition makes again
 * @param lookAt when they are due. @default in a minute, as the bus refused them now
 */
export const outboxRecord = (
  batch: string,
  events: readonly PublishedEvent[],
  now: number,
  lookAt = now + minuteMs,
): StoredRecord => ({
  ...outboxKey(batch),
  attributes: {
    events: JSON.stringify(events),
    since: now,
    tries: 0,
    lane: outboxLane,
    lookAt,
    // A day later than the last try, so that none goes unreported.
    ttl: Math.ceil((now + giveUpMs + dayMs) / 1_000),
  },
})

export interface OutboxReport {
  readonly published: number
  /** Events that still wait. */
  readonly waiting: number
}

const pageSize = 25

/**
 * Publishes what waits in the outbox, a page at a time, until the bus refuses or time runs out.
 * @param endAt when to stop, epoch milliseconds
 * @throws Unavailable when the records cannot be read
 */
export async function flushOutbox(deps: RecorderDeps, events: Events, endAt: number): Promise<OutboxReport> {
  const total = { published: 0, waiting: 0 }
  for (;;) {
    const now = deps.clock.now()
    const { rows } = await deps.records.due(outboxLane, now, pageSize)
    if (rows.length === 0 || now >= endAt) return total
    const stored = await deps.records.get(rows)
    let isRefused = false
    for (const record of stored) {
      if (record === undefined) continue
      const left = await publishOne(deps, events, record)
      total.published += eventsIn(record).length - left
      total.waiting += left
      isRefused ||= left > 0
    }
    // Rows of an index that is behind come again: then there is nothing to win by looking at once.
    if (isRefused || rows.length < pageSize) return total
  }
}

/** @returns how many events wait on */
async function publishOne(deps: RecorderDeps, events: Events, record: StoredRecord): Promise<number> {
  const now = deps.clock.now()
  const waiting = eventsIn(record)
  const left = waiting.length === 0 ? [] : await events.publish(waiting)
  const since = Number(record.attributes['since'] ?? now)
  const isGivenUp = left.length > 0 && now - since > giveUpMs
  if (isGivenUp) deps.telemetry.emit({ name: 'events_lost', count: left.length })
  const change = left.length === 0 || isGivenUp ? deleteIfThere : putOffAgain(record, left, now)
  // Whatever comes of it: the record is tried again, and an event more than once is no harm.
  await deps.records.update([{ key: record, change }])
  return isGivenUp ? 0 : left.length
}

function putOffAgain(record: StoredRecord, left: readonly PublishedEvent[], now: number): RecordChange {
  const tries = Number(record.attributes['tries'] ?? 0) + 1
  return {
    name: 'putOffAgain',
    guard: [],
    actions: [
      { op: 'set', attribute: 'events', value: JSON.stringify(left) },
      { op: 'set', attribute: 'tries', value: tries },
      { op: 'set', attribute: 'lookAt', value: now + Math.min(maxPauseMs, minuteMs * 2 ** Math.min(tries, 10)) },
    ],
  }
}

function eventsIn({ attributes }: StoredRecord): readonly PublishedEvent[] {
  const { events: text } = attributes
  try {
    const events: unknown = typeof text === 'string' ? JSON.parse(text) : []
    return Array.isArray(events) ? (events as PublishedEvent[]) : []
  } catch {
    return []
  }
}
