/** Which alarms there are. A test compares their metrics with what the bundles emit. */
import { Duration } from 'aws-cdk-lib'
import { Stats } from 'aws-cdk-lib/aws-cloudwatch'
import { systemQueue } from '../../lib/core/definition/system.ts'
import type { AlarmThresholds } from './alarm-settings.ts'
import type { AlarmSpec } from './alarm-spec.ts'
import { jobMetric } from './job-metrics.ts'
import { queueAlarms } from './queue-alarms.ts'
import { recorderAlarms } from './recorder-alarms.ts'
import { summed } from './summed.ts'
import { transportAlarms } from './transport-alarms.ts'
import type { Watched } from './watched.ts'

const minute = Duration.minutes(1)

export const alarmList = (watched: Watched, thresholds: AlarmThresholds): readonly AlarmSpec[] => [
  ...health(watched, thresholds),
  ...Object.keys(watched.queues).flatMap(queue => queueAlarms(watched, thresholds, queue)),
  ...workerAlarms(watched),
  ...scheduleAlarms(watched),
  ...(watched.hasSystemQueue ? bulkAlarms(watched) : []),
  ...recorderAlarms(watched),
  ...transportAlarms(watched),
]

const defaultDueAge = Duration.minutes(3)

const health = ({ namespace, reconciler }: Watched, thresholds: AlarmThresholds): readonly AlarmSpec[] => [
  {
    id: 'OldestDueJob',
    description: 'Due jobs wait for the sweeper: it fails, or is too slow for the backlog. Read its log.',
    metric: jobMetric(namespace, 'OldestDueAge', { service: 'sweeper', period: minute, statistic: Stats.MAXIMUM }),
    threshold: (thresholds.dueAge ?? defaultDueAge).toMilliseconds(),
    periods: 3,
  },
  {
    id: 'SweeperMissing',
    description: 'No tick in three minutes: far-off jobs and lost messages wait. Is the rule enabled, does it fail?',
    metric: jobMetric(namespace, 'Ticks', { service: 'sweeper', period: minute }),
    threshold: 1,
    isFloor: true,
    periods: 3,
  },
  {
    id: 'TicksCutShort',
    description:
      'The sweeper does not get through in a minute: more jobs are due than it can handle. Raise its memory.',
    metric: jobMetric(namespace, 'TicksCutShort', { service: 'sweeper', period: minute }),
    threshold: 1,
    periods: 3,
  },
  ...summed(
    {
      id: 'SetAside',
      description:
        'An item cannot be handled. The log of sweeper or dispatcher names it (job_set_aside): fix or delete it.',
      threshold: 1,
    },
    (['sweeper', 'dispatcher'] as const).map(service => jobMetric(namespace, 'JobsSetAside', { service })),
  ),
  ...(reconciler === undefined ? [] : reconcilerAlarms(namespace)),
]

/** An expected occurrence that is absent is one of these two, SweeperMissing or TicksCutShort. */
const scheduleAlarms = ({ namespace }: Watched): readonly AlarmSpec[] => [
  {
    id: 'SchedulesMissed',
    description:
      'Occurrences were more than a minute late, and their misfire policy left them out. Was the sweeper down? Its log ' +
      'names them (schedule_missed).',
    metric: jobMetric(namespace, 'SchedulesMissed', { service: 'sweeper' }),
    threshold: 1,
  },
  {
    id: 'SchedulesFailed',
    description:
      'A schedule is due and cannot fire: its input function throws, the contract refuses its input, or its job type is ' +
      'gone. The log of the sweeper says why (schedule_failed).',
    metric: jobMetric(namespace, 'SchedulesFailed', { service: 'sweeper' }),
    threshold: 1,
  },
]

const bulkAlarms = ({ namespace }: Watched): readonly AlarmSpec[] => [
  {
    id: 'BulkStuck',
    description:
      'A bulk act or a backfill has used up its attempts. Its job in the queue lamplighter has the error; once that is ' +
      'mended, retry the job: it goes on where it stopped.',
    metric: jobMetric(namespace, 'JobsFailed', { service: 'worker', queue: systemQueue }),
    threshold: 1,
  },
]

const reconcilerAlarms = (namespace: string): readonly AlarmSpec[] => [
  {
    id: 'StraysAdopted',
    description:
      'Jobs were in no index: an edit or a put was not followed by the stream. Read the log of the dispatcher.',
    metric: jobMetric(namespace, 'JobsAdopted', { service: 'reconciler' }),
    threshold: 1,
  },
  {
    id: 'JobsForgotten',
    description:
      'Jobs were due for long and nothing looked at them: their queue left the runner, or the sweeper missed them. ' +
      'The log of the reconciler names them (job_forgotten).',
    metric: jobMetric(namespace, 'JobsForgotten', { service: 'reconciler' }),
    threshold: 1,
  },
]

/** What is rare in every queue: the log of the worker says which job it was. */
const workerAlarms = ({ namespace }: Watched): readonly AlarmSpec[] => [
  {
    id: 'UnknownTypes',
    description: "A worker has no handler for a job's type: deploy it, or cancel the job.",
    metric: jobMetric(namespace, 'UnknownTypes', { service: 'worker' }),
    threshold: 1,
  },
  {
    id: 'LateWrites',
    description: 'Runs went on after they had lost their lease: a handler ignores its signal.',
    metric: jobMetric(namespace, 'LateWrites', { service: 'worker' }),
    threshold: 1,
    periods: 3,
  },
]
