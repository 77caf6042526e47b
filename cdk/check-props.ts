/** What the types cannot say about the props. Everything is refused at synth, with what was given and what is allowed. */
import { statSync } from 'node:fs'
import { dirname, extname, join, resolve } from 'node:path'
import { type Duration, Token } from 'aws-cdk-lib'
import { integerIn, refuseUnknownKeys } from '../lib/core/values/check-options.ts'
import { InvalidInput } from '../lib/core/values/errors.ts'
import type { JobRunnerProps, WorkerProps } from './job-runner-props.ts'

const known = [
  'runner',
  'handlersEntry',
  'runnerEntry',
  'workers',
  'api',
  'apiAuth',
  'apiRequestsPerSecond',
  'reconciler',
  'eventBus',
  'alarms',
  'alarmTopic',
  'maxDueAge',
  'maxQueueAge',
  'encryptionKey',
  'removalPolicy',
  'deletionProtection',
  'logRetention',
  'tracing',
  'metricsNamespace',
] as const satisfies readonly (keyof JobRunnerProps)[]

const knownOfWorker = [
  'handlersEntry',
  'memorySize',
  'environment',
  'vpc',
  'vpcSubnets',
  'securityGroups',
  'layers',
  'reservedConcurrency',
  'policyStatements',
  'bundling',
] as const satisfies readonly (keyof WorkerProps)[]

/**
 * @param where for messages: the construct's path
 * @throws InvalidInput
 */
export function checkProps(where: string, props: JobRunnerProps): void {
  refuseUnknownKeys(where, props, known)
  if (typeof props.runner?.queues !== 'object' || typeof props.runner.jobs !== 'object') {
    throw new InvalidInput(`${where}.runner`, props.runner, 'what defineRunner gives')
  }
  const workers = props.workers ?? {}
  refuseUnknownKeys(`${where}.workers`, workers, Object.keys(props.runner.queues))
  for (const [queue, worker] of Object.entries(workers)) {
    checkWorker(`${where}.workers.${queue}`, worker, props.runner.queues[queue]?.concurrency ?? 0)
  }
  if (typeof props.apiAuth === 'string' && props.apiAuth !== 'iam' && props.apiAuth !== 'none') {
    throw new InvalidInput(`${where}.apiAuth`, props.apiAuth, "'iam', 'none' or an IHttpRouteAuthorizer")
  }
  if (props.apiRequestsPerSecond !== undefined) {
    integerIn(`${where}.apiRequestsPerSecond`, props.apiRequestsPerSecond, 1, 10_000)
  }
  atLeast(`${where}.maxDueAge`, props.maxDueAge, 2)
  atLeast(`${where}.maxQueueAge`, props.maxQueueAge, 1)
}

function checkWorker(where: string, props: WorkerProps, concurrency: number): void {
  refuseUnknownKeys(where, props, knownOfWorker)
  if (props.memorySize !== undefined) integerIn(`${where}.memorySize`, props.memorySize, 128, 10_240)
  if (props.reservedConcurrency !== undefined) {
    // With less, Lambda's pollers are throttled, and messages are received in vain.
    integerIn(`${where}.reservedConcurrency`, props.reservedConcurrency, concurrency, 100_000)
  }
  for (const name of Object.keys(props.environment ?? {})) {
    if (reserved.test(name)) {
      throw new InvalidInput(`${where}.environment`, name, 'names that neither Lambda nor Lamplighter sets itself')
    }
  }
}

/** Other names that begin with LAMPLIGHTER_ are settings of this application's own handlers. */
const reserved = /^(LAMPLIGHTER_(TABLE|QUEUES|EVENT_BUS)|POWERTOOLS_METRICS_NAMESPACE|NODE_OPTIONS)$/

function atLeast(field: string, given: Duration | undefined, minutes: number): void {
  if (given === undefined || Token.isUnresolved(given)) return
  if (given.toSeconds() < minutes * 60)
    throw new InvalidInput(field, given.toHumanString(), `${minutes} minutes or more`)
}

/** @throws InvalidInput when there is no such file */
function existingFile(field: string, path: string): string {
  const absolute = resolve(path)
  if (statSync(absolute, { throwIfNoEntry: false })?.isFile() === true) return absolute
  throw new InvalidInput(field, path, `the path of a module; there is no file ${absolute}`)
}

export interface Entries {
  readonly runner: string
  /** Queue → the handlers of its worker. */
  readonly handlersOf: (queue: string) => string
}

/** @throws InvalidInput */
export function entriesOf(where: string, props: JobRunnerProps): Entries {
  const handlers = existingFile(`${where}.handlersEntry`, props.handlersEntry)
  const beside = join(dirname(handlers), `jobs${extname(handlers)}`)
  const runner = existingFile(`${where}.runnerEntry`, props.runnerEntry ?? beside)
  const own = new Map<string, string>()
  for (const [queue, { handlersEntry }] of Object.entries(props.workers ?? {})) {
    if (handlersEntry !== undefined) {
      own.set(queue, existingFile(`${where}.workers.${queue}.handlersEntry`, handlersEntry))
    }
  }
  return { runner, handlersOf: queue => own.get(queue) ?? handlers }
}
