import { Annotations } from 'aws-cdk-lib'
import type { HttpApi, HttpStage } from 'aws-cdk-lib/aws-apigatewayv2'
import { type Alarm, type Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch'
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { checkQueueCount, doMappingsFit } from '../lib/core/definition/deployment.ts'
import { hasWindows } from '../lib/core/definition/runner.ts'
import { systemQueue, withSystemQueue } from '../lib/core/definition/system.ts'
import { InvalidDefinition, InvalidInput } from '../lib/core/values/errors.ts'
import type { ApiScope } from './access/api-scopes.ts'
import { type Environment, type NamesEnvironment, namesEnvironment } from './access/environment.ts'
import { GrantingConstruct, type IJobRunner } from './access/granting-construct.ts'
import { carry } from './access/grants.ts'
import { ImportedJobRunner, type JobRunnerAttributes } from './access/imported-job-runner.ts'
import type { Resources } from './access/permissions.ts'
import { type JobMetricProps, jobMetric, type MetricName } from './alarms/job-metrics.ts'
import { makeAlarms } from './alarms/make-alarms.ts'
import { defaultMetricsNamespace } from './alarms/metrics-namespace.ts'
import type { Watched } from './alarms/watched.ts'
import { checkProps } from './props/check-props.ts'
import { checkWorkers } from './props/check-workers.ts'
import { dashboardBytes } from './props/dashboard-props.ts'
import { functionSettings, tableSettings } from './props/defaults.ts'
import { entryFiles } from './props/entry-files.ts'
import type { JobRunnerProps } from './props/job-runner-props.ts'
import type { JobApi } from './resources/api.ts'
import { innerFunctions } from './resources/inner-functions.ts'
import { undeliveredQueue } from './resources/job-queue.ts'
import { Outputs } from './resources/outputs.ts'
import { addPayloadRules } from './resources/payload-rules.ts'
import { systemWorker } from './resources/system-worker.ts'
import { jobTable, recordTable, streamArnOf } from './resources/tables.ts'
import { type QueuesAndWorkers, queuesAndWorkers } from './resources/workers.ts'

export type { BundlingOptions } from '../lib/bundle/bundle.ts'
export type { Environment, NamesEnvironment } from './access/environment.ts'
export type { IJobRunner } from './access/granting-construct.ts'
export type { GrantOptions } from './access/grants.ts'
export type { JobRunnerAttributes } from './access/imported-job-runner.ts'
export type { AlarmSettings, AlarmThresholds, PerQueue } from './alarms/alarm-settings.ts'
export type { JobMetricProps, MetricName, MetricService } from './alarms/job-metrics.ts'
export type { ApiAuth, JwtAuth } from './props/api-auth.ts'
export type { DashboardOidc, DashboardProps } from './props/dashboard-props.ts'
export type { JobRunnerProps, LogLevel } from './props/job-runner-props.ts'
export type { WorkerProps } from './props/worker-props.ts'

/**
 * All that runs the jobs of one runner: tables, queues, workers, sweeper, dispatcher, HTTP API, alarms.
 *
 * @example
 * const jobs = new JobRunner(this, 'Jobs', { runner, handlersEntry: 'src/handlers.ts' })
 * jobs.grantEnqueue(checkoutFunction)
 */
export class JobRunner extends GrantingConstruct {
  /**
   * A runner that another app or stack makes, to grant it to producers here.
   * @throws InvalidInput when an attribute is missing or unknown
   */
  static fromJobRunnerAttributes(scope: Construct, id: string, attributes: JobRunnerAttributes): IJobRunner {
    return new ImportedJobRunner(scope, id, attributes)
  }

  /** One row a job. */
  readonly table: TableV2
  /** Everything else that must last. */
  readonly records: TableV2
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
  /** Carries out bulk acts and backfills, unless `systemQueue` is false. */
  readonly systemWorker: LambdaFunction | undefined
  /** Where their jobs wait. */
  readonly systemQueue: Queue | undefined
  /** Derives counts, history and events from the changes of jobs, unless `recorder` is false. */
  readonly recorder: LambdaFunction | undefined
  /** By id, such as `OldestDueJob` or `JobsFailed-mails`. */
  readonly alarms: Readonly<Record<string, Alarm>>
  /** The CloudWatch namespace of all metrics. */
  readonly metricsNamespace: string
  readonly environment: NamesEnvironment & Environment
  protected readonly granted: Resources
  readonly #api: JobApi | undefined

  /** @throws InvalidInput or InvalidDefinition with what was given, what is allowed, and where */
  constructor(scope: Construct, id: string, props: JobRunnerProps) {
    super(scope, id)
    const where = `JobRunner(${this.node.path})`
    checkProps(where, props)
    const named = props.systemQueue === false ? props.runner : withSystemQueue(props.runner)
    checkQueueCount(`${where}.runner`, Object.keys(named.queues), dashboardBytes(props))
    const entries = entryFiles(where, props)
    checkWorkers(this, { where, props, entries })
    this.metricsNamespace = props.metricsNamespace ?? defaultMetricsNamespace(this)
    const { encryptionKey, eventBus, payloads } = props
    const settings = functionSettings(props, this.metricsNamespace)
    const tables = { jobs: jobTable(this, tableSettings(props)), records: recordTable(this, tableSettings(props)) }
    addPayloadRules(payloads)
    const resources = { ...tables, encryptionKey, eventBus, payloads }
    const made = queuesAndWorkers(this, { resources, entries, settings, props })
    const windowed = Object.keys(made.queues).filter(name => hasWindows(props.runner, [name]))
    this.table = tables.jobs
    this.records = tables.records
    this.queues = made.queues
    this.deadLetterQueues = made.deadLetterQueues
    this.workers = made.workers
    this.undelivered = undeliveredQueue(this)
    const all = { ...resources, windowed: windowed.flatMap(name => made.queues[name] ?? []) }
    const system = systemWorker(this, { props, entries, resources: all, queues: made.queues, settings })
    this.systemWorker = system?.function
    this.systemQueue = system?.queue
    const queues = { ...made.queues, ...(system === undefined ? {} : { [systemQueue]: system.queue }) }
    this.granted = { ...all, queues: Object.values(made.queues), systemQueue: system?.queue }
    this.environment = namesEnvironment(this, { ...tables, queues, payloads })
    const inner = innerFunctions(this, props, {
      resources: { ...all, queues: Object.values(queues) },
      runnerEntry: entries.runner,
      streamArn: streamArnOf(this.table),
      environment: this.environment,
      mappings: this.#mappingsOf(made, dashboardBytes(props)),
      settings,
      undelivered: this.undelivered,
    })
    this.dispatcher = inner.dispatcher.function
    this.sweeper = inner.sweeper.function
    this.reconciler = inner.reconciler?.function
    this.recorder = inner.recorder?.function
    this.#api = inner.api
    for (const one of this.#functions()) carry(this, one)
    this.alarms = makeAlarms(this, { where, ...tables, ...made, ...inner, ...this.#watching(props) })
    if (props.outputs !== false) {
      new Outputs(this, { props, apiUrl: this.api?.apiEndpoint, environment: this.environment })
    }
  }

  /** The HTTP API, unless `api` is false. */
  get api(): HttpApi | undefined {
    return this.#api?.http
  }

  /** For a custom domain: `new ApiMapping(this, 'Mapping', { api: jobs.api, stage: jobs.apiStage, domainName })`. */
  get apiStage(): HttpStage | undefined {
    return this.#api?.stage
  }

  get apiFunction(): LambdaFunction | undefined {
    return this.#api?.function
  }

  /** The worker of a queue: what its handlers need is granted to it. @throws InvalidInput for a queue that there is not */
  worker(queue: string): LambdaFunction {
    const worker = Object.hasOwn(this.workers, queue) ? this.workers[queue] : undefined
    if (worker === undefined) throw new InvalidInput('queue', queue, Object.keys(this.workers).join(', '))
    return worker
  }

  /**
   * Lets it read over the HTTP API with requests that it signs: every `GET`.
   * @throws InvalidDefinition when there is no API, or when `apiAuth` is not `'iam'`
   */
  grantApiRead(grantee: IGrantable): Grant {
    return this.#grantApi('read', grantee)
  }

  /** Lets it enqueue over the HTTP API: `POST /v1/jobs`, `/v1/jobs/batch` and `/v1/batches`. @throws as `grantApiRead` */
  grantApiWrite(grantee: IGrantable): Grant {
    return this.#grantApi('write', grantee)
  }

  /** Lets it call everything of the HTTP API: read, enqueue, operate. @throws as `grantApiRead` */
  grantApiOperate(grantee: IGrantable): Grant {
    return this.#grantApi('operate', grantee)
  }

  #grantApi(scope: ApiScope, grantee: IGrantable): Grant {
    if (this.#api === undefined) throw new InvalidDefinition(`${this.node.path} has no API: its prop api is false`)
    return this.#api.grant(scope, grantee)
  }

  /**
   * A metric of the functions. Sums of five minutes, unless the props say otherwise.
   * @example jobs.metric('JobsCompleted', { service: 'worker', queue: 'mails' })
   */
  metric(name: MetricName, props: JobMetricProps): Metric {
    return jobMetric(this.metricsNamespace, name, props)
  }

  /** Jobs of a queue that ended FAILED. */
  metricJobsFailed(queue: string, props?: MetricOptions): Metric {
    return this.metric('JobsFailed', { ...props, service: 'worker', queue })
  }

  /** Runs of a queue that ended without an outcome: out of memory, process exit, or killed at the timeout. */
  metricJobsCrashed(queue: string, props?: MetricOptions): Metric {
    return this.metric('JobsCrashed', { ...props, service: 'worker', queue })
  }

  metricJobsCompleted(queue: string, props?: MetricOptions): Metric {
    return this.metric('JobsCompleted', { ...props, service: 'worker', queue })
  }

  /** Milliseconds from when a job was due to its start; the highest, unless the props say otherwise. */
  metricStartLatency(queue: string, props?: MetricOptions): Metric {
    return this.metric('StartLatency', { statistic: Stats.MAXIMUM, ...props, service: 'worker', queue })
  }

  /** Milliseconds that handlers of completed jobs took; the average, unless the props say otherwise. */
  metricRunTime(queue: string, props?: MetricOptions): Metric {
    return this.metric('RunTime', { statistic: Stats.AVERAGE, ...props, service: 'worker', queue })
  }

  /** Milliseconds that the oldest due job waits for the sweeper; the highest, unless the props say otherwise. */
  metricOldestDueAge(props?: MetricOptions): Metric {
    return this.metric('OldestDueAge', { statistic: Stats.MAXIMUM, ...props, service: 'sweeper' })
  }

  /** None, where their ids do not fit into the environment of a function. */
  #mappingsOf({ mappings }: QueuesAndWorkers, moreBytes: number): QueuesAndWorkers['mappings'] {
    if (doMappingsFit(Object.keys(mappings), moreBytes)) return mappings
    Annotations.of(this).addWarningV2(
      'lamplighter:no-mappings',
      'so many queues leave no room for the ids of their mappings: a pause works, concurrency cannot be set at run time',
    )
    return {}
  }

  #functions(): readonly LambdaFunction[] {
    const { sweeper, dispatcher, reconciler, recorder, systemWorker: system, apiFunction } = this
    const others = [sweeper, dispatcher, reconciler, recorder, system, apiFunction]
    return [...Object.values(this.workers), ...others.filter(one => one !== undefined)]
  }

  #watching({
    alarms,
    eventBus,
  }: JobRunnerProps): Pick<Watched, 'namespace' | 'undelivered' | 'settings' | 'isPublishing' | 'hasSystemQueue'> {
    const hasSystemQueue = this.systemWorker !== undefined
    const isPublishing = eventBus !== undefined
    return {
      namespace: this.metricsNamespace,
      undelivered: this.undelivered,
      settings: alarms,
      isPublishing,
      hasSystemQueue,
    }
  }
}
