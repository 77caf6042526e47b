import type { Message } from '../core/job/message.ts'

export interface Outgoing {
  readonly message: Message
  /** As the job's item has it. Required, so that no sender forgets it. */
  readonly tenant: string | undefined
  /** 0 to 900,000; rounded up to whole seconds, so that nothing comes early. */
  readonly delayMs: number
}

export type SendOutcome = { readonly kind: 'sent' } | { readonly kind: 'failed'; readonly error: Error }

/** How long a message in hand stays hidden, counted from now. */
export interface Visibility {
  readonly receipt: string
  /** Rounded up to whole seconds; at most 12 h. */
  readonly visibleInMs: number
}

/** Messages of a queue, as the transport estimates them: a minute after the last change the numbers are right. */
export interface QueueDepth {
  readonly visible: number
  /** In the hands of a worker, or hidden by one. */
  readonly inFlight: number
  /** Sent with a delay that is not over. */
  readonly delayed: number
}

/** Carries messages to workers: at least once, in no order, perhaps late. Losing one loses no job. */
export interface JobQueue {
  /** Answers per message, in the order given; never rejects. */
  send(queue: string, messages: readonly Outgoing[]): Promise<readonly SendOutcome[]>
  /** Best effort: what could not be set is answered with `failed`; never rejects. */
  setVisibility(queue: string, changes: readonly Visibility[]): Promise<readonly SendOutcome[]>
  /** @throws Unavailable */
  depth(queue: string): Promise<QueueDepth>
}
