/** The metrics of lib/lambda/metrics.ts as the CDK names them. */
import { Duration } from 'aws-cdk-lib'
import { type IMetric, MathExpression, Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch'
import type { MetricName } from '../../lib/lambda/metrics.ts'

export type { MetricName } from '../../lib/lambda/metrics.ts'

/** Which function wrote a metric. */
export type MetricService = 'worker' | 'sweeper' | 'dispatcher' | 'reconciler' | 'api'

export interface JobMetricProps extends MetricOptions {
  /** The function that writes it. */
  readonly service: MetricService
  /** A worker's metrics all have their queue as a dimension; of other functions JobsFailed and JobsCrashed have. */
  readonly queue?: string
}

export function jobMetric(namespace: string, metricName: MetricName, props: JobMetricProps): Metric {
  const { service, queue, ...options } = props
  return new Metric({
    namespace,
    metricName,
    period: Duration.minutes(5),
    statistic: Stats.SUM,
    ...options,
    dimensionsMap: { service, ...(queue === undefined ? {} : { queue }) },
  })
}

/** Jobs of a queue that ended FAILED, or runs that crashed, whether its worker or the sweeper found out. */
export function endedBadly(
  namespace: string,
  name: 'JobsFailed' | 'JobsCrashed',
  queue: string,
  options: MetricOptions = {},
): IMetric {
  const metrics = (['worker', 'sweeper'] as const).map(service =>
    jobMetric(namespace, name, { service, queue, ...options }),
  )
  const { label, color, period = Duration.minutes(5) } = options
  return sumOf(metrics, { label: label ?? `${name} ${queue}`, period, ...(color === undefined ? {} : { color }) })
}

/** A metric that was not written counts as 0. */
export const sumOf = (
  metrics: readonly IMetric[],
  options: { readonly label: string; readonly period: Duration; readonly color?: string },
): IMetric =>
  new MathExpression({
    ...options,
    expression: metrics.map((_, index) => `FILL(m${index}, 0)`).join(' + '),
    usingMetrics: Object.fromEntries(metrics.map((metric, index) => [`m${index}`, metric])),
  })
