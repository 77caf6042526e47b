import { type EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge'
import { fromJsonText } from '../../core/values/json.ts'
import { chunksOf } from '../../core/values/lists.ts'
import { repeatFailed } from '../../core/values/repeat-failed.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Events, JobEvent } from '../../ports/events.ts'

/** EventBridge: entries in one PutEvents. docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */
const maxEntriesPerCall = 10
/** A bus that is throttled needs a moment; the function waits for it before it answers. */
const delaysMs = [100]

const detailTypes = {
  completed: 'Job Completed',
  retry: 'Job Retry Scheduled',
  failed: 'Job Failed',
  cancelled: 'Job Cancelled',
} as const satisfies Record<JobEvent['kind'], string>

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

  async publish(events: readonly JobEvent[]): Promise<number> {
    const calls = chunksOf(
      events.map(event => this.#entryOf(event)),
      maxEntriesPerCall,
    )
    const lost = await Promise.all(calls.map(entries => this.#put(entries)))
    return lost.reduce((sum, count) => sum + count, 0)
  }

  /** A call may succeed and still refuse some entries; those are tried once more, and then given up. */
  async #put(entries: readonly PutEventsRequestEntry[]): Promise<number> {
    const policy = { clock: this.#clock, delaysMs }
    const taken = await repeatFailed(
      entries,
      some => this.#putOnce(some),
      isTaken => !isTaken,
      policy,
    )
    return taken.filter(isTaken => !isTaken).length
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

  #entryOf({ kind, notify, ...detail }: JobEvent): PutEventsRequestEntry {
    return {
      EventBusName: this.#bus,
      Source: 'lamplighter',
      DetailType: detailTypes[kind],
      Detail: JSON.stringify({ ...detail, ...(notify === undefined ? {} : { notify: parsed(notify) }) }),
    }
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
