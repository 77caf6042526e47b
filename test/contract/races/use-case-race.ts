/** Two actors, each a whole use case, on one job of one store. */
import * as v from 'valibot'
import { expect } from 'vitest'
import { runBatch } from '../../../lib/app/worker/run-batch.ts'
import { toItem } from '../../../lib/aws/dynamodb/item.ts'
import type { Job, RawJob } from '../../../lib/core/job/job.ts'
import { messageOf } from '../../../lib/core/job/message.ts'
import { defineJob } from '../../../lib/define/define-job.ts'
import { defineRunner } from '../../../lib/define/define-runner.ts'
import { handle } from '../../../lib/define/handle.ts'
import type { WorkerDeps } from '../../../lib/ports/deps.ts'
import type { TelemetryEvent } from '../../../lib/ports/telemetry.ts'
import { MemoryJobQueue, type Received } from '../../../lib/testing/memory-job-queue.ts'
import { MemoryJobStore } from '../../../lib/testing/memory-job-store.ts'
import { MemoryRecordStore } from '../../../lib/testing/memory-record-store.ts'
import { SeededRandom } from '../../../lib/testing/seeded-random.ts'
import { unsoundnessOf } from '../../support/sound.ts'
import type { StoreHarness } from '../conformance/harness.ts'
import { newId } from '../conformance/store-case.ts'

/** What an actor has to act with. */
export interface Part {
  readonly deps: WorkerDeps
  readonly id: string
  /** The item as it was when the race began. */
  readonly seen: Job
  /** The job's message, in the hands of this actor. */
  work(): Promise<unknown>
}

export interface Actor {
  readonly name: string
  /** @returns what the use case answered, in a word; undefined when it answers nothing about the job */
  readonly act: (part: Part) => Promise<string | undefined>
}

/** What both were told, and what is left once every message has been worked off. */
export type UseCaseEnd = readonly [first: string, second: string, left: string]

export interface UseCaseRace {
  readonly pair: string
  readonly item: RawJob
  readonly actors: readonly [Actor, Actor]
  /** When the first comes first, when the second does, and what else may be when they come at once. */
  readonly ends: readonly [UseCaseEnd, UseCaseEnd, ...UseCaseEnd[]]
}

const silent = { debug() {}, info() {}, warn() {}, error() {} }
let seeds = 0

class Stage {
  readonly id = newId()
  /** A queue of its own: the sweepers of this race find nothing of another's. */
  readonly queue = `queue-${this.id}`
  readonly messages: MemoryJobQueue
  readonly #harness: StoreHarness
  readonly #events: TelemetryEvent[] = []
  #runs = 0

  constructor(harness: StoreHarness) {
    this.#harness = harness
    this.messages = new MemoryJobQueue(harness.clock)
  }

  get runs(): number {
    return this.#runs
  }

  count = (name: string): number => this.#events.filter(event => event.name === name).length

  async job(): Promise<Job | undefined> {
    const [job] = await this.#harness.store.get([this.id])
    return job
  }

  async put(item: RawJob): Promise<Job> {
    const row = item.lane === undefined ? {} : { lane: item.lane.replace(item.queue ?? '', this.queue) }
    await this.#harness.put(toItem({ ...item, ...row, id: this.id, queue: this.queue }))
    const job = await this.job()
    if (job === undefined) throw new Error('the item cannot be read')
    return job
  }

  /** @returns what the actor was told, and what it told about the job */
  async play({ act }: Actor, seen: Job): Promise<string> {
    const { deps, events } = this.deps()
    const held = this.receive()
    const answer = await act({ deps, id: this.id, seen, work: () => this.work(deps, held) })
    const told = events.flatMap(event => ('id' in event && event.id === this.id ? [event.name] : []))
    return answer ?? (told.join(', ') || 'nothing')
  }

  deps(): { deps: WorkerDeps; events: readonly TelemetryEvent[] } {
    const events: TelemetryEvent[] = []
    seeds += 1
    const { store, clock } = this.#harness
    const policy = { concurrency: 10, batchSize: 10, shards: 5 }
    const deps = {
      runner: { ...defineRunner({ jobs: [] }), jobs: { sample: this.#contract }, queues: { [this.queue]: policy } },
      store,
      records: new MemoryRecordStore(clock, new MemoryJobStore(clock)),
      queue: this.messages,
      clock,
      random: new SeededRandom(seeds),
      telemetry: {
        emit: (event: TelemetryEvent) => {
          events.push(event)
          this.#events.push(event)
        },
      },
      loggerFor: () => silent,
    }
    return { deps, events }
  }

  receive(): readonly Received[] {
    return this.messages.receive(this.queue, 1, 900_000)
  }

  async work(deps: WorkerDeps, held: readonly Received[]): Promise<void> {
    const handler = handle(this.#contract, () => {
      this.#runs += 1
    })
    const kept = await runBatch(deps, [handler], {
      queue: this.queue,
      deliveries: held,
      endAt: deps.clock.now() + 900_000,
    })
    for (const { messageId, receipt } of held) if (!kept.includes(messageId)) this.messages.delete(this.queue, receipt)
  }

  get #contract() {
    return defineJob({ type: 'sample', queue: this.queue, input: v.looseObject({}) })
  }
}

/** How a race ended: what each actor was told, by name, and what was left. */
export interface Played {
  readonly told: readonly [string, string]
  readonly left: string
}

/** Who comes first; `turned` lets the second go first, without waiting for it. */
type Order = 0 | 1 | 'at once' | 'at once, turned'

/** Plays a race, works off what is left in the queue, and checks how it ended. */
export async function expectRace(harness: StoreHarness, race: UseCaseRace, order: Order): Promise<Played> {
  const stage = new Stage(harness)
  const seen = await stage.put(race.item)
  // Twice: each of two workers may hold the message, which SQS has delivered to both.
  const message = JSON.stringify(messageOf(seen, seen.lookAt ?? 0))
  for (const _ of race.actors) stage.messages.put(stage.queue, message)
  const [first, second] = await playBoth(stage, race, seen, order)
  stage.messages.delete(stage.queue, '')
  for (let held = stage.receive(); held.length > 0; held = stage.receive()) await stage.work(stage.deps().deps, held)
  const left = await stage.job()
  expect(left === undefined ? [] : unsoundnessOf(left)).toEqual([])
  const end = [first, second, left?.state ?? 'gone'].join(' / ')
  const allowed = race.ends.map(one => one.join(' / '))
  if (typeof order === 'number') expect(end).toBe(allowed[order])
  else expect(allowed).toContain(end)
  // One run at most, one message that started it, one end told.
  expect(stage.runs).toBe(stage.count('job_started'))
  expect(stage.runs).toBeLessThanOrEqual(1)
  expect(stage.count('job_completed')).toBe(stage.runs)
  const told = [`${race.actors[0].name}: ${first}`, `${race.actors[1].name}: ${second}`] as const
  return { told, left: left?.state ?? 'gone' }
}

async function playBoth(stage: Stage, { actors: [a, b] }: UseCaseRace, seen: Job, order: Order) {
  if (order === 'at once') return Promise.all([stage.play(a, seen), stage.play(b, seen)])
  if (order === 'at once, turned') {
    const second = stage.play(b, seen)
    return Promise.all([stage.play(a, seen), second])
  }
  if (order === 0) {
    const first = await stage.play(a, seen)
    return [first, await stage.play(b, seen)] as const
  }
  const second = await stage.play(b, seen)
  return [await stage.play(a, seen), second] as const
}
