import { Metrics } from '@aws-lambda-powertools/metrics'
import type { TelemetryEvent } from '../ports/telemetry.ts'
import { type Metric, type MetricName, metricsOf, metricsOwner } from './metrics.ts'

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

/** Metrics of one set of dimensions, and what was counted for them. */
interface Owner {
  readonly metrics: Metrics
  readonly totals: MetricTotals
}

/** @param service a dimension of the function's metrics: `worker`, `sweeper` … */
export function serviceMetrics(service: string): ServiceMetrics {
  const namespace = process.env['POWERTOOLS_METRICS_NAMESPACE'] ?? defaultNamespace
  const owner = (serviceName: string, defaultDimensions = {}): Owner => ({
    metrics: new Metrics({ namespace, serviceName, defaultDimensions }),
    totals: new MetricTotals(),
  })
  const [ofFunction, ofService] = [owner(service), owner(service)]
  const ofQueues = new Map<string, Owner>()
  function ofQueue(queue: string): Owner {
    const known = ofQueues.get(queue) ?? owner('worker', { queue })
    ofQueues.set(queue, known)
    return known
  }
  function ownerOf(event: TelemetryEvent): Owner {
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
      ofFunction.metrics.addDimension('queue', queue)
    },
    count(event) {
      const { totals } = ownerOf(event)
      for (const metric of metricsOf(event)) totals.add(metric)
    },
    write() {
      for (const { metrics, totals } of [ofFunction, ofService, ...ofQueues.values()]) {
        for (const { name, unit, value } of totals.take()) metrics.addMetric(name, unit, value)
        // Powertools warns, a line each time, when there is nothing to write; and of a dimension that is still there.
        if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics()
        else metrics.clearDimensions()
      }
    },
  }
}

/**
 * What one invocation counted. Counts are added up: a line that lists a 1 for each job says no more than their sum.
 * Times stay apart, so that percentiles can be asked for.
 */
class MetricTotals {
  readonly #counts = new Map<MetricName, number>()
  #times: Metric[] = []

  add(metric: Metric): void {
    if (metric.unit === 'Count') this.#counts.set(metric.name, (this.#counts.get(metric.name) ?? 0) + metric.value)
    else this.#times.push(metric)
  }

  /** Everything since the last call. */
  take(): readonly Metric[] {
    const counts = [...this.#counts].map(([name, value]): Metric => ({ name, unit: 'Count', value }))
    const all = [...counts, ...this.#times]
    this.#counts.clear()
    this.#times = []
    return all
  }
}
