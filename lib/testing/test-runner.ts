import { systemHandlers } from '../app/bulk/system-handlers.ts'
import { startAvailable } from '../app/sweeper/start-available.ts'
import { type TickReport, tick } from '../app/sweeper/tick.ts'
import type { Delivery } from '../app/worker/run.ts'
import { runBatch } from '../app/worker/run-batch.ts'
import { type Client, clientOn } from '../client/client.ts'
import { checkHandlers, typesWithoutHandler } from '../core/definition/check-handlers.ts'
import { visibilityTimeoutMs } from '../core/definition/deployment.ts'
import type { Logger } from '../core/definition/run-context.ts'
import type { JobHandler } from '../core/definition/run-hooks.ts'
import { queuePolicyOf, type Runner } from '../core/definition/runner.ts'
import { withSystemQueue } from '../core/definition/system.ts'
import type { TransactItem } from '../core/definition/transact-item.ts'
import type { RawJob } from '../core/job/job.ts'
import { tickKey } from '../core/records/keys.ts'
import { noteTick } from '../core/records/tick-record.ts'
import { type Duration, durationMs, millisecondsIn } from '../core/values/duration.ts'
import { InvalidDefinition, InvalidInput } from '../core/values/errors.ts'
import { instantOf } from '../core/values/instant.ts'
import { maxFunctionMs } from '../core/values/quotas.ts'
import { maxAheadMs, tickMs } from '../core/values/times.ts'
import type { WorkerDeps } from '../ports/deps.ts'
import type { JobStore } from '../ports/job-store.ts'
import type { TelemetryEvent } from '../ports/telemetry.ts'
// oxlint-disable-next-line import/no-unassigned-import -- for what it loads
import './loaded-late.ts'
import { MemoryJobQueue } from './memory-job-queue.ts'
import { MemoryJobStore } from './memory-job-store.ts'
import { MemoryRecordStore } from './memory-record-store.ts'
import { MemoryRecorder } from './memory-recorder.ts'
import { MemoryMappings, MemoryPayloadStore } from './memory-services.ts'
import { OwnWrites } from './own-writes.ts'
import { SeededRandom } from './seeded-random.ts'
import type { SimulatedWorkers } from './simulated-worker.ts'
import { memoryTables, transactWrite } from './transact-write.ts'
import { VirtualClock } from './virtual-clock.ts'

export interface TestRunnerOptions {
  readonly runner: Runner
  /** One for each job of the runner, as a worker asks for; `partial` lifts that. */
  readonly handlers: readonly JobHandler[]
  /** Lets jobs be without a handler: they stay RESERVED, as in a deployment that lacks one. @default false */
  readonly partial?: boolean
  /**
   * Where the clock starts: epoch milliseconds, a Date or ISO 8601 text with a zone. @default `Date.now()`, so that
   * instants which a test computes from `Date` mean the same here
   */
  readonly startAt?: number | Date | string
  /**
   * How long, in real milliseconds, time stands still for a handler that waits for something real: a file, a socket, a
   * timer of Node. Afterwards the clock moves on, and the run may time out. 0 to 60,000. @default 250
   */
  readonly patienceMs?: number
  /**
   * Is called with the kit's time each time it changes, to keep another clock in step.
   * @example onTime: now => vi.setSystemTime(now)
   */
  readonly onTime?: (now: Date) => void
  /** Seed of the kit's randomness: jitter, ids. @default 1 */
  readonly seed?: number
  /** Who acts through the kit, for `audit`, as in `createClient`. @default no act is noted */
  readonly actor?: string
  /** Whether the sweeper runs each minute. @default true */
  readonly hasTicks?: boolean
  /**
   * Stands for the conditions of your own writes in `ctx.commit` and `transactWrite`: there are no tables here that could
   * evaluate them. Test the conditions themselves on the local stack.
   * @default refuses none
   * @example refusesWrite: ({ Update }) => Update?.Key?.['id'] === 'empty-account'
   */
  readonly refusesWrite?: (item: TransactItem) => boolean
  /** Whether there is a bucket for inputs, and values of steps, above 300 KB. @default false */
  readonly payloads?: boolean
  /** Puts something between the use cases and the store: faults, counters. */
  readonly wrapStore?: (store: JobStore) => JobStore
}

interface Simulated {
  readonly clock: VirtualClock
  readonly workers: SimulatedWorkers
}

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} }
const defaultPatienceMs = 250
const maxPatienceMs = 60_000

/**
 * The whole runner in memory, on a clock that the test moves: the use cases, guards and decisions of production, with
 * a map for the table and a list for the queue. It is a `Client`, so that code which takes one can be tested with it.
 *
 * Time moves only by `advance` and `drain`. It stands still while a handler waits for something real. The kit needs
 * no fake timers, and works beside those of vitest and jest.
 */
export class TestRunner implements Client {
  readonly clock: VirtualClock
  readonly store: MemoryJobStore
  readonly records: MemoryRecordStore
  /** In the place of the bucket. Undefined unless `payloads` is true. */
  readonly payloads: MemoryPayloadStore | undefined
  readonly queue: MemoryJobQueue
  readonly mappings: MemoryMappings
  readonly deps: WorkerDeps
  /** Everything reported so far, in order. */
  readonly events: TelemetryEvent[] = []
  /** What ticks threw, in order. */
  readonly tickErrors: unknown[] = []
  declare readonly enqueue: Client['enqueue']
  declare readonly enqueueMany: Client['enqueueMany']
  declare readonly enqueueStream: Client['enqueueStream']
  declare readonly job: Client['job']
  declare readonly transact: Client['transact']
  declare readonly get: Client['get']
  declare readonly cancel: Client['cancel']
  declare readonly requeue: Client['requeue']
  declare readonly reschedule: Client['reschedule']
  declare readonly runNow: Client['runNow']
  declare readonly signal: Client['signal']
  declare readonly steps: Client['steps']
  declare readonly children: Client['children']
  declare readonly batch: Client['batch']
  declare readonly delete: Client['delete']
  declare readonly schedules: Client['schedules']
  declare readonly list: Client['list']
  declare readonly runs: Client['runs']
  declare readonly explain: Client['explain']
  declare readonly position: Client['position']
  declare readonly running: Client['running']
  declare readonly recent: Client['recent']
  declare readonly tagged: Client['tagged']
  declare readonly counts: Client['counts']
  declare readonly stats: Client['stats']
  declare readonly errors: Client['errors']
  declare readonly health: Client['health']
  declare readonly changes: Client['changes']
  declare readonly audit: Client['audit']
  declare readonly queues: Client['queues']
  declare readonly types: Client['types']
  declare readonly bulk: Client['bulk']
  readonly #own: OwnWrites
  readonly #workers: SimulatedWorkers | undefined
  readonly #handlers: readonly JobHandler[]
  readonly #hasTicks: boolean
  /** Batches under way, by queue. */
  readonly #running = new Map<string, Set<Promise<void>>>()
  readonly #startedAt: number
  /** When the last tick began, also one that was left out. */
  #tickedAt: number
  readonly #recorder: MemoryRecorder
  /** A store in between may count ticks, or hold other items: then no tick is left out. */
  readonly #skipsIdleTicks: boolean
  /** The first tick registers the schedules of the runner. */
  #isRegistered: boolean

  /** @param simulated of `simulate` alone: workers that meet faults, and the clock that they share with the kit */
  constructor(options: TestRunnerOptions, simulated?: Simulated) {
    const { runner, handlers } = checked(options)
    this.#workers = simulated?.workers
    this.#startedAt = startOf(options.startAt)
    this.#tickedAt = this.#startedAt
    const { onTime } = options
    this.clock =
      simulated?.clock ??
      new VirtualClock(
        this.#startedAt,
        options.patienceMs ?? defaultPatienceMs,
        onTime === undefined ? undefined : now => onTime(new Date(now)),
      )
    this.store = new MemoryJobStore(this.clock, (before, after) => this.#recorder.see(before, after))
    this.#own = new OwnWrites(options.refusesWrite)
    this.records = new MemoryRecordStore(this.clock, this.store, this.#own)
    this.queue = new MemoryJobQueue(this.clock)
    this.payloads = options.payloads === true ? new MemoryPayloadStore() : undefined
    this.mappings = new MemoryMappings(runner)
    const own = simulated === undefined ? handlers.map(handler => this.#timed(handler)) : handlers
    this.#hasTicks = options.hasTicks ?? true
    this.#skipsIdleTicks = options.wrapStore === undefined
    this.#isRegistered = runner.schedules.length === 0
    this.deps = {
      runner: withSystemQueue(runner),
      store: options.wrapStore?.(this.store) ?? this.store,
      records: this.records,
      ...(this.payloads === undefined ? {} : { payloads: this.payloads }),
      queue: this.queue,
      mappings: this.mappings,
      clock: this.clock,
      random: new SeededRandom(options.seed ?? 1),
      telemetry: { emit: event => this.events.push(event) },
      loggerFor: () => silent,
    }
    this.#handlers = [...own, ...systemHandlers(this.deps)]
    this.#recorder = new MemoryRecorder(this.deps)
    // Every call of a client, as the fields above declare them.
    Object.assign(this, clientOn(this.deps, memoryTables, options.actor))
  }

  /** Each run is work that time waits for. */
  #timed(handler: JobHandler): JobHandler {
    return { ...handler, run: (input, ctx) => this.clock.during(async () => handler.run(input, ctx), ctx.signal) }
  }

  /** Your own writes that `ctx.commit` and `transactWrite` carried out, in order, as they were given. */
  get committed(): readonly TransactItem[] {
    return this.#own.committed
  }

  /**
   * Carries out a transaction that holds what `transact` made, as DynamoDB would, and hands its jobs out, as the stream
   * would. Your own writes go to `committed`.
   * @example
   * // a stand-in for the document client in the code under test
   * const ddb = { send: ({ input }) => kit.transactWrite(input.TransactItems) }
   * @throws Error named TransactionCanceledException, with CancellationReasons
   */
  async transactWrite(items: readonly TransactItem[]): Promise<void> {
    const { store, records } = this
    await startAvailable(this.deps, transactWrite({ store, records, own: this.#own }, items))
  }

  /** One tick of the sweeper, now. */
  tick(): Promise<TickReport> {
    return tick(this.deps, this.clock.now() + tickMs)
  }

  /**
   * Moves the clock on; ticks and messages come when their time comes, and ended jobs go when their time to live is
   * over. At the end counts and history are as of now. Stretches in which nothing happens cost nothing.
   * @param duration '0s' to '3650d'
   * @throws InvalidInput
   */
  async advance(duration: Duration): Promise<void> {
    await this.#moveTo(this.clock.now() + durationMs('duration', duration, 0, maxAheadMs))
    await this.#recorder.record()
  }

  async #moveTo(until: number): Promise<void> {
    // A schedule of the runner counts from the kit's first instant, not from its first minute.
    if (this.#hasTicks && !this.#isRegistered) await this.#startTick()
    let next = await this.#deliver()
    while (next <= until) {
      await this.clock.advance(next - this.clock.now())
      if (this.#isTickTime()) await this.#startTick()
      next = await this.#deliver()
    }
    await this.clock.advance(until - this.clock.now())
    await this.#deliver()
    await this.#noteIdleTick()
    this.store.expireEnded()
  }

  /** Ticks that are left out would have found nothing, and said so. */
  async #noteIdleTick(): Promise<void> {
    const at = this.#startedAt + Math.floor((this.clock.now() - this.#startedAt) / tickMs) * tickMs
    if (!this.#hasTicks || at <= this.#tickedAt) return
    this.#tickedAt = at
    const idle = { looked: 0, setAside: 0, leftOver: 0, oldestDueMs: 0, isComplete: true }
    await this.records.update([{ key: tickKey, change: noteTick(idle, at) }])
  }

  /** Not awaited: a tick may itself wait for time. One that fails is followed by the next, as in production. */
  async #startTick(): Promise<void> {
    this.#tickedAt = this.clock.now()
    this.tick().then(
      () => {
        this.#isRegistered = true
      },
      (error: unknown) => this.tickErrors.push(error),
    )
    await this.clock.settle()
  }

  /** Lets everything run that is due now, without moving the clock. */
  settle(): Promise<void> {
    return this.advance('0s')
  }

  /**
   * Moves the clock until every job has ended.
   * @param limit '0s' to '3650d'. @default '7d'
   * @throws Error naming each job that has not ended within the limit, with its type and state
   */
  async drain(limit: Duration = '7d'): Promise<void> {
    const until = this.clock.now() + durationMs('limit', limit, 0, maxAheadMs)
    await this.settle()
    while (this.#live().length > 0) {
      if (this.clock.now() >= until) throw new Error(`not ended within ${limit}: ${this.#live().map(shown).join(', ')}`)
      await this.#moveTo(Math.min(Math.max(this.#nextEventAt(), this.clock.now() + 1), until))
    }
    await this.#recorder.record()
  }

  /** Gives one batch of visible messages to a worker, as the event source mapping would; undefined when there are none. */
  startBatch(queue: string): Promise<void> | undefined {
    const { batchSize } = queuePolicyOf(this.deps.runner, queue)
    const visibilityMs = visibilityTimeoutMs(this.deps.runner, queue)
    const received = this.queue.receive(queue, batchSize, visibilityMs)
    if (received.length === 0) return undefined
    const hiddenUntil = this.clock.now() + visibilityMs
    const deliveries = received.map(one => (one.receives === 1 ? { ...one, hiddenUntil } : one))
    const run = this.#runBatch(queue, deliveries)
    const running = this.#runningIn(queue)
    running.add(run)
    return run.finally(() => running.delete(run))
  }

  async #runBatch(queue: string, received: readonly Delivery[]): Promise<void> {
    const endAt = this.clock.now() + maxFunctionMs
    const work = (deps: WorkerDeps, handlers: readonly JobHandler[]) =>
      runBatch(deps, handlers, { queue, deliveries: received, endAt })
    const double = () => {
      for (const { body } of received) this.queue.put(queue, body)
    }
    const handlers = this.#handlers
    const answer = await (this.#workers?.invoke(this.deps, { handlers, double }, work) ?? work(this.deps, handlers))
    // A process that died deletes nothing: its messages come back.
    if (answer === undefined) return
    const kept = new Set(answer)
    for (const { messageId, receipt } of received) if (!kept.has(messageId)) this.queue.delete(queue, receipt)
  }

  #runningIn(queue: string): Set<Promise<void>> {
    const running = this.#running.get(queue) ?? new Set()
    this.#running.set(queue, running)
    return running
  }

  /** @returns when something happens next */
  async #deliver(): Promise<number> {
    for (const queue of Object.keys(this.deps.runner.queues)) {
      // One that is switched off may go on for a minute: no pause may depend on it, and here it never stops.
      const { concurrency = 1_000 } = this.mappings.of(queue)
      while (this.#runningIn(queue).size < concurrency && this.startBatch(queue) !== undefined) continue
    }
    await this.clock.settle()
    if (!this.#recorder.isAwaited) return this.#nextEventAt()
    await this.#recorder.record()
    return this.#deliver()
  }

  #nextEventAt(): number {
    const now = this.clock.now()
    const visible = Object.keys(this.deps.runner.queues).map(queue => this.queue.nextVisibleAt(queue))
    const times = [...visible, this.clock.nextWakeAt(), this.#hasTicks ? this.#nextTickAt() : undefined]
    return Math.min(...times.filter(at => at !== undefined && at > now).map(Number), Number.POSITIVE_INFINITY)
  }

  #isTickTime(): boolean {
    const sinceStart = this.clock.now() - this.#startedAt
    return this.#hasTicks && sinceStart > 0 && sinceStart % tickMs === 0
  }

  /** The next tick that finds something to do; those before it would only look. */
  #nextTickAt(): number | undefined {
    const lookAt = this.#skipsIdleTicks && this.#isRegistered ? this.#nextLookAt() : 0
    if (lookAt === undefined) return undefined
    const elapsed = Math.max(lookAt, this.clock.now() + 1) - this.#startedAt
    return this.#startedAt + Math.ceil(elapsed / tickMs) * tickMs
  }

  #nextLookAt(): number | undefined {
    const times = [this.store.nextLookAt(), this.records.nextLookAt()].filter(at => at !== undefined)
    return times.length === 0 ? undefined : Math.min(...times)
  }

  #live(): readonly RawJob[] {
    return this.store
      .all()
      .filter(({ id, finishedAt, next }) => (finishedAt === undefined || next !== undefined) && id !== undefined)
  }
}

const shown = ({ id, type, state }: RawJob): string => `${id} (${type}, ${state})`

/** What production asks: at synth that each job has a handler, in a worker that each handler has its contract. */
function checked(options: TestRunnerOptions): TestRunnerOptions {
  const { runner, handlers, patienceMs = 0 } = options
  millisecondsIn('patienceMs', patienceMs, 0, maxPatienceMs)
  checkHandlers(runner, handlers)
  const missing = options.partial === true ? [] : typesWithoutHandler(runner, handlers)
  if (missing.length === 0) return options
  throw new InvalidDefinition(`no handler for ${missing.join(', ')}: give one for each, or set \`partial: true\``)
}

function startOf(startAt: TestRunnerOptions['startAt']): number {
  if (startAt === undefined) return Date.now()
  const epochMs = typeof startAt === 'number' ? startAt : instantOf(startAt)
  if (epochMs !== undefined && Number.isFinite(epochMs)) return epochMs
  throw new InvalidInput('startAt', startAt, 'epoch milliseconds, a Date, or ISO 8601 text with a zone')
}

/**
 * A runner in memory for tests.
 * @example
 * const test = createTestRunner({ runner, handlers })
 * const { id } = await test.enqueue(sendMail, { to: 'a@example.org' }, { delay: '3d' })
 * await test.advance('3d')
 * expect(await test.get(id)).toMatchObject({ state: 'COMPLETED' })
 * @throws InvalidDefinition when handlers and contracts do not fit, InvalidInput for an option out of range
 */
export const createTestRunner = (options: TestRunnerOptions): TestRunner => new TestRunner(options)
