import { maxVisibilityMs } from '../../lib/core/values/quotas.ts'
import type { QueueDepth, SendOutcome, Visibility } from '../../lib/ports/job-queue.ts'

interface Held {
  readonly messageId: string
  readonly body: string
  readonly sentAt: number
  visibleAt: number
  receives: number
  receipt: string
  /** Received, and neither deleted nor visible again: it counts towards the quota until `visibleAt`. */
  isReceived: boolean
}

export interface Received {
  readonly messageId: string
  readonly receipt: string
  readonly body: string
  /** This receive included. */
  readonly receives: number
}

export interface SqsOptions {
  readonly now: () => number
  /** Messages of one queue that may be received at the same time; AWS allows 120,000. */
  readonly inFlightQuota: number
  /** How long a message is kept, from its send. */
  readonly retentionMs: number
  readonly count: (name: string) => void
}

/**
 * SQS: delays, visibility timeouts, receipts, receive counts, retention, and the quota of messages in flight. At the
 * quota a receive gets nothing, and no error. A delayed message is not in flight.
 */
export class Sqs {
  readonly #queues = new Map<string, Map<string, Held>>()
  readonly #options: SqsOptions
  #sent = 0

  constructor(options: SqsOptions) {
    this.#options = options
  }

  /** Puts any text into a queue, as a foreign sender could. */
  put(queue: string, body: string, delayMs = 0): void {
    this.#sent += 1
    const messageId = `m${this.#sent}`
    const sentAt = this.#options.now()
    const visibleAt = sentAt + delayMs
    this.#of(queue).set(messageId, { messageId, body, sentAt, visibleAt, receives: 0, receipt: '', isReceived: false })
  }

  /** What a poller gets: up to `max` visible messages, hidden from now for `visibilityMs`. */
  receive(queue: string, max: number, visibilityMs: number): readonly Received[] {
    const { inFlightQuota, count } = this.#options
    const now = this.#options.now()
    this.#dropExpired(queue)
    const room = inFlightQuota - this.inFlight(queue)
    const received: Received[] = []
    for (const message of this.#of(queue).values()) {
      if (received.length >= max) break
      if (message.visibleAt > now) continue
      if (received.length >= room) {
        count('transport in-flight quota reached')
        break
      }
      message.receives += 1
      message.receipt = `${message.messageId}/${message.receives}`
      message.visibleAt = now + visibilityMs
      message.isReceived = true
      const { messageId, receipt, body, receives } = message
      received.push({ messageId, receipt, body, receives })
    }
    return received
  }

  setVisibility(queue: string, { receipt, visibleInMs }: Visibility): SendOutcome {
    const message = this.#of(queue).get(messageIdOf(receipt))
    if (message?.receipt !== receipt) return { kind: 'failed', error: new Error('no message under this receipt') }
    message.visibleAt = this.#options.now() + Math.ceil(Math.min(visibleInMs, maxVisibilityMs) / 1_000) * 1_000
    return { kind: 'sent' }
  }

  /** Deletes by the receipt of the latest receive; an older one deletes nothing. */
  delete(queue: string, receipt: string): void {
    const messageId = messageIdOf(receipt)
    if (this.#of(queue).get(messageId)?.receipt === receipt) this.#of(queue).delete(messageId)
  }

  /** When the next poll may bring something; undefined when nothing is held. At the quota: when a message leaves it. */
  nextVisibleAt(queue: string): number | undefined {
    const now = this.#options.now()
    const isFull = this.inFlight(queue) >= this.#options.inFlightQuota
    let next: number | undefined
    for (const { visibleAt } of this.#of(queue).values()) {
      if (isFull && visibleAt <= now) continue
      if (next === undefined || visibleAt < next) next = visibleAt
    }
    return next
  }

  /** When a message in hand is seen again; undefined under an old receipt. */
  visibleAt(queue: string, receipt: string): number | undefined {
    const message = this.#of(queue).get(messageIdOf(receipt))
    return message?.receipt === receipt ? message.visibleAt : undefined
  }

  depth(queue: string): QueueDepth {
    const now = this.#options.now()
    this.#dropExpired(queue)
    const [inFlight, held] = [this.inFlight(queue), [...this.#of(queue).values()]]
    const visible = held.filter(({ visibleAt }) => visibleAt <= now).length
    return { visible, inFlight, delayed: held.length - visible - inFlight }
  }

  inFlight(queue: string): number {
    const now = this.#options.now()
    let inFlight = 0
    for (const { isReceived, visibleAt } of this.#of(queue).values()) if (isReceived && visibleAt > now) inFlight += 1
    return inFlight
  }

  isEmpty(): boolean {
    for (const [queue, held] of this.#queues) {
      this.#dropExpired(queue)
      if (held.size > 0) return false
    }
    return true
  }

  /** Takes away the messages that somebody else deals with. */
  drop(isTheirs: (body: string) => boolean): void {
    for (const held of this.#queues.values()) {
      for (const { messageId, body } of held.values()) if (isTheirs(body)) held.delete(messageId)
    }
  }

  /** Loses everything, as a purge does. */
  purge(): void {
    this.#queues.clear()
  }

  #dropExpired(queue: string): void {
    const now = this.#options.now()
    // In the order of their sends: the first that is young enough ends the search.
    for (const [messageId, { sentAt }] of this.#of(queue)) {
      if (sentAt + this.#options.retentionMs > now) return
      this.#options.count('transport message expired')
      this.#of(queue).delete(messageId)
    }
  }

  #of(queue: string): Map<string, Held> {
    const held = this.#queues.get(queue) ?? new Map<string, Held>()
    this.#queues.set(queue, held)
    return held
  }
}

export const messageIdOf = (receipt: string): string => receipt.slice(0, receipt.lastIndexOf('/'))
