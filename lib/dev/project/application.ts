/** The user's application as the stack runs it: bundled as it would be deployed, and looked into as at synth. */
import { bundling, noCalendar } from '../../bundle/bundling.ts'
import { isDefinitionError, judgeWorker, namesFor, reasonOf } from '../../bundle/check-worker.ts'
import { innerEntry, innerFunctions, runnerEntry, workerEntry } from '../../bundle/entries.ts'
import type { ProjectModules } from '../../bundle/find-modules.ts'
import { type LocalSettings, localRunner } from '../../bundle/local-runner.ts'
import { type OwnHalf, ownHalf } from '../../bundle/own-half.ts'
import { probeModule } from '../../bundle/probe.ts'
import { type DescribedSchedule, type ProbeReport, runnerDescribed } from '../../bundle/probe-report.ts'
import { type Rebuilder, type Rebuilt, rebuilder } from '../../bundle/rebuild.ts'
import type { Runner } from '../../core/definition/runner.ts'
import { systemQueue } from '../../core/definition/system.ts'
import { InvalidDefinition } from '../../core/values/errors.ts'
import type { FunctionModules, ModuleRef } from '../lambda/functions.ts'

export interface ApplicationSpec {
  readonly modules: ProjectModules
  /** For the bundles. */
  readonly buildFolder: string
  /** Variables that the modules may read while they load. */
  readonly environment: Readonly<Record<string, string>>
  readonly local: LocalSettings
}

/** What a stack runs. */
export interface Built {
  readonly runner: Runner
  readonly schedules: readonly DescribedSchedule[]
  readonly functions: FunctionModules
  /** Whether contracts or schedules may differ from those that run. */
  readonly areContractsNew: boolean
  /** What synth would warn of. */
  readonly warnings: readonly string[]
}

export type Build =
  | ({ readonly kind: 'built' } & Built)
  /** Nothing that runs is other than before. */
  | { readonly kind: 'unchanged' }
  /** In plain words: esbuild's, or those of a check. */
  | { readonly kind: 'failed'; readonly text: string }

type Good = Extract<Rebuilt, { kind: 'built' }>

/** The bundles of one application, built again when its files change. */
export class Application {
  readonly #spec: ApplicationSpec
  readonly #own: OwnHalf
  readonly #builders: readonly Rebuilder[]
  readonly #good = new Map<string, Good>()
  readonly #failed = new Set<string>()
  #contracts: { readonly hash: string; readonly report: ProbeReport } | undefined
  #running: string | undefined
  /** When the last build began: what was saved later is not in it. Epoch milliseconds. */
  builtAt = 0
  #runningContracts: string | undefined

  private constructor(spec: ApplicationSpec, own: OwnHalf, builders: readonly Rebuilder[]) {
    this.#spec = spec
    this.#own = own
    this.#builders = builders
  }

  /** @throws InvalidDefinition when esbuild is not installed */
  static async of(spec: ApplicationSpec): Promise<Application> {
    const { runner, handlers, workers } = spec.modules
    const target = targetFor(process.versions.node)
    const own = ownHalf(spec.buildFolder, target)
    // As deployed, but readable in a debugger, and with Lamplighter's own half in files of its own.
    const entry = (name: string, source: string, options = {}) => ({
      name,
      source,
      options: { ...options, minify: false, target, plugins: [own.plugin] },
      folder: spec.buildFolder,
    })
    const worker = (name: string, path: string) =>
      entry(name, workerEntry({ runner, handlers: path }, spec.local), { define: noCalendar })
    const entries = [
      entry('runner', runnerEntry(runner)),
      worker('worker', handlers),
      ...Object.entries(workers).map(([queue, path]) => worker(workerOf(queue), path)),
      entry('inner', innerEntry(runner, spec.local)),
    ]
    return new Application(spec, own, await Promise.all(entries.map(rebuilder)))
  }

  /** Every file that the bundles are made of, as last seen. */
  inputs(): ReadonlySet<string> {
    const { modules } = this.#spec
    const found = [...this.#good.values()].flatMap(({ inputs }) => inputs)
    const named = [modules.runner, modules.handlers, ...Object.values(modules.workers)]
    return new Set([...named, ...found, ...this.#own.inputs()])
  }

  /** @param changed files; bundles without them are not made again. Absent: all are */
  async build(changed?: ReadonlySet<string>): Promise<Build> {
    this.builtAt = Date.now()
    const isOwnDue =
      changed === undefined ? this.#running !== undefined : this.#own.inputs().some(path => changed.has(path))
    if (isOwnDue) this.#own.renew()
    const isAllDue = isOwnDue || changed === undefined
    const due = this.#builders.filter(({ name }) => isAllDue || this.#isDue(name, changed))
    const results = await Promise.all(due.map(async builder => ({ name: builder.name, result: await builder.build() })))
    for (const { name, result } of results) {
      if (result.kind === 'built') this.#good.set(name, result)
      if (result.kind === 'built') this.#failed.delete(name)
      else this.#failed.add(name)
    }
    const failed = results.find(({ result }) => result.kind === 'failed')?.result
    if (failed?.kind === 'failed') return { kind: 'failed', text: failed.text.trimEnd() }
    if (this.#failed.size > 0) return { kind: 'unchanged' }
    const own = await this.#own.build()
    if (own.kind === 'failed') return { kind: 'failed', text: own.text.trimEnd() }
    const hashes = [...this.#good.values()].map(({ hash }) => hash).join()
    if (hashes === this.#running) return { kind: 'unchanged' }
    try {
      const built = await this.#checked()
      return { kind: 'built', ...built }
    } catch (error) {
      if (!(error instanceof InvalidDefinition)) throw error
      return { kind: 'failed', text: error.message }
    }
  }

  /** The build is what runs now: an equal one is no change. */
  taken(): void {
    this.#running = [...this.#good.values()].map(({ hash }) => hash).join()
    this.#runningContracts = this.#contracts?.hash
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#builders.map(builder => builder.dispose()))
  }

  #isDue(name: string, changed: ReadonlySet<string>): boolean {
    return this.#failed.has(name) || this.#good.get(name)?.inputs.some(path => changed.has(path)) !== false
  }

  #pathOf(name: string): string {
    return this.#good.get(name)?.path ?? ''
  }

  /** @throws InvalidDefinition when a deployment would not start */
  async #checked(): Promise<Built> {
    const { modules, local } = this.#spec
    const isFirst = this.#running === undefined
    // Later the sandboxes tell whether a worker loads.
    const names = isFirst ? ['worker', ...Object.keys(modules.workers).map(workerOf)] : []
    const [contracts, ...workers] = await Promise.all([this.#contractsNow(), ...names.map(name => this.#probe(name))])
    if (contracts.kind === 'thrown') {
      const why = isDefinitionError(contracts) ? contracts.message : reasonOf(contracts)
      throw new InvalidDefinition(`the runner of ${modules.runner} does not load: ${why}`)
    }
    const runner = localRunner(runnerDescribed(contracts.runner), local)
    const areContractsNew = this.#contracts?.hash !== this.#runningContracts
    const warnings = workers.flatMap((report, index) => this.#judged(names[index] ?? '', runner, report))
    return { runner, schedules: contracts.schedules, functions: this.#functions(), areContractsNew, warnings }
  }

  /** Why nothing is known of a worker, as a warning. */
  #judged(name: string, runner: Runner, report: ProbeReport): readonly string[] {
    const { modules } = this.#spec
    const own = Object.keys(modules.workers)
    const isOwn = (queue: string): boolean => workerOf(queue) === name
    const queues = Object.keys(runner.queues).filter(name === 'worker' ? queue => !own.includes(queue) : isOwn)
    const handlers = Object.entries(modules.workers).find(([queue]) => isOwn(queue))?.[1] ?? modules.handlers
    const why = judgeWorker(
      { where: 'lamplighter dev', runner, modules: { runner: modules.runner, handlers }, queues },
      report,
    )
    return why === undefined ? [] : [`the handlers do not load: ${why}`]
  }

  async #contractsNow(): Promise<ProbeReport> {
    const hash = this.#good.get('runner')?.hash ?? ''
    if (this.#contracts?.hash === hash) return this.#contracts.report
    const report = await this.#probe('runner')
    this.#contracts = { hash, report }
    return report
  }

  #probe(name: string): Promise<ProbeReport> {
    const { modules, environment } = this.#spec
    return probeModule({
      path: this.#pathOf(name),
      handlers: modules.handlers,
      environment: { ...environment, ...namesFor([]) },
    })
  }

  #functions(): FunctionModules {
    const inner = Object.fromEntries(
      innerFunctions.map(kind => [kind, { path: this.#pathOf('inner'), exportName: kind }]),
    ) as Record<(typeof innerFunctions)[number], ModuleRef>
    const queues = Object.keys(this.#spec.modules.workers)
    const host = this.#own.host()
    return {
      ...inner,
      ...(host === undefined ? {} : { host }),
      worker: this.#pathOf('worker'),
      workers: {
        ...Object.fromEntries(queues.map(queue => [queue, this.#pathOf(workerOf(queue))])),
        [systemQueue]: inner.system,
      },
    }
  }
}

/** Lambda's Node knows more than an older one here: what is newer is written in older words. */
const targetFor = (version: string): string => (Number(version.split('.')[0]) < 24 ? 'node22' : bundling.target)

const workerOf = (queue: string): string => `worker-${queue}`
