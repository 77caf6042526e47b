import { Logger as PowertoolsLogger } from '@aws-lambda-powertools/logger'
import { eventBridgeClient } from '../aws/connect.ts'
import { EventBridgeEvents } from '../aws/eventbridge/event-bus.ts'
import type { Logger } from '../core/definition/run-context.ts'
import type { Events, JobEvent } from '../ports/events.ts'
import type { Telemetry, TelemetryEvent } from '../ports/telemetry.ts'
import { jobEventOf } from './job-events.ts'
import { levelOf } from './metrics.ts'
import { serviceMetrics } from './service-metrics.ts'

export interface LambdaTelemetry extends Telemetry {
  readonly logger: PowertoolsLogger
  readonly loggerFor: (fields: Readonly<Record<string, unknown>>) => Logger
  /** Metrics from here on carry the queue as a dimension. */
  forQueue(queue: string): void
  /** Hands events over, then writes what was counted since, as one line in CloudWatch's embedded metric format. */
  flush(): Promise<void>
}

/**
 * One JSON line per event, and its metrics, in the way of Powertools for AWS Lambda.
 * @param events where the ends and retries of jobs are told beside; nowhere by default
 */
export function lambdaTelemetry(service: string, events = eventsFromEnvironment()): LambdaTelemetry {
  const logger = new PowertoolsLogger({ serviceName: service })
  const metrics = serviceMetrics(service)
  let outbox: JobEvent[] = []
  function emit(event: TelemetryEvent): void {
    logger[levelOf(event)](event.name, fieldsOf(event))
    metrics.count(event)
    const told = events === undefined ? undefined : jobEventOf(event)
    if (told !== undefined) outbox.push(told)
  }
  return {
    logger,
    emit,
    loggerFor: fields => asLogger(logger.createChild({ persistentKeys: fields })),
    forQueue: queue => metrics.forQueue(queue),
    async flush() {
      const told = outbox
      outbox = []
      const lost = told.length === 0 ? 0 : ((await events?.publish(told)) ?? 0)
      if (lost > 0) emit({ name: 'events_lost', count: lost })
      metrics.write()
    },
  }
}

/** `LAMPLIGHTER_EVENT_BUS`: name or ARN of an EventBridge bus. */
function eventsFromEnvironment(): Events | undefined {
  const bus = process.env['LAMPLIGHTER_EVENT_BUS'] ?? ''
  return bus === '' ? undefined : new EventBridgeEvents(eventBridgeClient(), bus)
}

function asLogger(logger: PowertoolsLogger): Logger {
  const write =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}): void =>
      logger[level](message, { ...fields })
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

/** Log fields in the field's usual snake_case, the job's own with `job_` in front. */
function fieldsOf(event: TelemetryEvent): Record<string, unknown> {
  const { name: _, id, notify: __, ...rest } = { id: undefined, notify: undefined, ...event }
  const fields: Record<string, unknown> = id === undefined ? {} : { job_id: id }
  for (const [key, value] of Object.entries(rest)) {
    fields[key === 'type' ? 'job_type' : key.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)] = value
  }
  return fields
}
