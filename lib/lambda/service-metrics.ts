import { Metrics } from '@aws-lambda-powertools/metrics'
import type { TelemetryEvent } from '../ports/telemetry.ts'
import { metricsOf, metricsOwner } from './metrics.ts'

/** Namespace of the metrics in CloudWatch; `POWERTOOLS_METRICS_NAMESPACE` names another. */
const defaultNamespace = 'Lamplighter'

/** Counts events, and writes the counts as lines in CloudWatch's embedded metric format. */
export interface ServiceMetrics {
  /** From here on the function's metrics carry this queue as a dimension, until they are written. */
  forQueue(queue: string): void
  count(event: TelemetryEvent): void
  /** Writes what was counted: a line for each set of dimensions that has any. */
  write(): void
}

/** @param service a dimension of the function's metrics: `worker`, `sweeper` … */
export function serviceMetrics(service: string): ServiceMetrics {
  const namespace = process.env['POWERTOOLS_METRICS_NAMESPACE'] ?? defaultNamespace
  const ofFunction = new Metrics({ namespace, serviceName: service })
  const ofService = new Metrics({ namespace, serviceName: service })
  const ofQueues = new Map<string, Metrics>()
  function ofQueue(queue: string): Metrics {
    const known = ofQueues.get(queue)
    const metrics = known ?? new Metrics({ namespace, serviceName: 'worker', defaultDimensions: { queue } })
    ofQueues.set(queue, metrics)
    return metrics
  }
  function ownerOf(event: TelemetryEvent): Metrics {
    switch (metricsOwner(event)) {
      case 'queue':
        return 'queue' in event ? ofQueue(event.queue) : ofFunction
      case 'service':
        return ofService
      case 'function':
        return ofFunction
    }
  }
  return {
    forQueue: queue => {
      ofFunction.addDimension('queue', queue)
    },
    count(event) {
      const metrics = ownerOf(event)
      for (const { name, unit, value } of metricsOf(event)) metrics.addMetric(name, unit, value)
    },
    write() {
      for (const metrics of [ofFunction, ofService, ...ofQueues.values()]) {
        // Powertools warns, a line each time, when there is nothing to write; and of a dimension that is still there.
        if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics()
        else metrics.clearDimensions()
      }
    },
  }
}
