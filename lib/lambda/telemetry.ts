import { Logger as PowertoolsLogger } from '@aws-lambda-powertools/logger'
import { Metrics } from '@aws-lambda-powertools/metrics'
import type { Logger } from '../core/contract.ts'
import type { Telemetry, TelemetryEvent } from '../ports/telemetry.ts'
import { levelOf, metricsOf } from './metrics.ts'

/** Namespace of the metrics in CloudWatch; `POWERTOOLS_METRICS_NAMESPACE` names another. */
const defaultNamespace = 'Lamplighter'

export interface LambdaTelemetry extends Telemetry {
  readonly logger: PowertoolsLogger
  readonly loggerFor: (fields: Readonly<Record<string, unknown>>) => Logger
  /** Metrics from here on carry the queue as a dimension. */
  forQueue(queue: string): void
  /** Writes what was counted since, as one line in CloudWatch's embedded metric format. */
  flush(): void
}

/** One JSON line per event, and its metrics, in the way of Powertools for AWS Lambda. */
export function lambdaTelemetry(service: string): LambdaTelemetry {
  const logger = new PowertoolsLogger({ serviceName: service })
  const metrics = new Metrics({
    namespace: process.env['POWERTOOLS_METRICS_NAMESPACE'] ?? defaultNamespace,
    serviceName: service,
  })
  return {
    logger,
    emit(event) {
      logger[levelOf(event)](event.name, fieldsOf(event))
      for (const { name, unit, value } of metricsOf(event)) metrics.addMetric(name, unit, value)
    },
    loggerFor: fields => asLogger(logger.createChild({ persistentKeys: fields })),
    forQueue: queue => {
      metrics.addDimension('queue', queue)
    },
    flush() {
      // Powertools warns, a line each time, when there is nothing to write.
      if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics()
    },
  }
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
  const { name: _, id, ...rest } = { id: undefined, ...event }
  const fields: Record<string, unknown> = id === undefined ? {} : { job_id: id }
  for (const [key, value] of Object.entries(rest)) {
    fields[key === 'type' ? 'job_type' : key.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)] = value
  }
  return fields
}
