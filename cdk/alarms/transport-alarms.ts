import { Duration } from 'aws-cdk-lib'
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { indexName } from '../../lib/aws/dynamodb/table.ts'
import type { AlarmSpec } from './alarm-spec.ts'
import { summed } from './summed.ts'
import type { Watched } from './watched.ts'

const fiveMinutes = Duration.minutes(5)
const sums = { period: fiveMinutes, statistic: Stats.SUM }
const highest = { period: Duration.minutes(1), statistic: Stats.MAXIMUM }

const functionsOf = ({ workers, dispatcher, sweeper, reconciler, api }: Watched): readonly LambdaFunction[] => [
  ...Object.values(workers),
  dispatcher.function,
  sweeper.function,
  ...[reconciler?.function, api?.function].filter(one => one !== undefined),
]

/** The functions, the tables, and what lies between them. */
export const transportAlarms = (watched: Watched): readonly AlarmSpec[] => [
  ...functionAlarms(functionsOf(watched)),
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

const functionAlarms = (functions: readonly LambdaFunction[]): readonly AlarmSpec[] => [
  ...summed(
    {
      id: 'Errors',
      description: 'A function fails. Failed jobs are no errors: this is AWS, or a bug. Read the log of the function.',
      threshold: 1,
    },
    functions.map(one => one.metricErrors(sums)),
  ),
  ...summed(
    {
      id: 'Throttles',
      description: 'A function is throttled: the account or the function has too little concurrency.',
      threshold: 1,
      periods: 3,
    },
    functions.map(one => one.metricThrottles(sums)),
  ),
]

/** What calls the functions: Lambda itself, the stream, the rules, the API. */
const callAlarms = ({ undelivered, dispatcher, sweeper, reconciler, api }: Watched): readonly AlarmSpec[] => [
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
  ...summed(
    { id: 'RuleFailures', description: 'EventBridge cannot call the sweeper or the reconciler.', threshold: 1 },
    [sweeper, reconciler].flatMap(one => (one === undefined ? [] : [failuresOf(one.rule.ruleName)])),
  ),
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

const failuresOf = (RuleName: string): Metric =>
  new Metric({ namespace: 'AWS/Events', metricName: 'FailedInvocations', ...sums, dimensionsMap: { RuleName } })

/** The job table, its index and the record table; an index has a throughput of its own. */
const throttlesOf = ({ jobs, records }: Watched): readonly Metric[] =>
  [
    { TableName: jobs.tableName },
    { TableName: jobs.tableName, GlobalSecondaryIndexName: indexName },
    { TableName: records.tableName },
  ].map(
    dimensionsMap =>
      new Metric({ namespace: 'AWS/DynamoDB', metricName: 'WriteThrottleEvents', ...sums, dimensionsMap }),
  )
