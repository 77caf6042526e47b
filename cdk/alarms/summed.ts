import { Duration } from 'aws-cdk-lib'
import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch'
import { chunksOf } from '../../lib/core/values/lists.ts'
import type { AlarmSpec } from './alarm-spec.ts'
import { sumOf } from './job-metrics.ts'

/** Metrics in the expression of one alarm. docs.aws.amazon.com/AmazonCloudWatch …/Create-alarm-on-metric-math-expression.html */
const maxMetricsPerAlarm = 10
const period = Duration.minutes(5)

/** One alarm on the sum of many metrics, or several alarms where CloudWatch takes no more in one. */
export function summed(spec: Omit<AlarmSpec, 'metric'>, metrics: readonly IMetric[]): readonly AlarmSpec[] {
  return chunksOf(metrics, maxMetricsPerAlarm).map((some, index) => ({
    ...spec,
    id: index === 0 ? spec.id : `${spec.id}-${index + 1}`,
    metric: sumOf(some, { label: spec.id, period }),
  }))
}
