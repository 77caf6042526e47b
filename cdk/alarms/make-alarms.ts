import { Alarm, ComparisonOperator, type IAlarmAction, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch'
import { Construct } from 'constructs'
import { refuseUnknownKeys } from '../../lib/core/values/check-options.ts'
import { alarmList } from './alarm-list.ts'
import type { AlarmSpec } from './alarm-spec.ts'
import type { Watched } from './watched.ts'

/**
 * Alarms below a construct of their own, so that their ids are free.
 * @returns each by its id
 * @throws InvalidInput when an alarm is excluded that there is not
 */
export function makeAlarms(
  scope: Construct,
  { where, ...watched }: Watched & { readonly where: string },
): Readonly<Record<string, Alarm>> {
  if (watched.settings === false) return {}
  const { actions = [], thresholds = {}, exclude = [] } = watched.settings ?? {}
  const specs = alarmList(watched, thresholds)
  const ids = specs.map(({ id }) => id)
  refuseUnknownKeys(`${where}.alarms.exclude`, Object.fromEntries(exclude.map(id => [id, true])), ids)
  const parent = new Construct(scope, 'Alarms')
  const wanted = specs.filter(({ id }) => !exclude.includes(id))
  return Object.fromEntries(wanted.map(one => [one.id, makeAlarm(parent, one, actions)]))
}

function makeAlarm(parent: Construct, spec: AlarmSpec, actions: readonly IAlarmAction[]): Alarm {
  const { id, description, metric, threshold, isFloor, periods = 1, datapoints } = spec
  const alarm = new Alarm(parent, id, {
    alarmDescription: description,
    metric,
    threshold,
    evaluationPeriods: periods,
    ...(datapoints === undefined ? {} : { datapointsToAlarm: datapoints }),
    comparisonOperator:
      isFloor === true ? ComparisonOperator.LESS_THAN_THRESHOLD : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    treatMissingData: isFloor === true ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
  })
  if (actions.length > 0) {
    alarm.addAlarmAction(...actions)
    alarm.addOkAction(...actions)
  }
  return alarm
}
