/** What the types cannot say about the props. Everything is refused at synth, with what was given and what is allowed. */
import { type Duration, Token } from 'aws-cdk-lib'
import { integerIn, refuseUnknownKeys } from '../../lib/core/values/check-options.ts'
import { InvalidInput } from '../../lib/core/values/errors.ts'
import { type AlarmSettings, isCount, isDuration, type PerQueue } from '../alarms/alarm-settings.ts'
import { checkApiAuth } from './api-auth.ts'
import { dashboardSettings } from './dashboard-props.ts'
import type { JobRunnerProps, LogLevel } from './job-runner-props.ts'
import type { WorkerProps } from './worker-props.ts'

/** Every option once: the compiler refuses a missing and an unknown one. */
const options = <Props>(known: { readonly [Key in keyof Required<Props>]: true }): readonly string[] =>
  Object.keys(known)

const known = options<JobRunnerProps>({
  runner: true,
  handlersEntry: true,
  runnerEntry: true,
  checkHandlers: true,
  workers: true,
  api: true,
  apiAuth: true,
  apiRequestsPerSecond: true,
  apiCors: true,
  apiDetails: true,
  dashboard: true,
  reconciler: true,
  recorder: true,
  systemQueue: true,
  eventBus: true,
  payloads: true,
  alarms: true,
  outputs: true,
  encryptionKey: true,
  warmThroughput: true,
  maxReadRequestUnits: true,
  maxWriteRequestUnits: true,
  removalPolicy: true,
  deletionProtection: true,
  architecture: true,
  sweeperMemorySize: true,
  dispatcherMemorySize: true,
  recorderMemorySize: true,
  logLevel: true,
  logRetention: true,
  tracing: true,
  metricsNamespace: true,
})

const knownOfWorker = options<WorkerProps>({
  handlersEntry: true,
  memorySize: true,
  architecture: true,
  environment: true,
  vpc: true,
  vpcSubnets: true,
  securityGroups: true,
  layers: true,
  reservedConcurrency: true,
  policyStatements: true,
  bundling: true,
  code: true,
})

const knownOfAlarms = options<AlarmSettings>({ actions: true, thresholds: true, exclude: true })
const knownThresholds = options<NonNullable<AlarmSettings['thresholds']>>({
  dueAge: true,
  startLatency: true,
  failures: true,
  crashes: true,
})

const logLevels: readonly LogLevel[] = ['DEBUG', 'INFO', 'WARN', 'ERROR']

/**
 * @param where for messages: the construct's path
 * @throws InvalidInput
 */
export function checkProps(where: string, props: JobRunnerProps): void {
  refuseUnknownKeys(where, props, known)
  if (typeof props.runner?.queues !== 'object' || typeof props.runner.jobs !== 'object') {
    throw new InvalidInput(`${where}.runner`, props.runner, 'what defineRunner returned')
  }
  const queues = Object.keys(props.runner.queues)
  const workers = props.workers ?? {}
  refuseUnknownKeys(`${where}.workers`, workers, queues)
  for (const [queue, worker] of Object.entries(workers)) {
    checkWorkerProps(`${where}.workers.${queue}`, worker, props.runner.queues[queue]?.concurrency ?? 0)
  }
  checkApi(where, props)
  wholeNumber(`${where}.maxReadRequestUnits`, props.maxReadRequestUnits, 1, maxUnits)
  wholeNumber(`${where}.maxWriteRequestUnits`, props.maxWriteRequestUnits, 1, maxUnits)
  memory(`${where}.sweeperMemorySize`, props.sweeperMemorySize)
  memory(`${where}.dispatcherMemorySize`, props.dispatcherMemorySize)
  memory(`${where}.recorderMemorySize`, props.recorderMemorySize)
  if (props.recorder === false && props.eventBus !== undefined) {
    throw new InvalidInput(`${where}.recorder`, false, 'true together with eventBus: the recorder publishes the events')
  }
  if (props.logLevel !== undefined && !logLevels.includes(props.logLevel)) {
    throw new InvalidInput(`${where}.logLevel`, props.logLevel, logLevels.join(', '))
  }
  if (props.alarms !== undefined && props.alarms !== false) checkAlarms(`${where}.alarms`, props.alarms, queues)
}

/** What an on-demand table may be limited to: any number that CloudFormation takes. */
const maxUnits = 1_000_000_000

function checkApi(where: string, props: JobRunnerProps): void {
  const { apiAuth, apiRequestsPerSecond, apiCors, apiDetails = [] } = props
  if (apiAuth !== undefined) checkApiAuth(`${where}.apiAuth`, apiAuth)
  wholeNumber(`${where}.apiRequestsPerSecond`, apiRequestsPerSecond, 1, 10_000)
  if (apiCors !== undefined && (apiCors.allowOrigins ?? []).length === 0) {
    throw new InvalidInput(`${where}.apiCors.allowOrigins`, apiCors.allowOrigins, 'a list of at least one origin')
  }
  if (!Array.isArray(apiDetails) || apiDetails.some(word => word !== 'types' && word !== 'stacks')) {
    throw new InvalidInput(`${where}.apiDetails`, apiDetails, "a list of 'types' and 'stacks'")
  }
  dashboardSettings(where, props)
}

function checkWorkerProps(where: string, props: WorkerProps, concurrency: number): void {
  refuseUnknownKeys(where, props, knownOfWorker)
  memory(`${where}.memorySize`, props.memorySize)
  // With less, Lambda's pollers are throttled, and messages are received in vain.
  wholeNumber(`${where}.reservedConcurrency`, props.reservedConcurrency, concurrency, 100_000)
  for (const name of Object.keys(props.environment ?? {})) {
    if (reserved.test(name)) {
      throw new InvalidInput(`${where}.environment`, name, 'names that neither Lambda nor Lamplighter sets itself')
    }
  }
  for (const other of ['handlersEntry', 'bundling'] as const) {
    if (props.code !== undefined && props[other] !== undefined) {
      throw new InvalidInput(`${where}.${other}`, props[other], 'nothing where `code` is given, which is not bundled')
    }
  }
}

/**
 * Set by Lamplighter, or reserved by Lambda, which refuses them at deployment.
 * docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
const reserved = new RegExp(
  [
    '^LAMPLIGHTER_(TABLE|RECORDS|QUEUES|EVENT_BUS)$',
    '^POWERTOOLS_(METRICS_NAMESPACE|LOG_LEVEL)$',
    '^AWS_(REGION|DEFAULT_REGION|EXECUTION_ENV|ACCESS_KEY|ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN)$',
    '^AWS_LAMBDA_(FUNCTION_(NAME|MEMORY_SIZE|VERSION)|INITIALIZATION_TYPE|LOG_(GROUP|STREAM)_NAME|RUNTIME_API)$',
    '^(_HANDLER|_X_AMZN_TRACE_ID|LAMBDA_TASK_ROOT|LAMBDA_RUNTIME_DIR)$',
  ].join('|'),
)

function checkAlarms(where: string, alarms: AlarmSettings, queues: readonly string[]): void {
  if (typeof alarms !== 'object') throw new InvalidInput(where, alarms, 'false, or an object of settings')
  refuseUnknownKeys(where, alarms, knownOfAlarms)
  const { dueAge, startLatency, failures, crashes } = alarms.thresholds ?? {}
  const field = `${where}.thresholds`
  refuseUnknownKeys(field, alarms.thresholds ?? {}, knownThresholds)
  if (dueAge !== undefined) atLeast(`${field}.dueAge`, dueAge, 2)
  for (const [name, value] of ofQueues(`${field}.startLatency`, startLatency, queues, isDuration)) {
    if (value !== undefined) atLeast(name, value, 1)
  }
  for (const [name, given] of Object.entries({ failures, crashes })) {
    for (const [at, value] of ofQueues(`${field}.${name}`, given, queues, isCount)) {
      if (value !== false) wholeNumber(at, value, 1, 1_000_000)
    }
  }
}

/** Every value with the field that it stands in. @throws InvalidInput for a queue that there is not */
function ofQueues<Value>(
  field: string,
  given: PerQueue<Value> | undefined,
  queues: readonly string[],
  isValue: (given: unknown) => given is Value,
): readonly (readonly [string, Value | undefined])[] {
  if (given === undefined || isValue(given)) return [[field, given]]
  if (typeof given !== 'object' || given === null) return [[field, given]]
  refuseUnknownKeys(field, given, queues)
  return Object.entries(given).map(([queue, value]) => [`${field}.${queue}`, value])
}

function wholeNumber(field: string, given: number | undefined, min: number, max: number): void {
  if (given !== undefined && !Token.isUnresolved(given)) integerIn(field, given, min, max)
}

/** docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const memory = (field: string, given: number | undefined): void => wholeNumber(field, given, 128, 10_240)

function atLeast(field: string, given: Duration, minutes: number): void {
  if (!isDuration(given)) throw new InvalidInput(field, given, 'a Duration of the CDK')
  if (Token.isUnresolved(given)) return
  if (given.toSeconds() < minutes * 60)
    throw new InvalidInput(field, given.toHumanString(), `${minutes} minutes or more`)
}
