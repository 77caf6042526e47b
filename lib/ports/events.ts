interface Published {
  /** The same whenever the event is repeated: a receiver knows by it what it has seen. */
  readonly eventId: string
  /** When it happened, to the second at least. */
  readonly at: number
}

/** What other systems may want to know of a job. Never its input or result. */
export interface JobEvent extends Published {
  readonly entity: 'job'
  readonly kind: 'completed' | 'retry' | 'failed' | 'cancelled'
  readonly id: string
  readonly type: string
  readonly queue: string
  readonly generation: number
  readonly attempt: number
  /** For whom it ran. Absent: nobody in particular. */
  readonly tenant?: string
  /** JSON text given at enqueue. */
  readonly notify?: string
  /** Name and message, bounded. */
  readonly error?: string
  readonly retryInMs?: number
}

/** What happened to a schedule. */
export interface ScheduleEvent extends Published {
  readonly entity: 'schedule'
  readonly kind:
    | 'added'
    | 'changed'
    | 'removed'
    | 'paused'
    | 'resumed'
    | 'fired'
    | 'missed'
    | 'skipped'
    | 'ended'
    | 'taken_over'
  readonly schedule: string
  /** What goes with the kind, such as how many occurrences were missed. */
  readonly detail?: Readonly<Record<string, string | number>>
}

/** What somebody did with a whole queue. */
export interface QueueEvent extends Published {
  readonly entity: 'queue'
  readonly kind: 'paused' | 'resumed'
  readonly queue: string
  /** Who asked for it and why; when a pause ends by itself, epoch milliseconds. */
  readonly by?: string
  readonly why?: string
  readonly until?: number
}

export type PublishedEvent = JobEvent | ScheduleEvent | QueueEvent

/**
 * Hands events to the world: at least once, in no order. No transition waits for it. What the bus did not take the
 * caller keeps, and publishes again.
 */
export interface Events {
  /** Never rejects. @returns those that the bus did not take */
  publish(events: readonly PublishedEvent[]): Promise<readonly PublishedEvent[]>
}
