import type { JobEvent } from '../ports/events.ts'
import type { TelemetryEvent } from '../ports/telemetry.ts'

/** What of a report leaves the process as an event; undefined for everything that only operators want to know. */
export function jobEventOf(event: TelemetryEvent): JobEvent | undefined {
  switch (event.name) {
    case 'job_completed':
      return { kind: 'completed', ...common(event) }
    case 'job_retry':
      return { kind: 'retry', ...common(event), error: event.error, retryInMs: event.retryInMs }
    case 'job_failed':
      return { kind: 'failed', ...common(event), error: event.error }
    case 'job_cancelled':
      return { kind: 'cancelled', ...common(event) }
    default:
      return undefined
  }
}

type Told = Extract<TelemetryEvent, { name: 'job_completed' | 'job_retry' | 'job_failed' | 'job_cancelled' }>

const common = ({ id, type, queue, attempt, notify }: Told) => ({
  id,
  type,
  queue,
  attempt,
  ...(notify === undefined ? {} : { notify }),
})
