import { maxDelayMs, maxVisibilityMs } from '../core/values/quotas.ts'
import type { Clock } from '../ports/clock.ts'
import type { JobQueue, Outgoing, QueueDepth, SendOutcome, Visibility } from '../ports/job-queue.ts'

interface Held {
  readonly messageId: string
  readonly body: string
  readonly tenant: string | undefined
  visibleAt: number
  receives: number
  receipt: string
}

export interface Received {
  readonly messageId: string
  readonly receipt: string
  readonly body: string
  /** For whom its job runs, as the sender said. Absent: nobody in particular. */
  readonly tenant?: string
  /** This receive included. */
  readonly receives: number
}

/** A whole JobQueue in memory, with SQS's delays, visibility timeouts, receipts and receive counts. */
export class MemoryJobQueue implements JobQueue {
  readonly #queues = new Map<string, Held[]>()
  readonly #clock: Pick<Clock, 'now'>
  #count = 0

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  async send(queue: string, messages: readonly Outgoing[]): Promise<readonly SendOutcome[]> {
    return messages.map(({ message, tenant, delayMs }) => {
      if (!(delayMs >= 0 && delayMs <= maxDelayMs)) {
        return { kind: 'failed', error: new Error(`delayMs is ${delayMs}; allowed: 0 to ${maxDelayMs}`) }
      }
      this.put(queue, JSON.stringify(message), wholeSeconds(delayMs), tenant)
      return { kind: 'sent' }
    })
  }

  async setVisibility(queue: string, changes: readonly Visibility[]): Promise<readonly SendOutcome[]> {
    return changes.map(({ receipt, visibleInMs }) => {
      const held = this.#of(queue).find(message => message.receipt === receipt)
      if (held === undefined) return { kind: 'failed', error: new Error('no message in hand under this receipt') }
      held.visibleAt = this.#clock.now() + wholeSeconds(Math.min(visibleInMs, maxVisibilityMs))
      return { kind: 'sent' }
    })
  }

  async depth(queue: string): Promise<QueueDepth> {
    const now = this.#clock.now()
    const hidden = this.#of(queue).filter(({ visibleAt }) => visibleAt > now)
    const delayed = hidden.filter(({ receives }) => receives === 0).length
    return { visible: this.#of(queue).length - hidden.length, inFlight: hidden.length - delayed, delayed }
  }

  /** Puts any text into a queue, as a foreign sender could. */
  put(queue: string, body: string, delayMs = 0, tenant?: string): void {
    this.#count += 1
    const messageId = `m${this.#count}`
    this.#of(queue).push({ messageId, body, tenant, visibleAt: this.#clock.now() + delayMs, receives: 0, receipt: '' })
  }

  /** What a poller gets: up to `max` visible messages, hidden from now for `visibilityMs`. */
  receive(queue: string, max: number, visibilityMs: number): readonly Received[] {
    const now = this.#clock.now()
    const visible = this.#of(queue).filter(message => message.visibleAt <= now)
    return visible.slice(0, max).map(message => {
      message.receives += 1
      message.receipt = `${message.messageId}/${message.receives}`
      message.visibleAt = now + visibilityMs
      const { messageId, receipt, body, tenant, receives } = message
      return { messageId, receipt, body, receives, ...(tenant === undefined ? {} : { tenant }) }
    })
  }

  /** Deletes by the receipt of the latest receive; an older one deletes nothing. */
  delete(queue: string, receipt: string): void {
    this.#queues.set(
      queue,
      this.#of(queue).filter(message => message.receipt !== receipt || receipt === ''),
    )
  }

  /** When the next message becomes visible; undefined when there is none. */
  nextVisibleAt(queue: string): number | undefined {
    const times = this.#of(queue).map(message => message.visibleAt)
    return times.length === 0 ? undefined : Math.min(...times)
  }

  /** Loses everything, as a purge does. */
  purge(): void {
    this.#queues.clear()
  }

  #of(queue: string): Held[] {
    const held = this.#queues.get(queue) ?? []
    this.#queues.set(queue, held)
    return held
  }
}

/** SQS counts whole seconds; rounded up, nothing comes early. */
const wholeSeconds = (milliseconds: number): number => Math.ceil(milliseconds / 1_000) * 1_000
