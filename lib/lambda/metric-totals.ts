import type { Metric, MetricName } from './metrics.ts'

/**
 * What one invocation counted. Counts are added up: a line that lists a 1 for each job says no more than their sum.
 * Times stay apart, so that percentiles can be asked for.
 */
export class MetricTotals {
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
