/** Looks into a worker before it is deployed: finds what otherwise only shows when Lambda loads it. */
import type { Runner } from '../core/definition/runner.ts'
import { InvalidDefinition } from '../core/values/errors.ts'
import type { BundlingOptions } from './bundle.ts'
import { bundleWorker } from './bundle-worker.ts'
import type { Modules } from './entries.ts'
import { probeWorker } from './probe.ts'
import { describeRunner, type ProbeReport } from './probe-report.ts'

export interface WorkerSpec {
  /** For messages: which construct, or which command. */
  readonly where: string
  readonly runner: Runner
  readonly modules: Modules
  /** The queues whose worker this is. */
  readonly queues: readonly string[]
  readonly bundling?: BundlingOptions
  /** The worker's variables, but for those that name table and queues. */
  readonly environment?: Readonly<Record<string, string>>
}

/** Names of the right form. The worker's clients are made with them, and no request is sent. */
const queueUrl = 'https://sqs.us-east-1.amazonaws.com/000000000000/known-at-deployment'

export const namesFor = (queues: readonly string[]): Readonly<Record<string, string>> => ({
  LAMPLIGHTER_TABLE: 'known-at-deployment',
  LAMPLIGHTER_RECORDS: 'records-known-at-deployment',
  LAMPLIGHTER_QUEUES: JSON.stringify(Object.fromEntries(queues.map(queue => [queue, queueUrl]))),
})

export type Thrown = Extract<ProbeReport, { kind: 'thrown' }>

/** Whether it is what the library throws for definitions that no deployment makes right. */
export const isDefinitionError = ({ name }: Thrown): boolean => ['InvalidDefinition', 'InvalidInput'].includes(name)

/** Why a module does not load: its error, and where that was thrown. */
export const reasonOf = ({ name, message, place }: Thrown): string =>
  [`${name}: ${message}`, place].filter(line => line !== '').join('\n  ')

/** The worker's own bundle, loaded in the worker's own environment. @throws InvalidDefinition when it cannot be bundled */
export const loadWorker = ({ modules, queues, bundling, environment }: WorkerSpec): ProbeReport =>
  probeWorker({
    bundle: bundleWorker(modules, bundling),
    handlers: modules.handlers,
    environment: { ...environment, ...namesFor(queues) },
  })

/**
 * Loads the worker's own bundle in the worker's own environment, where `createWorker` makes its checks; then compares
 * the runner with the one given, and looks for job types without a handler.
 * @returns why nothing is known: the modules do not load outside of Lambda
 * @throws InvalidDefinition when the worker would not start, or would leave jobs alone
 */
export const checkWorker = (spec: WorkerSpec): string | undefined => judgeWorker(spec, loadWorker(spec))

/** What `checkWorker` makes of a report. @throws InvalidDefinition */
export function judgeWorker(
  spec: Omit<WorkerSpec, 'bundling' | 'environment'>,
  report: ProbeReport,
): string | undefined {
  const { modules, queues } = spec
  if (report.kind === 'loaded') {
    checkRunner(spec, report)
    checkMissing(spec, report)
    return undefined
  }
  const { message } = report
  if (!isDefinitionError(report)) return reasonOf(report)
  throw new InvalidDefinition(
    `${spec.where}: the ${queues.length === 1 ? 'worker of queue' : 'workers of queues'} ${queues.join(', ')} ` +
      `would not start: ${message} ` +
      `(runner: ${modules.runner}, handlers: ${modules.handlers})`,
  )
}

type Loaded = Extract<ProbeReport, { kind: 'loaded' }>

function checkRunner(
  { where, runner, modules }: Pick<WorkerSpec, 'where' | 'runner' | 'modules'>,
  found: Loaded,
): void {
  if (found.runner === describeRunner(runner)) return
  throw new InvalidDefinition(
    `${where}.runner is not the one that ${modules.runner} exports, which the functions would run; ` +
      'pass that one, or set runnerEntry to the module that exports the one you passed',
  )
}

function checkMissing(
  { runner, modules, queues }: Pick<WorkerSpec, 'runner' | 'modules' | 'queues'>,
  { handled }: Loaded,
): void {
  const missing = Object.values(runner.jobs).filter(job => queues.includes(job.queue) && !handled.includes(job.type))
  if (missing.length === 0) return
  throw new InvalidDefinition(
    `no handler for ${missing.map(job => `job type '${job.type}' (queue '${job.queue}')`).join(', ')} in ` +
      `${modules.handlers}; there are handlers for: ${handled.join(', ') || 'none'}`,
  )
}
