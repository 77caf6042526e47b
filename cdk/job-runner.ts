import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2'
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch'
import type { Table } from 'aws-cdk-lib/aws-dynamodb'
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam'
import { type Function as LambdaFunction, Tracing } from 'aws-cdk-lib/aws-lambda'
import { RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { InvalidInput } from '../lib/core/values/errors.ts'
import { alarmList, type Watched } from './alarm-list.ts'
import { makeAlarms } from './alarms.ts'
import { checkProps, entriesOf } from './check-props.ts'
import { dispatcher } from './dispatcher.ts'
import { checkQueueCount, namesEnvironment } from './environment.ts'
import { grantAccess } from './grants.ts'
import type { InnerSpec } from './inner-spec.ts'
import { jobApi } from './job-api.ts'
import { undeliveredQueue } from './job-queues.ts'
import type { JobRunnerProps } from './job-runner-props.ts'
import { jobTable } from './job-table.ts'
import { defaultMetricsNamespace } from './metrics-namespace.ts'
import { type Access, accessOf, type Resources } from './permissions.ts'
import { queuesAndWorkers } from './queues-and-workers.ts'
import { reconciler } from './reconciler.ts'
import type { FunctionSettings } from './runner-function.ts'
import { sweeper } from './sweeper.ts'

export type { JobRunnerProps, WorkerProps } from './job-runner-props.ts'

/**
 * All that runs the jobs of one runner: table, queues, workers, sweeper, dispatcher, HTTP API, alarms.
 *
 * @example
 * const jobs = new JobRunner(this, 'Jobs', { runner, handlersEntry: 'src/handlers.ts' })
 * jobs.grantEnqueue(checkoutFunction)
 */
export class JobRunner extends Construct {
  readonly table: Table
  /** By queue name. */
  readonly queues: Readonly<Record<string, Queue>>
  /** By queue name. */
  readonly deadLetterQueues: Readonly<Record<string, Queue>>
  /** Where calls end that AWS could not hand to a function. */
  readonly undelivered: Queue
  /** By queue name. See `worker`. */
  readonly workers: Readonly<Record<string, LambdaFunction>>
  readonly sweeper: LambdaFunction
  readonly dispatcher: LambdaFunction
  readonly reconciler: LambdaFunction | undefined
  readonly api: HttpApi | undefined
  readonly alarms: readonly Alarm[]
  readonly #resources: Resources
  readonly #environment: Readonly<Record<string, string>>

  /** @throws InvalidInput or InvalidDefinition with what was given, what is allowed, and where */
  constructor(scope: Construct, id: string, props: JobRunnerProps) {
    super(scope, id)
    const where = `JobRunner(${this.node.path})`
    checkProps(where, props)
    checkQueueCount(where, Object.keys(props.runner.queues))
    const { encryptionKey, eventBus, removalPolicy = RemovalPolicy.RETAIN } = props
    const { deletionProtection = removalPolicy !== RemovalPolicy.DESTROY } = props
    const namespace = props.metricsNamespace ?? defaultMetricsNamespace(this)
    const settings: FunctionSettings = {
      logRetention: props.logRetention ?? RetentionDays.ONE_MONTH,
      tracing: props.tracing ?? Tracing.DISABLED,
      environment: { POWERTOOLS_METRICS_NAMESPACE: namespace },
    }
    this.table = jobTable(this, { encryptionKey, removalPolicy, deletionProtection })
    const entries = entriesOf(where, props)
    const made = queuesAndWorkers(this, { where, table: this.table, entries, settings, props })
    this.queues = made.queues
    this.deadLetterQueues = made.deadLetterQueues
    this.workers = made.workers
    this.#resources = { table: this.table, queues: Object.values(made.queues), encryptionKey, eventBus }
    this.#environment = namesEnvironment(this.table, made.queues)
    this.undelivered = undeliveredQueue(this)
    const inner: InnerSpec = {
      resources: this.#resources,
      runnerEntry: entries.runner,
      environment: this.#environment,
      settings,
      failures: this.undelivered,
    }
    this.dispatcher = dispatcher(this, inner, this.table.tableStreamArn ?? '')
    const tick = sweeper(this, inner)
    const daily = props.reconciler === false ? undefined : reconciler(this, inner)
    const { apiAuth: auth = 'iam', apiRequestsPerSecond: requestsPerSecond = 100 } = props
    const front = props.api === false ? undefined : jobApi(this, inner, { auth, requestsPerSecond })
    this.sweeper = tick.function
    this.reconciler = daily?.function
    this.api = front?.api
    const watched: Watched = {
      namespace,
      maxDueAge: props.maxDueAge ?? Duration.minutes(3),
      maxQueueAge: props.maxQueueAge ?? Duration.minutes(5),
      ...made,
      table: this.table,
      failures: inner.failures,
      dispatcher: this.dispatcher,
      scheduled: { sweeper: tick, ...(daily === undefined ? {} : { reconciler: daily }) },
      front,
    }
    this.alarms = props.alarms === false ? [] : makeAlarms(this, alarmList(watched), props.alarmTopic)
  }

  /** The worker of a queue: what its handlers need is granted to it. @throws InvalidInput for a queue that there is not */
  worker(queue: string): LambdaFunction {
    const worker = Object.hasOwn(this.workers, queue) ? this.workers[queue] : undefined
    if (worker === undefined) throw new InvalidInput('queue', queue, Object.keys(this.workers).join(', '))
    return worker
  }

  /**
   * Lets it enqueue jobs into all queues. A function also gets the environment in which `createClient` finds them.
   */
  grantEnqueue(grantee: IGrantable): Grant {
    return this.#grant(grantee, accessOf.enqueue)
  }

  /** Lets it read jobs by id; a function gets the environment as with `grantEnqueue`. */
  grantRead(grantee: IGrantable): Grant {
    return this.#grant(grantee, accessOf.read)
  }

  /** Lets it read, cancel, requeue, reschedule and delete jobs; a function gets the environment as with `grantEnqueue`. */
  grantOperate(grantee: IGrantable): Grant {
    return this.#grant(grantee, accessOf.operate)
  }

  #grant(grantee: IGrantable, access: Access): Grant {
    return grantAccess(grantee, access, this.#resources, this.#environment)
  }
}
