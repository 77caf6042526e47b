import { LogFormatter, LogItem, Logger as PowertoolsLogger } from '@aws-lambda-powertools/logger'
import type { LogAttributes, UnformattedAttributes } from '@aws-lambda-powertools/logger/types'
import type { Logger } from '../core/definition/run-context.ts'
import type { Telemetry, TelemetryEvent } from '../ports/telemetry.ts'
import { levelOf } from './metrics.ts'
import { serviceMetrics } from './service-metrics.ts'

/** Powertools' own numbers. docs.powertools.aws.dev/lambda/typescript/latest/features/logger */
const thresholds = { debug: 8, info: 12, warn: 16, error: 20 } as const

export interface LambdaTelemetry extends Telemetry {
  readonly logger: PowertoolsLogger
  readonly loggerFor: (fields: Readonly<Record<string, unknown>>) => Logger
  /** Metrics from here on carry the queue as a dimension. */
  forQueue(queue: string): void
  /** Writes what was counted since, as one line in CloudWatch's embedded metric format. */
  flush(): void
}

/** One JSON line per event that is worth one, and its metrics, in the way of Powertools for AWS Lambda. */
export function lambdaTelemetry(service: string): LambdaTelemetry {
  const logger = new PowertoolsLogger({ serviceName: service, logFormatter: new ShortLogFormatter() })
  const metrics = serviceMetrics(service)
  // Asked once an invocation: Powertools looks into the environment each time.
  let threshold: number | undefined
  function emit(event: TelemetryEvent): void {
    const level = levelOf(event)
    threshold ??= logger.level
    if (threshold <= thresholds[level]) logger[level](event.name, fieldsOf(event))
    metrics.count(event)
  }
  return {
    logger,
    emit,
    loggerFor: fields => asLogger(logger, fields),
    forQueue: queue => metrics.forQueue(queue),
    flush() {
      threshold = undefined
      metrics.write()
    },
  }
}

/**
 * A logger whose lines carry the fields of one run. Not a child of Powertools': making one costs more than a run does,
 * and most handlers never log.
 */
function asLogger(logger: PowertoolsLogger, own: Readonly<Record<string, unknown>>): Logger {
  const write =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}): void =>
      logger[level](message, { ...own, ...fields })
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

/** Log fields in the usual snake_case, the job's own with `job_` in front. `notify` is handed on, and never logged. */
function fieldsOf(event: TelemetryEvent): Record<string, unknown> {
  const fields: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(event)) {
    if (key !== 'name' && key !== 'notify' && value !== undefined) fields[fieldName(key)] = value
  }
  return fields
}

const fieldNames = new Map([
  ['id', 'job_id'],
  ['type', 'job_type'],
])

function fieldName(key: string): string {
  const known = fieldNames.get(key)
  if (known !== undefined) return known
  const name = key.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
  fieldNames.set(key, name)
  return name
}

/**
 * Powertools' own format without what is the same in every line of a function, and in its log group's name: ARN, memory
 * size and sampling rate are 150 bytes of each line, and CloudWatch charges by the byte.
 */
class ShortLogFormatter extends LogFormatter {
  override formatAttributes(base: UnformattedAttributes, more: LogAttributes): LogItem {
    const { lambdaContext: context } = base
    const attributes = {
      level: base.logLevel,
      message: base.message,
      timestamp: this.formatTimestamp(base.timestamp),
      service: base.serviceName,
      cold_start: context?.coldStart,
      function_name: context?.functionName,
      function_request_id: context?.awsRequestId,
      xray_trace_id: base.xRayTraceId,
      ...more,
    }
    return new LogItem({ attributes })
  }
}
