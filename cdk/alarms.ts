import {
  Alarm,
  ComparisonOperator,
  type IAlarmAction,
  type IMetric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'

export interface AlarmSpec {
  readonly id: string
  /** What it means and what to do: the notification carries it. */
  readonly description: string
  readonly metric: IMetric
  /** Goes off when the metric is so high; with `isFloor`, when it is below, or says nothing. */
  readonly threshold: number
  readonly isFloor?: true
  /** So many periods in a row. @default 1 */
  readonly periods?: number
}

/** Alarms below a construct of their own, so that their ids are free. */
export function makeAlarms(scope: Construct, specs: readonly AlarmSpec[], topic: ITopic | undefined): readonly Alarm[] {
  const parent = new Construct(scope, 'Alarms')
  const action: IAlarmAction | undefined = topic === undefined ? undefined : new SnsAction(topic)
  return specs.map(({ id, description, metric, threshold, isFloor, periods = 1 }) => {
    const alarm = new Alarm(parent, id, {
      alarmDescription: description,
      metric,
      threshold,
      evaluationPeriods: periods,
      comparisonOperator:
        isFloor === true
          ? ComparisonOperator.LESS_THAN_THRESHOLD
          : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: isFloor === true ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    })
    if (action !== undefined) {
      alarm.addAlarmAction(action)
      alarm.addOkAction(action)
    }
    return alarm
  })
}
