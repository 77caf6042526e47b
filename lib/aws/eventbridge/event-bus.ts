import { type EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge'
import { formatInstant } from '../../core/values/instant.ts'
import { fromJsonText } from '../../core/values/json.ts'
import { chunksOf, mapBounded } from '../../core/values/lists.ts'
import { repeatFailed } from '../../core/values/repeat-failed.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Events, JobEvent, PublishedEvent, QueueEvent, ScheduleEvent } from '../../ports/events.ts'

/** EventBridge: entries in one PutEvents. docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */
const maxEntriesPerCall = 10
/** EventBridge takes 600 to 10,000 calls a second, by region. …/userguide/eb-quota.html */
const parallelCalls = 4
/** A bus that is throttled needs a moment; the function waits for it before it answers. */
const delaysMs = [100]

const jobDetailTypes = {
  completed: 'Job Completed',
  retry: 'Job Retry Scheduled',
  failed: 'Job Failed',
  cancelled: 'Job Cancelled',
} as const satisfies Record<JobEvent['kind'], string>

const scheduleDetailTypes = {
  added: 'Schedule Added',
  changed: 'Schedule Changed',
  removed: 'Schedule Removed',
  paused: 'Schedule Paused',
  resumed: 'Schedule Resumed',
  fired: 'Schedule Fired',
  missed: 'Schedule Missed',
  skipped: 'Schedule Skipped',
  ended: 'Schedule Ended',
  taken_over: 'Schedule Taken Over',
} as const satisfies Record<ScheduleEvent['kind'], string>

const queueDetailTypes = {
  paused: 'Queue Paused',
  resumed: 'Queue Resumed',
} as const satisfies Record<QueueEvent['kind'], string>

/** Events on an EventBridge bus: source `lamplighter`, a detail type for each kind. */
export class EventBridgeEvents implements Events {
  readonly #client: EventBridgeClient
  readonly #bus: string
  readonly #clock: Pick<Clock, 'now' | 'sleep'>

  /** @param bus name or ARN */
  constructor(client: EventBridgeClient, bus: string, clock: Pick<Clock, 'now' | 'sleep'>) {
    this.#client = client
    this.#bus = bus
    this.#clock = clock
  }

  async publish(events: readonly PublishedEvent[]): Promise<readonly PublishedEvent[]> {
    const calls = chunksOf(events, maxEntriesPerCall)
    return (await mapBounded(calls, parallelCalls, some => this.#put(some))).flat()
  }

  /** A call may succeed and still refuse some entries; those are tried once more. */
  async #put(events: readonly PublishedEvent[]): Promise<readonly PublishedEvent[]> {
    const policy = { clock: this.#clock, delaysMs }
    const taken = await repeatFailed(
      events,
      some => this.#putOnce(some.map(event => this.#entryOf(event))),
      isTaken => !isTaken,
      policy,
    )
    return events.filter((_, index) => taken[index] !== true)
  }

  /** @returns per entry whether the bus took it */
  async #putOnce(entries: readonly PutEventsRequestEntry[]): Promise<readonly boolean[]> {
    try {
      const { Entries: answers = [] } = await this.#client.send(new PutEventsCommand({ Entries: [...entries] }))
      return entries.map((_, index) => answers[index]?.EventId !== undefined)
    } catch {
      return entries.map(() => false)
    }
  }

  #entryOf(event: PublishedEvent): PutEventsRequestEntry {
    return { EventBusName: this.#bus, Source: 'lamplighter', Time: new Date(event.at), ...detailOf(event) }
  }
}

function detailOf(event: PublishedEvent): Pick<PutEventsRequestEntry, 'DetailType' | 'Detail'> {
  if (event.entity === 'schedule') {
    const { entity: _, kind, at, detail, ...rest } = event
    const Detail = JSON.stringify({ ...rest, at: formatInstant(at), ...detail })
    return { DetailType: scheduleDetailTypes[kind], Detail }
  }
  if (event.entity === 'queue') {
    const { entity: _, kind, at, until, ...rest } = event
    const ends = until === undefined ? {} : { until: formatInstant(until) }
    return { DetailType: queueDetailTypes[kind], Detail: JSON.stringify({ ...rest, at: formatInstant(at), ...ends }) }
  }
  const { entity: _, kind, at, notify, ...rest } = event
  const parsedNotify = notify === undefined ? {} : { notify: parsed(notify) }
  return {
    DetailType: jobDetailTypes[kind],
    Detail: JSON.stringify({ ...rest, at: formatInstant(at), ...parsedNotify }),
  }
}

/** A foreign writer may have put text there that is no JSON. */
function parsed(text: string): unknown {
  try {
    return fromJsonText(text)
  } catch {
    return text
  }
}
