import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { ReconcileDeps } from '../../lib/app/sweeper/reconcile.ts'
import type { JobContract, Limit } from '../../lib/core/definition/contract.ts'
import type { Logger } from '../../lib/core/definition/run-context.ts'
import type { Runner } from '../../lib/core/definition/runner.ts'
import { controlKey } from '../../lib/core/records/keys.ts'
import type { WorkerDeps } from '../../lib/ports/deps.ts'
import type { RecordStore } from '../../lib/ports/record-store.ts'
import { MemoryJobStore } from '../../lib/testing/memory-job-store.ts'
import { MemoryRecordStore } from '../../lib/testing/memory-record-store.ts'
import { SeededRandom } from '../../lib/testing/seeded-random.ts'
import { Bank } from './bank.ts'
import { Chance, seedFor } from './chance.ts'
import { Facts } from './facts.ts'
import { Faults } from './faults.ts'
import { type Input, tenantOfInput } from './handlers.ts'
import { IndexView } from './index-view.ts'
import { Loop } from './loop.ts'
import { Mapping } from './mapping.ts'
import type { Plan } from './plan.ts'
import { type Fate, Proc, type ProcKind } from './proc.ts'
import { QueuePort } from './queue-port.ts'
import { recordPort } from './record-port.ts'
import { declarationOf, moveAsOldRulesHadIt } from './schedules.ts'
import { realUses, type Sim, startAt, type Tamper, type Uses, type Watcher } from './sim.ts'
import { Sqs } from './sqs.ts'
import { StorePort } from './store-port.ts'
import { type Refusal, Table, type Write } from './table.ts'
import { Trace } from './trace.ts'
import type { Violation } from './violation.ts'

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} }
const anyInput: StandardSchemaV1<Input, Input> = {
  '~standard': { version: 1, vendor: 'simulation', validate: value => ({ value: value as Input }) },
}

/** SQS's default. */
const retentionMs = 4 * 86_400_000

/** What is deployed at first (0), and from the middle of the chaos on (1). */
function runnerOf(plan: Plan, release: 0 | 1): Runner {
  const { concurrency, batchSize, move } = plan
  const shards = plan.shards[release]
  const queueOf = (queue: string): string => (release === 1 && queue === move?.from ? move.to : queue)
  const jobs = plan.types.map((one): [string, JobContract] => {
    const { type, timeoutMs, maxAttempts, maxSnoozes, maxDurationMs, backoff, history, keepMs } = one
    const { limit, onFailed, enqueues } = one
    const queue = queueOf(one.queue)
    const policy = {
      timeoutMs,
      maxAttempts,
      maxSnoozes,
      ...(maxDurationMs === undefined ? {} : { maxDurationMs }),
      backoff,
      listCompleted: history,
      keepCompletedMs: keepMs,
      keepFailedMs: keepMs,
    }
    const follower = {
      ...(onFailed === undefined ? {} : { onFailed }),
      ...(enqueues === undefined ? {} : { enqueues }),
    }
    const contract = { type, queue, input: anyInput, tenant: tenantOfInput, policy, ...follower }
    if (limit === undefined) return [type, contract]
    const { keys, ...allowed } = limit
    const key = ({ n }: Input): string => `k${n % keys}`
    return [type, { ...contract, limit: { key, ...allowed } }]
  })
  const schedules = plan.schedules?.releases[release].map(declarationOf) ?? []
  const limit = limitInCode(plan)
  const beyond = plan.window === undefined ? {} : { window: plan.window }
  const queues = plan.queues.map(queue => [queueOf(queue), { concurrency, batchSize, shards, ...limit, ...beyond }])
  return { queues: Object.fromEntries(queues), jobs: Object.fromEntries(jobs), schedules, middleware: [] }
}

function limitInCode({ queueLimit, queueRate }: Plan): { readonly limit?: Limit } {
  if (queueLimit === undefined && queueRate === undefined) return {}
  const concurrency = queueLimit === undefined ? {} : { concurrency: queueLimit }
  return { limit: { ...concurrency, ...(queueRate === undefined ? {} : { rate: queueRate }) } }
}

const never: Fate = { killAtStep: 0, freezeAtStep: 0, freezeMs: 0 }

/** Everything there is in one simulated run. */
export class World implements Sim {
  readonly plan: Plan
  readonly loop: Loop
  readonly chance: Chance
  readonly faults: Faults
  readonly facts: Facts
  readonly table: Table
  readonly records: MemoryRecordStore
  readonly bank: Bank
  readonly index: IndexView
  readonly queues: Sqs
  readonly mapping: Mapping
  readonly uses: Uses
  readonly violations: Violation[] = []
  readonly counts: Map<string, number>
  readonly history: Trace
  readonly watchers: Watcher[] = []
  readonly procs = new Set<Proc>()
  runner: Runner
  readonly random: SeededRandom
  quietAt = Number.POSITIVE_INFINITY
  readonly #tamper: Tamper
  #born = 0
  #timeZones = '2026b'

  constructor(plan: Plan, tamper: Tamper, counts: Map<string, number>, show?: (line: string) => void) {
    this.history = new Trace(show)
    this.plan = plan
    this.counts = counts
    this.#tamper = tamper
    this.loop = new Loop(plan.seed, startAt)
    this.chance = new Chance(plan.seed, 'world')
    this.random = new SeededRandom(seedFor(plan.seed, 'tokens'))
    this.faults = new Faults(plan.seed, plan.rates, name => this.count(name))
    this.facts = new Facts(() => this.loop.now)
    this.index = new IndexView(this.loop, this.faults)
    this.table = new Table(
      this.loop,
      write => this.#wrote(write),
      refusal => this.#refused(refusal),
    )
    // No job changes together with a record yet: the store of jobs is one that nobody uses.
    const clock = { now: () => this.loop.now }
    this.records = new MemoryRecordStore(clock, new MemoryJobStore(clock))
    this.bank = new Bank(this)
    this.queues = new Sqs({
      now: () => this.loop.now,
      inFlightQuota: plan.inFlightQuota,
      retentionMs,
      count: this.count,
    })
    this.mapping = new Mapping(this)
    this.runner = runnerOf(plan, 0)
    this.uses = { ...realUses, ...tamper.uses?.(realUses, this) }
  }

  /** A deploy: another number of shards. It may be lower only once a tick has put the higher one on record. */
  deploy(release: 0 | 1 = 1): void {
    if (this.records.read(controlKey) === undefined) {
      this.loop.after(60_000, () => this.deploy(release))
      return
    }
    this.runner = runnerOf(this.plan, release)
    this.mapping.redeployed()
  }

  /** A new runtime brings other data of the time zones. */
  renewZones(): void {
    this.#timeZones = '2026c'
    if (this.plan.schedules !== undefined) moveAsOldRulesHadIt(this.records, this.plan.schedules, this.loop.now)
  }

  get isQuiet(): boolean {
    return this.faults.isQuiet
  }

  /** The end of all faults. */
  calmDown(): void {
    this.faults.isQuiet = true
    this.quietAt = this.loop.now
    this.trace('--- quiet from here on')
  }

  count = (name: string): void => {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1)
  }

  trace = (text: string): void => this.history.add(this.loop.now - startAt, text)

  violate(invariant: string, text: string): void {
    this.trace(`VIOLATION ${invariant}: ${text}`)
    this.violations.push({ invariant, text, atMs: this.loop.now - startAt })
  }

  spawn(kind: ProcKind): Proc {
    this.#born += 1
    const { skewMs } = this.plan
    const drift = skewMs === 0 ? 0 : (this.chance.fraction() - 0.5) * 0.0004
    const offsetMs = Math.round((this.chance.fraction() * 2 - 1) * (skewMs * 0.9))
    const proc = new Proc(kind, `${kind}${this.#born}`, this.loop, this.#fate(), { offsetMs, drift }, this.trace)
    this.procs.add(proc)
    return proc
  }

  /** Processes that may still do something: neither ended nor dead. */
  livingProcs(): number {
    let living = 0
    for (const proc of this.procs) {
      if (proc.isDead) this.procs.delete(proc)
      else if (!proc.isPaused) living += 1
    }
    return living
  }

  #fate(): Fate {
    const killAtStep = this.faults.happens('killed') ? this.faults.chance('killed').int(1, 24) : 0
    if (!this.faults.happens('frozen')) return { ...never, killAtStep }
    const chance = this.faults.chance('frozen')
    return { killAtStep, freezeAtStep: chance.int(1, 16), freezeMs: chance.spread(500, 1_200_000) }
  }

  depsFor(proc: Proc): WorkerDeps & ReconcileDeps {
    this.facts.of(proc).runner = this.runner
    const store = new StorePort(this, proc)
    const queue = new QueuePort(this, proc)
    const records = recordPort(this, proc)
    return {
      runner: this.runner,
      ...(this.plan.schedules === undefined ? {} : { timeZones: this.#timeZones }),
      store: this.#tamper.store?.(store, proc, this) ?? store,
      scanner: store,
      records: this.tampered(records, proc),
      queue: this.#tamper.queue?.(queue, proc, this) ?? queue,
      clock: proc.clock,
      random: this.random,
      telemetry: {
        emit: event => {
          if (proc.isDead) return
          this.facts.told(proc, event)
          for (const watcher of this.watchers) watcher.told?.(proc, event)
        },
      },
      loggerFor: () => silent,
    }
  }

  tampered(records: RecordStore, proc: Proc): RecordStore {
    return this.#tamper.records?.(records, proc, this) ?? records
  }

  #wrote(write: Write): void {
    const { id, before, after, transition, writer, kind } = write
    const what = transition?.name ?? kind
    const to = after === undefined ? 'gone' : `${after.state} f${after.fence} a${after.attempt}/${after.attemptsLeft}`
    this.trace(`${writer?.name ?? '-'} ${what} ${id}: ${before?.state ?? 'none'} -> ${to} at ${atOf(after?.lookAt)}`)
    this.count(`write ${what}`)
    this.facts.tried({ change: { id, transition: transition ?? noTransition }, writer })
    for (const watcher of this.watchers) watcher.wrote?.(write)
    this.facts.wrote(write)
    this.index.see(write)
  }

  #refused(refusal: Refusal): void {
    const { change, stored, writer } = refusal
    this.trace(
      `${writer?.name ?? '-'} ${change.transition.name} ${change.id}: refused by ${stored?.state ?? 'none'} f${stored?.fence}`,
    )
    this.count(`refused ${change.transition.name}`)
    this.facts.tried(refusal)
    for (const watcher of this.watchers) watcher.refused?.(refusal)
  }
}

const atOf = (at: number | undefined): string => (at === undefined ? '-' : ((at - startAt) / 1_000).toFixed(3))
const noTransition = { name: '', row: 'T0', guard: [], set: {}, remove: [] } as const
