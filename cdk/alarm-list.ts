/** Which alarms there are. test/cdk/alarms.test.ts compares their metrics with what the bundles emit. */
import { Duration } from 'aws-cdk-lib'
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch'
import type { Table } from 'aws-cdk-lib/aws-dynamodb'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { indexName } from '../lib/aws/dynamodb/table.ts'
import type { AlarmSpec } from './alarms.ts'
import type { ScheduledFunction } from './inner-spec.ts'
import type { JobApi } from './job-api.ts'

export interface Watched {
  readonly namespace: string
  readonly maxDueAge: Duration
  readonly maxQueueAge: Duration
  readonly table: Table
  readonly queues: Readonly<Record<string, Queue>>
  readonly deadLetterQueues: Readonly<Record<string, Queue>>
  readonly failures: Queue
  readonly workers: Readonly<Record<string, LambdaFunction>>
  readonly dispatcher: LambdaFunction
  readonly scheduled: Readonly<Record<string, ScheduledFunction>>
  readonly front: JobApi | undefined
}

const minute = Duration.minutes(1)
const fiveMinutes = Duration.minutes(5)
const sums = { period: fiveMinutes, statistic: Stats.SUM }
const highest = { period: minute, statistic: Stats.MAXIMUM }

export const alarmList = (watched: Watched): readonly AlarmSpec[] => [
  ...health(watched),
  ...Object.keys(watched.queues).flatMap(queue => ofQueue(watched, queue)),
  ...Object.entries(functionsOf(watched)).flatMap(([name, one]) => ofFunction(name, one)),
  ...transport(watched),
]

/** By the name that their alarms get. */
const functionsOf = ({ workers, dispatcher, scheduled, front }: Watched): Readonly<Record<string, LambdaFunction>> => ({
  ...Object.fromEntries(Object.entries(workers).map(([queue, worker]) => [`worker-${queue}`, worker])),
  ...Object.fromEntries(Object.entries(scheduled).map(([name, one]) => [name, one.function])),
  dispatcher,
  ...(front === undefined ? {} : { api: front.function }),
})

/** A metric of lib/lambda/metrics.ts, as lib/lambda/telemetry.ts writes it. */
const own = (namespace: string, metricName: string, service: string, queue?: string): Metric =>
  new Metric({ namespace, metricName, ...sums, dimensionsMap: { service, ...(queue === undefined ? {} : { queue }) } })

const health = ({ namespace, maxDueAge, scheduled }: Watched): readonly AlarmSpec[] => [
  {
    id: 'OldestDueJob',
    description: 'Due jobs wait for the sweeper: it fails, or is too slow for the backlog. Read its log.',
    metric: own(namespace, 'OldestDueAge', 'sweeper').with(highest),
    threshold: maxDueAge.toMilliseconds(),
    periods: 3,
  },
  {
    id: 'SweeperMissing',
    description: 'No tick in three minutes: far-off jobs and lost messages wait. Is the rule enabled, does it fail?',
    metric: own(namespace, 'Ticks', 'sweeper').with({ period: minute }),
    threshold: 1,
    isFloor: true,
    periods: 3,
  },
  ...['sweeper', 'dispatcher'].map(service => ({
    id: `SetAside-${service}`,
    description: `The ${service} cannot handle an item. Its log names it (job_set_aside): mend it or delete it.`,
    metric: own(namespace, 'JobsSetAside', service),
    threshold: 1,
  })),
  ...(scheduled['reconciler'] === undefined ? [] : [straysAdopted(namespace)]),
]

const straysAdopted = (namespace: string): AlarmSpec => ({
  id: 'StraysAdopted',
  description:
    'Jobs were in no index: an edit or a put was not followed by the stream. Read the log of the dispatcher.',
  metric: own(namespace, 'JobsAdopted', 'reconciler'),
  threshold: 1,
})

const ofQueue = (watched: Watched, name: string): readonly AlarmSpec[] => [
  {
    id: `DeadLetters-${name}`,
    description: `SQS gave up messages of queue ${name}. No job is lost, the sweeper sends again; find out why, then purge.`,
    metric: (watched.deadLetterQueues[name] as Queue).metricApproximateNumberOfMessagesVisible(highest),
    threshold: 1,
  },
  {
    id: `QueueAge-${name}`,
    description: `Messages of queue ${name} wait for a worker: raise its concurrency, or find out why it is slow.`,
    metric: (watched.queues[name] as Queue).metricApproximateAgeOfOldestMessage(highest),
    threshold: watched.maxQueueAge.toSeconds(),
    periods: 3,
  },
  {
    id: `RecursionDrops-${name}`,
    description: `Lambda took jobs of queue ${name} for a loop and dropped their messages: is recursiveLoop still Allow?`,
    metric: (watched.workers[name] as LambdaFunction).metric('RecursiveInvocationsDropped', sums),
    threshold: 1,
  },
  {
    id: `UnknownTypes-${name}`,
    description: `The worker of queue ${name} has no handler for a job's type: deploy it, or cancel the job.`,
    metric: own(watched.namespace, 'UnknownTypes', 'worker', name),
    threshold: 1,
  },
  {
    id: `LateWrites-${name}`,
    description: `Runs of queue ${name} went on after they had lost their lease: a handler ignores its signal.`,
    metric: own(watched.namespace, 'LateWrites', 'worker', name),
    threshold: 1,
    periods: 3,
  },
]

const ofFunction = (name: string, one: LambdaFunction): readonly AlarmSpec[] => [
  {
    id: `Errors-${name}`,
    description: `The function ${name} fails. Failed jobs are no errors: this is AWS, or a bug. Read its log.`,
    metric: one.metricErrors(sums),
    threshold: 1,
  },
  {
    id: `Throttles-${name}`,
    description: `The function ${name} is throttled: the account or the function has too little concurrency.`,
    metric: one.metricThrottles(sums),
    threshold: 1,
    periods: 3,
  },
]

const transport = ({ table, failures, scheduled, dispatcher, front }: Watched): readonly AlarmSpec[] => [
  {
    id: 'Undelivered',
    description: 'Calls of a function were given up. The messages of this queue tell which and why.',
    metric: failures.metricApproximateNumberOfMessagesVisible(highest),
    threshold: 1,
  },
  {
    id: 'StreamAge',
    description: 'The dispatcher is behind: jobs made AVAILABLE in the table wait. Read its log.',
    metric: dispatcher.metric('IteratorAge', highest),
    threshold: fiveMinutes.toMilliseconds(),
    periods: 3,
  },
  ...Object.entries(scheduled).map(([name, { rule }]) => ({
    id: `RuleFailures-${name}`,
    description: `EventBridge cannot call the function of rule ${name}.`,
    metric: new Metric({
      namespace: 'AWS/Events',
      metricName: 'FailedInvocations',
      ...sums,
      dimensionsMap: { RuleName: rule.ruleName },
    }),
    threshold: 1,
  })),
  ...[{}, { GlobalSecondaryIndexName: indexName }].map((index, position) => ({
    id: position === 0 ? 'TableThrottles' : 'IndexThrottles',
    description: 'DynamoDB refuses writes for longer than it takes to adapt: a hot shard, or a limit of the table.',
    metric: new Metric({
      namespace: 'AWS/DynamoDB',
      metricName: 'WriteThrottleEvents',
      ...sums,
      dimensionsMap: { TableName: table.tableName, ...index },
    }),
    threshold: 1,
    periods: 3,
  })),
  ...(front === undefined
    ? []
    : [
        {
          id: 'ApiErrors',
          description: 'The API answers with 5xx. Read the log of its function.',
          metric: front.api.metricServerError(sums),
          threshold: 1,
        },
      ]),
]
