import type { Message } from '../core/job/message.ts'

export interface Outgoing {
  readonly message: Message
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

/** Carries messages to workers: at least once, in no order, perhaps late. Losing one loses no job. */
export interface JobQueue {
  /** Answers per message, in the order given; never rejects. */
  send(queue: string, messages: readonly Outgoing[]): Promise<readonly SendOutcome[]>
  /** Best effort: what could not be set is answered with `failed`; never rejects. */
  setVisibility(queue: string, changes: readonly Visibility[]): Promise<readonly SendOutcome[]>
}
