import type { DynamoDBRecord } from 'aws-lambda'
import { flushOutbox } from '../../lib/app/record/outbox.ts'
import type { JoiningDeps } from '../../lib/app/record/recorder-deps.ts'
import type { Item } from '../../lib/aws/dynamodb/item.ts'
import type { JobChange } from '../../lib/core/history/job-change.ts'
import { shardOf } from '../../lib/core/job/lane.ts'
import { recordChanges, type ShardEvent } from '../../lib/lambda/record-changes.ts'
import type { Events, PublishedEvent } from '../../lib/ports/events.ts'
import type { RecordStore } from '../../lib/ports/record-store.ts'
import { Chance } from './chance.ts'
import { Proc } from './proc.ts'
import { QueuePort } from './queue-port.ts'
import { type Invocation, recorderPort } from './recorder-port.ts'
import { type Sim, startAt } from './sim.ts'
import { StorePort } from './store-port.ts'

/** What the recorder was given, and what came out of it where no record shows it. */
export interface Recording {
  /** Every change of the stream, once, as the recorder reads it. */
  readonly changes: readonly JobChange[]
  /** What the bus took. */
  readonly published: ReadonlySet<string>
  isIdle(): boolean
}

/** Numbers of the stream cross a power of ten, and what a JavaScript number can hold: as texts they would not sort. */
const firstSequence = 10n ** 21n - 60n
const rates = { doubled: 0.1, refused: 0.2 }
const outboxEveryMs = 120_000

/**
 * The jobs' stream with two shards, each of which splits once, and the recorder's mapping: batches of any size, which
 * come again with other bounds, and twice. The stream sees what the table writes; the recorder changes no job.
 */
export function startRecording(sim: Sim): Recording {
  const stream = new JobStream(sim)
  sim.watchers.push({ wrote: ({ id }) => stream.add(id) })
  const { chaosMs } = sim.plan
  stream.later(stream.chance.int(Math.floor(chaosMs / 10), chaosMs), () => stream.split())
  const flush = (): void => {
    stream.flush()
    stream.later(outboxEveryMs, flush)
  }
  stream.later(outboxEveryMs, flush)
  return stream
}

interface Shard {
  readonly name: string
  readonly records: DynamoDBRecord[]
  readonly parent: Shard | undefined
  isBusy: boolean
  isClosed: boolean
}

class JobStream implements Recording {
  readonly chance: Chance
  readonly changes: JobChange[] = []
  readonly published = new Set<string>()
  readonly #sim: Sim
  readonly #images = new Map<string, Item>()
  #shards: Shard[]
  #sequence = firstSequence
  #atWork = 0

  constructor(sim: Sim) {
    this.#sim = sim
    this.chance = new Chance(sim.plan.seed, 'recorder')
    this.#shards = ['shard-a', 'shard-b'].map(name => shardNamed(name))
  }

  later(milliseconds: number, run: () => void): void {
    const { loop } = this.#sim
    loop.at(loop.now + milliseconds, run, this.chance.fraction())
  }

  isIdle(): boolean {
    return this.#atWork === 0 && this.#shards.every(({ records }) => records.length === 0)
  }

  add(id: string): void {
    const { table, loop } = this.#sim
    const [before, after] = [this.#images.get(id), table.item(id)]
    if (after === undefined) this.#images.delete(id)
    else this.#images.set(id, after)
    const open = this.#shards.filter(({ isClosed }) => !isClosed)
    const shard = open[shardOf(id, open.length)]
    if (shard === undefined) throw new Error('the stream has no open shard')
    this.#sequence += 1n
    shard.records.push({
      dynamodb: {
        SequenceNumber: String(this.#sequence),
        ApproximateCreationDateTime: Math.floor(loop.now / 1_000),
        ...(before === undefined ? {} : { OldImage: before as never }),
        ...(after === undefined ? {} : { NewImage: after as never }),
      },
    })
    void recordChanges(
      this.#depsOf(undefined),
      { Records: shard.records.slice(-1), shardId: 'ledger' },
      {
        record: async (_, { changes }) => {
          this.changes.push(...changes)
          return undefined
        },
      },
    )
    this.later(this.chance.int(50, 5_000), () => this.#look(shard))
  }

  /** Each open shard closes, and two take its place; they are read once it is empty. */
  split(): void {
    this.#sim.count('recorder shard split')
    for (const parent of this.#shards.filter(({ isClosed }) => !isClosed)) {
      parent.isClosed = true
      this.#shards.push(...['0', '1'].map(bit => shardNamed(`${parent.name}-${bit}`, parent)))
    }
  }

  flush(): void {
    const invocation = this.#invocation(() => {})
    const deps = this.#depsOf(invocation)
    flushOutbox(deps, this.#bus(), this.#sim.loop.now + 60_000).then(
      ({ published }) => {
        if (published > 0) this.#sim.count('recorder event from the outbox')
        this.#end(invocation)
      },
      () => this.#end(invocation),
    )
  }

  #look(shard: Shard): void {
    if (shard.isBusy || shard.records.length === 0 || !isDone(shard.parent)) return
    const upAt = startAt + (this.#sim.plan.recorderDownMs ?? 0)
    if (upAt > this.#sim.loop.now) {
      this.#sim.count('recorder down')
      return this.later(upAt - this.#sim.loop.now, () => this.#look(shard))
    }
    shard.isBusy = true
    const Records = shard.records.slice(0, this.chance.int(1, 40))
    this.#invoke({ Records, shardId: shard.name }, failed => {
      shard.isBusy = false
      if (failed !== undefined) this.#sim.count('recorder batch again')
      const firstFailed = Records.findIndex(({ dynamodb }) => dynamodb?.SequenceNumber === failed)
      shard.records.splice(0, failed === undefined ? Records.length : Math.max(0, firstFailed))
      this.later(failed === undefined ? 1 : this.chance.spread(200, 20_000), () => this.#lookAll())
    })
    if (this.#sim.isQuiet || !this.chance.isTrue(rates.doubled)) return
    this.#sim.count('recorder batch doubled')
    // From the same place on: Lambda never goes on behind what it has not been told is done.
    const to = this.chance.int(1, Records.length)
    this.later(this.chance.spread(50, 600_000), () =>
      this.#invoke({ Records: Records.slice(0, to), shardId: shard.name }, () => {}),
    )
  }

  #lookAll(): void {
    for (const shard of this.#shards) this.#look(shard)
  }

  /** @param answered with the first record that failed, or `all` */
  #invoke(event: ShardEvent, answered: (failed: string | undefined) => void): void {
    const invocation = this.#invocation(answered)
    const { uses, loop } = this.#sim
    loop.wake()
    recordChanges(this.#depsOf(invocation), event, { record: uses.recordBatch }).then(
      ({ batchItemFailures: [failed] }) => {
        if (invocation.isDead) return
        const { answer } = invocation
        this.#end(invocation)
        answer(failed?.itemIdentifier)
      },
      (error: unknown) => this.#sim.violate('I15', `the recorder threw ${String(error)}`),
    )
  }

  #invocation(answered: (failed: string | undefined) => void): Living {
    this.#atWork += 1
    let isAnswered = false
    const answer = (failed: string | undefined): void => {
      if (isAnswered) return
      isAnswered = true
      answered(failed)
    }
    const invocation: Living = {
      isDead: false,
      answer,
      procs: [],
      abandon: () => answer('all'),
      die: () => {
        if (invocation.isDead) return
        this.#end(invocation)
        answer('all')
      },
    }
    return invocation
  }

  #end(invocation: Living): void {
    if (invocation.isDead) return
    invocation.isDead = true
    for (const proc of invocation.procs) proc.end()
    this.#atWork -= 1
  }

  #depsOf(invocation: Living | undefined): JoiningDeps {
    const { loop, records, runner, random } = this.#sim
    const proc = new Proc('recorder', 'recorder', loop, healthy, { offsetMs: 0, drift: 0 }, () => {})
    if (invocation !== undefined) invocation.procs.push(proc)
    const port = invocation === undefined ? records : recorderPort(this.#sim, this.chance, invocation)
    return {
      runner,
      // For joins alone: a world without groups never asks.
      store: new StorePort(this.#sim, proc),
      queue: new QueuePort(this.#sim, proc),
      random,
      records: invocation === undefined ? port : this.#losing(this.#sim.tampered(port, proc)),
      clock: proc.clock,
      telemetry: {
        emit: event => {
          if (event.name === 'events_put_off') this.#sim.count('recorder event put off')
          if (event.name === 'record_set_aside') this.#sim.violate('I18', `${event.id} was set aside: ${event.error}`)
        },
      },
      history: 'all',
      events: this.#bus(),
    }
  }

  /** As if the stream had not brought some of the children that have ended. */
  #losing(inner: RecordStore): RecordStore {
    const { plan, count } = this.#sim
    const { losesJoins = 0 } = plan
    if (losesJoins === 0) return inner
    return {
      ...inner,
      update: updates => {
        if (updates[0]?.change.name !== 'takeOut' || !this.chance.isTrue(losesJoins)) return inner.update(updates)
        count('recorder join lost')
        return Promise.resolve(updates.map(() => ({ kind: 'refused', record: undefined })))
      },
    }
  }

  #bus(): Events {
    return {
      publish: async events => {
        const refused: PublishedEvent[] = []
        for (const event of events) {
          if (!this.#sim.isQuiet && this.chance.isTrue(rates.refused)) refused.push(event)
          else this.published.add(event.eventId)
        }
        return refused
      },
    }
  }
}

interface Living extends Invocation {
  /** Whatever it does goes on in one of these. */
  readonly procs: Proc[]
  readonly answer: (failed: string | undefined) => void
}

const healthy = { killAtStep: 0, freezeAtStep: 0, freezeMs: 0 }

const shardNamed = (name: string, parent?: Shard): Shard => ({
  name,
  records: [],
  parent,
  isBusy: false,
  isClosed: false,
})

/** A child is read once its parent is read to the end; invocations that were given up may go on. */
const isDone = (parent: Shard | undefined): boolean =>
  parent === undefined || (parent.records.length === 0 && !parent.isBusy && isDone(parent.parent))
