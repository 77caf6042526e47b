import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch'

export interface AlarmSpec {
  readonly id: string
  /** What it means and what to do: the notification carries it. */
  readonly description: string
  readonly metric: IMetric
  /** Goes off when the metric is so high; with `isFloor`, when it is below, or when there is no data. */
  readonly threshold: number
  readonly isFloor?: true
  /** So many periods in a row. @default 1 */
  readonly periods?: number
  /** So many of them. @default all */
  readonly datapoints?: number
}
