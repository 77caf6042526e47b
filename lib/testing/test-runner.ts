import { type Enqueued, enqueue } from '../app/enqueue/enqueue.ts'
import type { EnqueueOptions } from '../app/enqueue/prepare.ts'
import { getJob, type JobView } from '../app/operate/job-view.ts'
import { cancel, remove, requeue, reschedule, runNow, type When } from '../app/operate/operate.ts'
import { type TickReport, tick } from '../app/sweeper/tick.ts'
import type { Delivery } from '../app/worker/run.ts'
import { runBatch } from '../app/worker/run-batch.ts'
import type { InputOf, JobContract } from '../core/definition/contract.ts'
import { visibilityTimeoutMs } from '../core/definition/deployment.ts'
import type { JobHandler, Logger } from '../core/definition/run-context.ts'
import type { Runner } from '../core/definition/runner.ts'
import { queuePolicyOf } from '../core/definition/runner.ts'
import { type Duration, durationMs } from '../core/values/duration.ts'
import { maxFunctionMs } from '../core/values/quotas.ts'
import { maxAheadMs, tickMs } from '../core/values/times.ts'
import type { WorkerDeps } from '../ports/deps.ts'
import type { JobStore } from '../ports/job-store.ts'
import type { TelemetryEvent } from '../ports/telemetry.ts'
import { MemoryJobQueue } from './memory-job-queue.ts'
import { MemoryJobStore } from './memory-job-store.ts'
import { SeededRandom } from './seeded-random.ts'
import { VirtualClock } from './virtual-clock.ts'

export interface TestRunnerOptions {
  readonly runner: Runner
  readonly handlers: readonly JobHandler[]
  /** Where the clock starts, epoch milliseconds. @default 2027-01-01T00:00:00Z */
  readonly startAt?: number
  /** @default 1 */
  readonly seed?: number
  /** Whether the sweeper runs each minute. @default true */
  readonly hasTicks?: boolean
  /** Puts something between the use cases and the store: faults, counters. */
  readonly wrapStore?: (store: JobStore) => JobStore
}

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} }
const newYear = 1_798_761_600_000

/**
 * The whole runner in memory, on a clock that the test moves: the use cases, guards and decisions of production, with
 * a map for the table and a list for the queue.
 */
export class TestRunner {
  readonly clock: VirtualClock
  readonly store: MemoryJobStore
  readonly queue: MemoryJobQueue
  readonly deps: WorkerDeps
  /** Everything reported so far, in order. */
  readonly events: TelemetryEvent[] = []
  /** What ticks threw, in order. */
  readonly tickErrors: unknown[] = []
  readonly #handlers: readonly JobHandler[]
  readonly #hasTicks: boolean
  readonly #running = new Set<Promise<void>>()
  #nextTickAt: number

  constructor(options: TestRunnerOptions) {
    this.clock = new VirtualClock(options.startAt ?? newYear)
    this.store = new MemoryJobStore(this.clock)
    this.queue = new MemoryJobQueue(this.clock)
    this.#handlers = options.handlers
    this.#hasTicks = options.hasTicks ?? true
    this.#nextTickAt = this.clock.now() + tickMs
    this.deps = {
      runner: options.runner,
      store: options.wrapStore?.(this.store) ?? this.store,
      queue: this.queue,
      clock: this.clock,
      random: new SeededRandom(options.seed ?? 1),
      telemetry: { emit: event => this.events.push(event) },
      loggerFor: () => silent,
    }
  }

  enqueue<Contract extends JobContract>(
    job: Contract,
    input: InputOf<Contract>,
    options: EnqueueOptions = {},
  ): Promise<Enqueued> {
    return enqueue(this.deps, { type: job.type, input, ...options })
  }

  get(id: string): Promise<JobView | undefined> {
    return getJob(this.deps, id)
  }

  cancel = (id: string) => cancel(this.deps, id)
  requeue = (id: string, when?: When) => requeue(this.deps, id, when)
  reschedule = (id: string, when: When) => reschedule(this.deps, id, when)
  runNow = (id: string) => runNow(this.deps, id)
  delete = (id: string) => remove(this.deps, id)

  /** One tick of the sweeper, now. */
  tick(): Promise<TickReport> {
    return tick(this.deps, this.clock.now() + tickMs)
  }

  /** Moves the clock on; ticks and messages come when their time comes. */
  async advance(duration: Duration): Promise<void> {
    const until = this.clock.now() + durationMs('duration', duration, 0, maxAheadMs)
    for (;;) {
      await this.#deliver()
      const next = this.#nextEventAt()
      if (next > until) break
      await this.clock.advance(Math.max(0, next - this.clock.now()))
      if (this.#hasTicks && this.clock.now() >= this.#nextTickAt) {
        this.#nextTickAt += tickMs
        // Not awaited: a tick may itself wait for time. One that fails is followed by the next, as in production.
        this.tick().catch((error: unknown) => this.tickErrors.push(error))
        await this.clock.settle()
      }
    }
    await this.clock.advance(until - this.clock.now())
    await this.#deliver()
  }

  /** Lets everything run that is due now, without moving the clock. */
  settle(): Promise<void> {
    return this.advance('0s')
  }

  /** Moves the clock until every job has ended. @throws when some job has not within `limit` */
  async drain(limit: Duration = '7d'): Promise<void> {
    const until = this.clock.now() + durationMs('limit', limit, 0, maxAheadMs)
    await this.settle()
    while (this.#liveIds().length > 0) {
      if (this.clock.now() >= until) throw new Error(`not ended within ${limit}: ${this.#liveIds().join(', ')}`)
      const next = Math.max(this.#nextEventAt(), this.clock.now() + 1)
      await this.advance(`${Math.min(next, until) - this.clock.now()}ms`)
    }
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
    this.#running.add(run)
    return run.finally(() => this.#running.delete(run))
  }

  async #runBatch(queue: string, received: readonly Delivery[]): Promise<void> {
    const endAt = this.clock.now() + maxFunctionMs
    const kept = new Set(await runBatch(this.deps, this.#handlers, queue, received, endAt))
    for (const { messageId, receipt } of received) if (!kept.has(messageId)) this.queue.delete(queue, receipt)
  }

  async #deliver(): Promise<void> {
    for (const queue of Object.keys(this.deps.runner.queues)) {
      const { concurrency } = queuePolicyOf(this.deps.runner, queue)
      while (this.#running.size < concurrency && this.startBatch(queue) !== undefined) continue
    }
    await this.clock.settle()
  }

  #nextEventAt(): number {
    const now = this.clock.now()
    const visible = Object.keys(this.deps.runner.queues).map(queue => this.queue.nextVisibleAt(queue))
    const times = [...visible, this.clock.nextWakeAt(), this.#hasTicks ? this.#nextTickAt : undefined]
    return Math.min(...times.filter(at => at !== undefined && at > now).map(Number), Number.POSITIVE_INFINITY)
  }

  #liveIds(): readonly string[] {
    return this.store.all().flatMap(({ id, finishedAt }) => (finishedAt === undefined && id !== undefined ? [id] : []))
  }
}

/** @example const test = createTestRunner({ runner, handlers }); await test.enqueue(mail, input); await test.drain() */
export const createTestRunner = (options: TestRunnerOptions): TestRunner => new TestRunner(options)
