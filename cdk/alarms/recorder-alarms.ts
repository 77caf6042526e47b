import { Duration } from 'aws-cdk-lib'
import { Stats } from 'aws-cdk-lib/aws-cloudwatch'
import type { AlarmSpec } from './alarm-spec.ts'
import { jobMetric } from './job-metrics.ts'
import type { Watched } from './watched.ts'

/** An hour of lag is no harm to jobs; 24 hours lose history and events for good. */
const maxAge = Duration.minutes(5)

/** What counts, history and events hang on. Without the recorder there is none of it. */
export function recorderAlarms({ namespace, recorder, reconciler, isPublishing }: Watched): readonly AlarmSpec[] {
  if (recorder === undefined) return []
  return [
    {
      id: 'RecorderBehind',
      description:
        'The recorder is behind: counts, history and events are old, and lost after 24 hours. Jobs run all the same. ' +
        'Read its log.',
      metric: recorder.function.metric('IteratorAge', { period: Duration.minutes(1), statistic: Stats.MAXIMUM }),
      threshold: maxAge.toMilliseconds(),
      periods: 3,
    },
    {
      id: 'RecordsSetAside',
      description: 'The recorder goes on without a record that no table takes. Its log names it (record_set_aside).',
      metric: jobMetric(namespace, 'RecordsSetAside', { service: 'recorder' }),
      threshold: 1,
    },
    ...(reconciler === undefined
      ? []
      : [
          {
            id: 'CountsDrift',
            description:
              'Two recounts in a row found other numbers of jobs than were counted; they are right again. Did the ' +
              'recorder lose changes? Its log says so (recorder_gap).',
            metric: jobMetric(namespace, 'CountsDrift', { service: 'reconciler' }),
            threshold: 1,
          },
        ]),
    ...(isPublishing
      ? [
          {
            id: 'EventsPutOff',
            description:
              'The event bus refuses events: throttled, gone, or closed by its policy. They wait in the outbox for 14 days.',
            metric: jobMetric(namespace, 'EventsPutOff', { service: 'recorder' }),
            threshold: 1,
            periods: 3,
          },
        ]
      : []),
  ]
}
