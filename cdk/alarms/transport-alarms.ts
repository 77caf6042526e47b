import { Duration } from 'aws-cdk-lib'
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch'
import { indexName } from '../../lib/aws/dynamodb/table.ts'
import type { AlarmSpec } from './alarm-spec.ts'
import { summed } from './summed.ts'
import type { Watched } from './watched.ts'

const fiveMinutes = Duration.minutes(5)
const sums = { period: fiveMinutes, statistic: Stats.SUM }
const highest = { period: Duration.minutes(1), statistic: Stats.MAXIMUM }

/**
 * The functions, the tables, and what lies between them. CloudWatch asks $0.10 a month for each metric that an alarm
 * reads, so no metric is read whose trouble another alarm shows: a sweeper that fails or is throttled makes no tick, and
 * its calls end among the undelivered; an API that fails answers 5xx.
 */
export const transportAlarms = (watched: Watched): readonly AlarmSpec[] => [
  ...summed(
    {
      id: 'Errors',
      description: 'A worker or the dispatcher fails. Failed jobs are no errors: this is AWS, or a bug. Read its log.',
      threshold: 1,
    },
    [...Object.values(watched.workers), watched.dispatcher.function].map(one => one.metricErrors(sums)),
  ),
  ...callAlarms(watched),
  ...summed(
    {
      id: 'TableThrottles',
      description: 'DynamoDB refuses writes for longer than it takes to adapt: a hot shard, or a limit of the table.',
      threshold: 1,
      periods: 3,
    },
    throttlesOf(watched),
  ),
]

/** What calls the functions: rules and Lambda itself, the stream, the API. */
const callAlarms = ({ undelivered, dispatcher, api }: Watched): readonly AlarmSpec[] => [
  {
    id: 'Undelivered',
    description: 'Calls of a function were given up. The messages of this queue show which and why.',
    metric: undelivered.metricApproximateNumberOfMessagesVisible(highest),
    threshold: 1,
  },
  {
    id: 'StreamAge',
    description: 'The dispatcher is behind: jobs made AVAILABLE in the table wait. Read its log.',
    metric: dispatcher.function.metric('IteratorAge', highest),
    threshold: fiveMinutes.toMilliseconds(),
    periods: 3,
  },
  ...(api === undefined
    ? []
    : [
        {
          id: 'ApiErrors',
          description: 'The API answers with 5xx. Read the log of its function.',
          metric: api.http.metricServerError(sums),
          threshold: 1,
        },
      ]),
]

/** The job table and its index, which has a throughput of its own. The record table sees a fraction of the traffic. */
const throttlesOf = ({ jobs: { tableName: TableName } }: Watched): readonly Metric[] =>
  [{ TableName }, { TableName, GlobalSecondaryIndexName: indexName }].map(
    dimensionsMap =>
      new Metric({ namespace: 'AWS/DynamoDB', metricName: 'WriteThrottleEvents', ...sums, dimensionsMap }),
  )
