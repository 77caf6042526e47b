/** Does what synth does with an application's modules, and writes down what it finds instead of throwing. */
import { setImmediate } from 'node:timers/promises'
import { type BundlingOptions, bundle } from '../../bundle/bundle.ts'
import { bundleWorker } from '../../bundle/bundle-worker.ts'
import { checkWorker, loadWorker } from '../../bundle/check-worker.ts'
import { entryOf, innerFunctions, type Modules } from '../../bundle/entries.ts'
import { loadRunner } from '../../bundle/load-runner.ts'
import { checkQueueCount, functionTimeoutMs } from '../../core/definition/deployment.ts'
import type { QueuePolicy, Runner } from '../../core/definition/runner.ts'
import { InvalidDefinition } from '../../core/values/errors.ts'

export interface QueueReport extends QueuePolicy {
  readonly name: string
  /** Of its worker function. */
  readonly functionTimeoutMs: number
}

export interface JobReport {
  readonly type: string
  readonly queue: string
  /** Null if the handlers do not load here, so that nobody knows. */
  readonly hasHandler: boolean | null
  readonly timeoutMs: number
  readonly maxAttempts: number
}

export interface BundleReport {
  readonly name: string
  /** Of the code, without its source map. */
  readonly bytes: number
}

export interface CheckReport {
  /** Absolute paths. */
  readonly runner: string
  readonly handlers: string
  readonly queues: readonly QueueReport[]
  readonly jobs: readonly JobReport[]
  /** All queues' workers are one bundle. */
  readonly bundles: readonly BundleReport[]
  /** Why it would not deploy; none if it would. */
  readonly problems: readonly string[]
  /** What synth warns of. */
  readonly warnings: readonly string[]
}

type Found = { -readonly [Key in keyof CheckReport]: CheckReport[Key] }

/** Each step needs the ones before: a runner that does not load leaves nothing to look at. */
export async function checkApplication(modules: Modules, bundling: BundlingOptions): Promise<CheckReport> {
  const found: Found = { ...modules, queues: [], jobs: [], bundles: [], problems: [], warnings: [] }
  const runner = await attempt(found, () => loadRunner(modules.runner))
  if (runner === undefined) return found
  found.queues = queuesOf(runner)
  found.jobs = jobsOf(runner, undefined)
  await attempt(found, () => checkQueueCount('the runner', Object.keys(runner.queues)))
  await attempt(found, () => lookIntoWorker(found, runner, bundling))
  await measure(found, 'worker', () => bundleWorker(modules, bundling).bytes)
  for (const kind of innerFunctions) {
    await measure(found, kind, () => bundle(kind, entryOf(kind, modules.runner)).bytes)
  }
  return found
}

/** Undefined if the step found a problem, which is then in the list. */
async function attempt<Value>(found: Found, step: () => Value): Promise<Value | undefined> {
  // The steps block this process. In between it notices Ctrl-C.
  await setImmediate()
  try {
    return step()
  } catch (error) {
    if (!(error instanceof InvalidDefinition)) throw error
    const problem = error.message.trimEnd()
    // A worker that cannot be bundled is met twice.
    if (!found.problems.includes(problem)) found.problems = [...found.problems, problem]
    return undefined
  }
}

async function measure(found: Found, name: string, bytesOf: () => number): Promise<void> {
  const bytes = await attempt(found, bytesOf)
  if (bytes !== undefined) found.bundles = [...found.bundles, { name, bytes }]
}

function lookIntoWorker(found: Found, runner: Runner, bundling: BundlingOptions): void {
  const modules = { runner: found.runner, handlers: found.handlers }
  const spec = { where: 'lamplighter check', runner, modules, queues: Object.keys(runner.queues), bundling }
  const report = loadWorker(spec)
  if (report.kind === 'loaded') found.jobs = jobsOf(runner, report.handled)
  const why = checkWorker(spec)
  if (why === undefined) return
  found.warnings = [`the handlers do not load here, so whether each job has one is not known: ${why}`]
}

const queuesOf = (runner: Runner): readonly QueueReport[] =>
  Object.entries(runner.queues).map(([name, policy]) => ({
    name,
    ...policy,
    functionTimeoutMs: functionTimeoutMs(runner, name),
  }))

const jobsOf = (runner: Runner, handled: readonly string[] | undefined): readonly JobReport[] =>
  Object.values(runner.jobs).map(({ type, queue, policy: { timeoutMs, maxAttempts } }) => ({
    type,
    queue,
    hasHandler: handled === undefined ? null : handled.includes(type),
    timeoutMs,
    maxAttempts,
  }))
