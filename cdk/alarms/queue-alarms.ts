import { Duration } from 'aws-cdk-lib'
import { type IMetric, MathExpression, type Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { type AlarmThresholds, forQueue, isCount, isDuration, type PerQueue } from './alarm-settings.ts'
import type { AlarmSpec } from './alarm-spec.ts'
import { jobMetric } from './job-metrics.ts'
import type { Watched } from './watched.ts'

const fiveMinutes = Duration.minutes(5)
const highest = { period: fiveMinutes, statistic: Stats.MAXIMUM }
const defaultStartLatency = Duration.minutes(5)

/**
 * Three quarters of what SQS allows: at 120,000 messages in flight it hands out no more.
 * docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html
 */
const maxInFlight = 90_000

/** The alarms of one queue. */
export function queueAlarms(watched: Watched, thresholds: AlarmThresholds, queue: string): readonly AlarmSpec[] {
  const { namespace } = watched
  const [jobs, deadLetters] = [watched.queues[queue] as Queue, watched.deadLetterQueues[queue] as Queue]
  const maxLatency = forQueue(thresholds.startLatency, queue, isDuration) ?? defaultStartLatency
  return [
    ...counted(thresholds.failures, queue, {
      id: `JobsFailed-${queue}`,
      description: `Jobs of queue ${queue} ended FAILED. The worker's log has the errors (job_failed); requeue them after the fix.`,
      metric: jobMetric(namespace, 'JobsFailed', { service: 'worker', queue }),
    }),
    ...counted(thresholds.crashes, queue, {
      id: `JobsCrashed-${queue}`,
      description: `Runs of queue ${queue} ended without an outcome: out of memory, process exit, or killed at the timeout.`,
      metric: jobMetric(namespace, 'JobsCrashed', { service: 'worker', queue }),
    }),
    {
      id: `StartLatency-${queue}`,
      description: `Jobs of queue ${queue} wait for a worker: raise its concurrency, or find out why it is slow or off.`,
      metric: waiting(jobMetric(namespace, 'StartLatency', { service: 'worker', queue }), jobs, maxLatency),
      threshold: 1,
      periods: 3,
      datapoints: 2,
    },
    {
      id: `InFlight-${queue}`,
      description: `Queue ${queue} nears SQS's limit of 120,000 messages in flight, where it stops: runs and retries pile up.`,
      metric: jobs.metricApproximateNumberOfMessagesNotVisible(highest),
      threshold: maxInFlight,
    },
    {
      id: `DeadLetters-${queue}`,
      description: `SQS gave up messages of queue ${queue}. No job is lost, the sweeper sends again; find out why, then purge.`,
      metric: deadLetters.metricApproximateNumberOfMessagesVisible(highest),
      threshold: 1,
    },
  ]
}

/** An alarm on a count, unless it is switched off for the queue. */
function counted(
  given: PerQueue<number | false> | undefined,
  queue: string,
  spec: Omit<AlarmSpec, 'threshold'>,
): readonly AlarmSpec[] {
  const threshold = forQueue(given, queue, isCount) ?? 1
  return threshold === false ? [] : [{ ...spec, threshold }]
}

/**
 * 1 where a job started too late, or where messages wait and none starts. The age of a queue's oldest message says
 * less: SQS counts it from the send, while runs and short retries keep their messages.
 */
function waiting(latency: Metric, jobs: Queue, limit: Duration): IMetric {
  return new MathExpression({
    label: 'late starts',
    period: fiveMinutes,
    // Without a start there is no latency.
    expression: `IF(FILL(late, 0) >= ${limit.toMilliseconds()} OR (FILL(visible, 0) > 0 AND FILL(late, -1) < 0), 1, 0)`,
    usingMetrics: {
      late: latency.with(highest),
      visible: jobs.metricApproximateNumberOfMessagesVisible(highest),
    },
  })
}
