/** Real engines, the real clients and their retries, one job type, and a clock that can be moved ahead. */
import { GetQueueAttributesCommand, PurgeQueueCommand, SQSClient } from '@aws-sdk/client-sqs'
import * as v from 'valibot'
import { enqueue } from '../../../lib/app/enqueue/enqueue.ts'
import { limitQueue } from '../../../lib/app/operate/limit-queue.ts'
import { type TickReport, tick } from '../../../lib/app/sweeper/tick.ts'
import type { Limit } from '../../../lib/core/definition/contract.ts'
import type { Enqueued, EnqueueOptions } from '../../../lib/core/definition/job-request.ts'
import type { RunContext } from '../../../lib/core/definition/run-context.ts'
import type { Job } from '../../../lib/core/job/job.ts'
import { startIfDispatched } from '../../../lib/core/transitions/start.ts'
import { defineJob } from '../../../lib/define/define-job.ts'
import { defineRunner } from '../../../lib/define/define-runner.ts'
import { handle } from '../../../lib/define/handle.ts'
import type { WorkerDeps } from '../../../lib/ports/deps.ts'
import { type Engines, type StartDynamo, startEngines } from '../../support/engines.ts'
import { pump } from '../../support/pump.ts'
import { assertSound } from '../../support/sound.ts'

const queue = 'default'
/** Queues that some tests limit at run time. A line at the gate of one must not keep jobs of another from their slots. */
const limitable = ['narrow', 'paced'] as const
export type Limitable = (typeof limitable)[number]
const queues = [queue, ...limitable]
const backoff = { kind: 'fixed', delay: '0s' } as const
const work = defineJob({ type: 'work', input: v.object({}), backoff })
const contracts = [work, ...limitable.map(name => defineJob({ type: name, input: v.object({}), backoff, queue: name }))]
const runner = defineRunner({ jobs: contracts, queues: Object.fromEntries(queues.map(name => [name, { shards: 2 }])) })

export class FaultKit {
  readonly engines: Engines
  readonly deps: WorkerDeps
  /** Ids of the jobs whose handler was called, in order. */
  readonly runs: string[] = []
  /** What the handler does. */
  onRun: (ctx: RunContext) => unknown = () => undefined
  /** How far the clock of all parts is ahead of the machine's. */
  aheadMs = 0
  readonly #sqs: SQSClient

  private constructor(engines: Engines) {
    this.engines = engines
    this.deps = engines.deps(runner, () => this.aheadMs)
    this.#sqs = new SQSClient({})
  }

  static async start(startDynamo?: StartDynamo): Promise<FaultKit> {
    return new FaultKit(await startEngines(queues, startDynamo))
  }

  async stop(): Promise<void> {
    this.#sqs.destroy()
    await this.engines.stop()
  }

  #urlOf(name: string): string {
    return this.engines.names.queues[name] ?? ''
  }

  /** Nothing is planned, nothing is queued; jobs of earlier tests have ended. */
  async reset(): Promise<void> {
    this.calm()
    this.engines.dynamo.reset()
    this.engines.sqs.reset()
    this.engines.events.length = 0
    this.runs.length = 0
    this.onRun = () => undefined
    this.aheadMs = 0
    await this.loseMessages()
  }

  calm(): void {
    this.engines.faults.dynamo.calm()
    this.engines.faults.sqs.calm()
  }

  enqueue(options: EnqueueOptions = {}): Promise<Enqueued> {
    return enqueue(this.deps, { type: work.type, input: {}, ...options })
  }

  /** @returns the id of a job of a queue that a test limits */
  async enqueueIn(name: Limitable): Promise<string> {
    return (await enqueue(this.deps, { type: name, input: {} })).id
  }

  async limit(name: Limitable, limit: Limit | null): Promise<void> {
    await limitQueue(this.deps, name, { limit })
  }

  /** The stored job, which must be sound. */
  async job(id: string): Promise<Job> {
    const [job] = await this.deps.store.get([id])
    if (job === undefined) throw new Error(`no job ${id}`)
    assertSound(job)
    return job
  }

  /** Names of what was told about a job, in order; without the faults of the store, which are told as well. */
  eventsOf(id: string): readonly string[] {
    return this.engines.events.flatMap(event =>
      'id' in event && event.id === id && event.name !== 'store_failed' ? [event.name] : [],
    )
  }

  runsOf = (id: string): number => this.runs.filter(other => other === id).length

  /** All messages that the queues hold: visible, hidden and delayed. */
  async messages(): Promise<number> {
    const counts = await Promise.all(queues.map(name => this.#messagesOf(name)))
    return counts.reduce((sum, count) => sum + count, 0)
  }

  async #messagesOf(name: string): Promise<number> {
    const { Attributes: attributes = {} } = await this.#sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: this.#urlOf(name), AttributeNames: ['All'] }),
    )
    return ['', 'NotVisible', 'Delayed'].reduce(
      (sum, kind) => sum + Number((attributes as Record<string, string>)[`ApproximateNumberOfMessages${kind}`]),
      0,
    )
  }

  async loseMessages(): Promise<void> {
    await Promise.all(queues.map(name => this.#sqs.send(new PurgeQueueCommand({ QueueUrl: this.#urlOf(name) }))))
  }

  /** One batch of messages, if there are any: received, run, deleted. @returns how many */
  work(waitSeconds = 0, name = queue): Promise<number> {
    const handlers = contracts.map(contract =>
      handle(contract, (_, ctx) => {
        this.runs.push(ctx.job.id)
        return this.onRun(ctx)
      }),
    )
    return pump(this.deps, handlers, name, this.#urlOf(name), waitSeconds)
  }

  /** Batches until no message is visible. */
  async workAll(): Promise<void> {
    while ((await this.work()) > 0) continue
  }

  tick(): Promise<TickReport> {
    return tick(this.deps, this.deps.clock.now() + 60_000)
  }

  /** A worker took the job's message, started it and died; the message is still in the queue. */
  async crash(id: string): Promise<void> {
    const start = { now: this.deps.clock.now(), owner: 'dead-worker', policy: work.policy }
    const [outcome] = await this.deps.store.apply([{ id, transition: startIfDispatched(1, start, true) }])
    if (outcome?.kind !== 'applied') throw new Error(`the start was ${outcome?.kind}`)
  }
}
