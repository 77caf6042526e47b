/** What other systems may want to know of a job, as it happens. Never its input or result. */
export interface JobEvent {
  readonly kind: 'completed' | 'retry' | 'failed' | 'cancelled'
  readonly id: string
  readonly type: string
  readonly queue: string
  readonly attempt: number
  /** JSON text given at enqueue. */
  readonly notify?: string
  readonly error?: string
  readonly retryInMs?: number
}

/** Hands events to the world. Best effort: no transition waits for it, and an event may be lost or come twice. */
export interface Events {
  /** Never rejects; answers how many could not be handed over. */
  publish(events: readonly JobEvent[]): Promise<number>
}
