import { Metrics } from '@aws-lambda-powertools/metrics'
import type { TelemetryEvent } from '../ports/telemetry.ts'
import { metricsOf, queueOfMetrics } from './metrics.ts'

/** Namespace of the metrics in CloudWatch; `POWERTOOLS_METRICS_NAMESPACE` names another. */
const defaultNamespace = 'Lamplighter'

/** Counts events, and writes the counts as lines in CloudWatch's embedded metric format. */
export interface ServiceMetrics {
  /** From here on all metrics carry this queue as a dimension, until they are written. */
  forQueue(queue: string): void
  count(event: TelemetryEvent): void
  /** Writes what was counted: one line, and one for each queue that has metrics of its own. */
  write(): void
}

/** @param service a dimension of every metric: `worker`, `sweeper` … */
export function serviceMetrics(service: string): ServiceMetrics {
  const namespace = process.env['POWERTOOLS_METRICS_NAMESPACE'] ?? defaultNamespace
  const all = new Metrics({ namespace, serviceName: service })
  const ofQueue = new Map<string, Metrics>()
  let servesOneQueue = false
  function metricsFor(event: TelemetryEvent): Metrics {
    const queue = servesOneQueue ? undefined : queueOfMetrics(event)
    if (queue === undefined) return all
    const known = ofQueue.get(queue)
    const metrics = known ?? new Metrics({ namespace, serviceName: service, defaultDimensions: { queue } })
    ofQueue.set(queue, metrics)
    return metrics
  }
  return {
    forQueue(queue) {
      servesOneQueue = true
      all.addDimension('queue', queue)
    },
    count(event) {
      const metrics = metricsFor(event)
      for (const { name, unit, value } of metricsOf(event)) metrics.addMetric(name, unit, value)
    },
    write() {
      for (const metrics of [all, ...ofQueue.values()]) {
        // Powertools warns, a line each time, when there is nothing to write; and of a dimension that is still there.
        if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics()
        else metrics.clearDimensions()
      }
    },
  }
}
