/** The metrics of lib/lambda/metrics.ts as the CDK names them. */
import { Duration } from 'aws-cdk-lib'
import { type IMetric, MathExpression, Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch'
import type { MetricName } from '../../lib/lambda/metrics.ts'

export type { MetricName } from '../../lib/lambda/metrics.ts'

/** Which function wrote a metric. */
export type MetricService = 'worker' | 'sweeper' | 'dispatcher' | 'reconciler' | 'recorder' | 'api'

export interface JobMetricProps extends MetricOptions {
  /** The function that writes it. JobsFailed and JobsCrashed count for the worker, whichever function found out. */
  readonly service: MetricService
  /** A worker's metrics have their queue as a dimension, but for UnknownTypes and LateWrites. Others have none. */
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
