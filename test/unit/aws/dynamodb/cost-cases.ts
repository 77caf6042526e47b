/**
 * Write units and bytes of the sample job (I32: as if there were nothing else) (450 B of input), asserted exactly: by `npm test` on an embedded
 * engine, by `npm run smoke:aws` as AWS bills them.
 */
import { type DynamoDBClient, GetItemCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTable } from '../../../../lib/aws/dynamodb/create-table.ts'
import type { Item } from '../../../../lib/aws/dynamodb/item.ts'
import { itemBytes } from '../../../../lib/aws/dynamodb/item-bytes.ts'
import { DynamoJobStore } from '../../../../lib/aws/dynamodb/job-store.ts'
import { renderAction } from '../../../../lib/aws/dynamodb/transact-items.ts'
import { defaultPolicy } from '../../../../lib/core/definition/policy.ts'
import { newJobId, tokenFrom } from '../../../../lib/core/job/ids.ts'
import type { Job } from '../../../../lib/core/job/job.ts'
import { errorText } from '../../../../lib/core/job/job-error.ts'
import { laneOf, shardOf } from '../../../../lib/core/job/lane.ts'
import { cancelIfSeen } from '../../../../lib/core/transitions/cancel.ts'
import { dispatchIfSeen } from '../../../../lib/core/transitions/dispatch.ts'
import { inTransaction, newJob } from '../../../../lib/core/transitions/enqueue.ts'
import { commitIfOwner, completeIfOwner, failIfOwner, retryIfOwner } from '../../../../lib/core/transitions/finish.ts'
import { startIfDispatched } from '../../../../lib/core/transitions/start.ts'
import { continueIfOwner, type Suspension, suspendIfOwner } from '../../../../lib/core/transitions/suspend.ts'
import type { Transition } from '../../../../lib/core/transitions/transition.ts'
import { beginNextIfEnded } from '../../../../lib/core/transitions/unique.ts'
import { toJsonText, utf8Bytes } from '../../../../lib/core/values/json.ts'
import { leadMs, maxRetryErrorBytes } from '../../../../lib/core/values/times.ts'
import { VirtualClock } from '../../../../lib/testing/virtual-clock.ts'
import { rowBytes } from '../../../support/row-bytes.ts'
import { countUnits, type Units } from './capacity.ts'

const policy = defaultPolicy
const begin = Date.parse('2026-11-22T10:00:00.123Z')
const second = 1_000
const input = toJsonText('input', { url: 'https://example.test/hooks', body: 'x'.repeat(404) }, 450)
const result = toJsonText('result', { status: 200, note: 'y'.repeat(40) }, 64)
const thrown = { name: 'HttpError', message: `503 ${'z'.repeat(200)}` }
const error = errorText(thrown, maxRetryErrorBytes)
const token = (bytes: number, fill: number): string => tokenFrom(new Uint8Array(bytes).fill(fill))
const rt = token(6, 1)
const owner = (run: number): string => token(9, run)

let ids = 0
/** Of a shard with two digits: the longer of the two. */
function nextId(): string {
  for (;;) {
    ids += 1
    const id = newJobId(begin, new Uint8Array(16).fill(ids))
    if (shardOf(id, 16) >= 10) return id
  }
}

interface Step {
  readonly what: string
  readonly table: number
  readonly index: number
  readonly itemBytes: number
  readonly rowBytes: number
}

export interface CostEngine {
  readonly table: string
  /** A client of its own for each call. */
  connect(): DynamoDBClient
  stop(): Promise<void>
}

let table: string
let client: DynamoDBClient
let reader: DynamoDBClient
let consumed: () => Units

/** One job on its way through the real statements, with what each step costs. */
class Journey {
  readonly steps: Step[] = []
  readonly clock = new VirtualClock(begin)
  readonly #store = new DynamoJobStore({ client, table, clock: this.clock, random: { fraction: () => 0 } })
  readonly #id = nextId()

  async enqueue(dueAt: number, more: { readonly tenant?: string } = {}): Promise<void> {
    const given = { id: this.#id, type: 'deliver-webhook', queue: 'default', input, maxAttempts: 5, dueAt, ...more }
    const job = newJob(given, this.clock.now(), rt, policy, 16)
    expect(await this.#store.insert([job])).toEqual([{ kind: 'inserted' }])
    await this.#weigh('insert')
  }

  async within(make: (job: Job) => TransactWriteItemsCommand): Promise<void> {
    const given = { id: this.#id, type: 'deliver-webhook', queue: 'default', input, maxAttempts: 5, dueAt: begin }
    await client.send(make(newJob(given, this.clock.now(), rt, policy, 16)))
    await this.#weigh('transactInsert')
  }

  /** T10, in a transaction with this many follow-up jobs. */
  async commit(run: number, followUps: number): Promise<void> {
    const [job] = await this.#store.get([this.#id])
    if (job === undefined) throw new Error('the job is gone')
    consumed()
    const now = this.clock.now()
    const own = commitIfOwner({ job, owner: owner(run), now, policy }, result)
    const jobs = Array.from({ length: followUps }, (): Job => {
      const given = { id: nextId(), type: 'deliver-webhook', queue: 'default', input, maxAttempts: 5, dueAt: now }
      return newJob(given, now, rt, policy, 16)
    })
    const change = renderAction(
      { table: 'records', jobTable: table },
      { kind: 'changeJob', id: job.id, transition: own },
    )
    await client.send(new TransactWriteItemsCommand({ TransactItems: [change, ...jobs.map(putOf)] }))
    await this.#weigh('commitIfOwner')
  }

  async step(make: (job: Job, now: number) => Transition): Promise<void> {
    const [job] = await this.#store.get([this.#id])
    if (job === undefined) throw new Error('the job is gone')
    consumed()
    const transition = make(job, this.clock.now())
    const [outcome] = await this.#store.apply([{ id: this.#id, transition }])
    expect(outcome?.kind).toBe('applied')
    await this.#weigh(transition.name)
  }

  async #weigh(what: string): Promise<void> {
    const units = consumed()
    const { Item: item } = await reader.send(
      new GetItemCommand({ TableName: table, Key: { id: { S: this.#id } }, ConsistentRead: true }),
    )
    this.steps.push({ what, ...units, itemBytes: itemBytes(item as Item), rowBytes: rowBytes(item as Item) })
  }
}

/** T4: within somebody's own transaction. */
async function enqueueWithin(journey: Journey): Promise<void> {
  await journey.within(job => new TransactWriteItemsCommand({ TransactItems: [putOf(inTransaction(job))] }))
}

const putOf = (job: Job) => renderAction({ table: 'records', jobTable: table }, { kind: 'insertJob', job })

const sum = (steps: readonly Step[]): number => steps.reduce((total, step) => total + step.table + step.index, 0)
const start = (run: number) => (_: Job, now: number) => startIfDispatched(1, { now, owner: owner(run), policy }, true)
const goingOn = (now: number): Suspension => ({
  until: { dueAt: now, via: 'kept' },
  isWaiting: false,
  wakes: undefined,
  hasProgressed: true,
})
const homeAt = ({ queue, shard }: Job) => ({ queue, shard, lane: laneOf(queue, 'live', shard) })
const complete = (run: number) => (job: Job, now: number) =>
  completeIfOwner({ job, owner: owner(run), now, policy }, result)

function expectWithinBudget(journey: Journey): void {
  console.table(journey.steps)
  for (const step of journey.steps) {
    expect(step.itemBytes, step.what).toBeLessThanOrEqual(1_024)
    expect(step.rowBytes, step.what).toBeLessThanOrEqual(200)
  }
}

/** Registers the cases with vitest. */
export function describeCosts(name: string, connectEngine: () => Promise<CostEngine>): void {
  describe(`write units of the sample job on ${name}`, () => {
    let engine: CostEngine
    beforeAll(async () => {
      engine = await connectEngine()
      table = engine.table
      client = engine.connect()
      reader = engine.connect()
      await createTable(reader, table)
      consumed = countUnits(client)
    })
    afterAll(async () => {
      client.destroy()
      reader.destroy()
      await engine.stop()
    })
    costCases()
  })
}

function costCases(): void {
  it('is 450 bytes of input, 64 of result and 96 of error', () => {
    expect([input, result, error].map(utf8Bytes)).toEqual([450, 64, 96])
  })

  it('immediate: 5', async () => {
    const journey = new Journey()
    await journey.enqueue(begin)
    await journey.clock.advance(second)
    await journey.step(start(1))
    await journey.clock.advance(second)
    await journey.step(complete(1))
    expect(journey.steps.map(step => [step.table, step.index])).toEqual([
      [1, 1],
      [1, 0],
      [1, 1],
    ])
    expect(sum(journey.steps)).toBe(5)
    expectWithinBudget(journey)
  })

  it('for a tenant with a long id: 5 as well', async () => {
    const journey = new Journey()
    await journey.enqueue(begin, { tenant: '0199d3f5-2c4e-7a31-b0e3-6f1f2a9b8c7d' })
    await journey.step(start(1))
    await journey.step(complete(1))
    expect(sum(journey.steps)).toBe(5)
    expectWithinBudget(journey)
  })

  it.each([
    ['under a minute: 2', 30, 2],
    ['over a minute: 4', 90, 4],
  ])('going on in a later run, of a run that took %s', async (_, seconds, units) => {
    const journey = new Journey()
    await journey.enqueue(begin)
    await journey.step(start(1))
    await journey.clock.advance(seconds * second)
    const before = sum(journey.steps)
    await journey.step((job, now) => suspendIfOwner({ job, owner: owner(1), now, policy }, goingOn(now)))
    await journey.step(start(2))
    expect(sum(journey.steps) - before).toBe(units)
    expectWithinBudget(journey)
  })

  it('continueAsNew: 4', async () => {
    const journey = new Journey()
    await journey.enqueue(begin)
    await journey.step(start(1))
    const before = sum(journey.steps)
    await journey.clock.advance(second)
    const next = { input: '{"page":2}', scheduledAt: begin, insertedAt: begin, request: rt }
    await journey.step((job, now) => continueIfOwner({ job, owner: owner(1), now, policy }, next))
    await journey.step((job, now) => beginNextIfEnded(job, next, { home: homeAt(job), now, policy }))
    expect(sum(journey.steps) - before).toBe(4)
    expectWithinBudget(journey)
  })

  it('scheduled far ahead: 8', async () => {
    const journey = new Journey()
    const dueAt = begin + 3_600 * second
    await journey.enqueue(dueAt)
    await journey.clock.advance(dueAt - leadMs - begin)
    await journey.step((job, now) => dispatchIfSeen(job, { now, request: rt, policy }))
    await journey.clock.advance(leadMs)
    await journey.step(start(1))
    await journey.step(complete(1))
    expect(journey.steps.map(step => [step.table, step.index])).toEqual([
      [1, 1],
      [1, 2],
      [1, 0],
      [1, 1],
    ])
    expect(sum(journey.steps)).toBe(8)
    expectWithinBudget(journey)
  })

  it('one short retry: 7', async () => {
    const journey = new Journey()
    await journey.enqueue(begin)
    await journey.step(start(1))
    const again = { dueAt: begin + 15 * second, via: 'kept' } as const
    await journey.step(job => retryIfOwner({ job, owner: owner(1), now: begin, policy }, again, thrown))
    await journey.clock.advance(15 * second)
    await journey.step(start(2))
    await journey.step(complete(2))
    expect(journey.steps.map(step => [step.table, step.index])).toEqual([
      [1, 1],
      [1, 0],
      [1, 0],
      [1, 0],
      [1, 1],
    ])
    expect(sum(journey.steps)).toBe(7)
    expectWithinBudget(journey)
  })

  it('within a transaction of the caller’s: 9', async () => {
    const journey = new Journey()
    await enqueueWithin(journey)
    await journey.step((job, now) => dispatchIfSeen(job, { now, request: rt, policy }))
    await journey.step(start(1))
    await journey.step(complete(1))
    expect(journey.steps.map(step => [step.table, step.index])).toEqual([
      [2, 1],
      [1, 2],
      [1, 0],
      [1, 1],
    ])
    expect(sum(journey.steps)).toBe(9)
    expectWithinBudget(journey)
  })

  it.each([
    [0, [2, 1]],
    [1, [4, 2]],
    [3, [8, 4]],
  ])('a commit with %i follow-up jobs: 3 units for each item', async (followUps, units) => {
    const journey = new Journey()
    await journey.enqueue(begin)
    await journey.step(start(1))
    await journey.commit(1, followUps)
    const last = journey.steps.at(-1)
    expect([last?.table, last?.index]).toEqual(units)
    expectWithinBudget(journey)
  })

  it('immediate, with history of completed jobs: one more', async () => {
    const journey = new Journey()
    await journey.enqueue(begin)
    await journey.step(start(1))
    await journey.step((job, now) =>
      completeIfOwner({ job, owner: owner(1), now, policy: { ...policy, listCompleted: true } }, result),
    )
    expect(sum(journey.steps)).toBe(6)
    expectWithinBudget(journey)
  })

  it('failed for good: 6, and its row carries why', async () => {
    const journey = new Journey()
    await journey.enqueue(begin)
    await journey.step(start(1))
    const long = { name: 'AVeryLongNameOfAnErrorThatSomebodyThrew', message: '503 from host 17' }
    await journey.step((job, now) => failIfOwner({ job, owner: owner(1), now, policy }, long))
    expect(journey.steps.map(step => [step.table, step.index])).toEqual([
      [1, 1],
      [1, 0],
      [1, 2],
    ])
    expectWithinBudget(journey)
  })

  it('cancelled as it waits: 5, one of them for the row in the cancelled lane', async () => {
    const journey = new Journey()
    await journey.enqueue(begin)
    await journey.step((job, now) => cancelIfSeen(job, { now, request: rt, policy }))
    expect(journey.steps.map(step => [step.table, step.index])).toEqual([
      [1, 1],
      [1, 2],
    ])
    expectWithinBudget(journey)
  })
}
