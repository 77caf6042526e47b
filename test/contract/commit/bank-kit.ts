/** A bank on real engines: accounts in a table of its own, and transfers that commit a debit and a credit with their end. */
import { CreateTableCommand, type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { PurgeQueueCommand } from '@aws-sdk/client-sqs'
import * as v from 'valibot'
import { enqueue } from '../../../lib/app/enqueue/enqueue.ts'
import { type TickReport, tick } from '../../../lib/app/sweeper/tick.ts'
import { dynamoClient, sqsClient } from '../../../lib/aws/connect.ts'
import type { RunContext } from '../../../lib/core/definition/run-context.ts'
import type { TransactItem } from '../../../lib/core/definition/transact-item.ts'
import type { Job } from '../../../lib/core/job/job.ts'
import { defineJob } from '../../../lib/define/define-job.ts'
import { defineRunner } from '../../../lib/define/define-runner.ts'
import { handle } from '../../../lib/define/handle.ts'
import type { WorkerDeps } from '../../../lib/ports/deps.ts'
import { type Engines, type StartDynamo, startEngines } from '../../support/engines.ts'
import { pump } from '../../support/pump.ts'
import { assertSound } from '../../support/sound.ts'

export const accounts = 'accounts'
const queue = 'default'

const order = v.object({ from: v.string(), to: v.string(), amount: v.number() })
const transfer = defineJob({
  type: 'transfer',
  input: order,
  enqueues: ['receipt'],
  timeout: '30s',
  maxAttempts: 20,
  backoff: { kind: 'fixed', delay: '0s' },
})
export const receipt = defineJob({ type: 'receipt', input: v.object({ to: v.string() }) })
const runner = defineRunner({ jobs: [transfer, receipt], queues: { [queue]: { shards: 2 } } })

type Order = v.InferOutput<typeof order>

/** Refused by an account that has too little. In the form of the low-level client. */
export const debit = ({ from, amount }: Order): TransactItem => ({
  Update: {
    TableName: accounts,
    Key: { id: { S: from } },
    UpdateExpression: 'SET balance = balance - :amount',
    ConditionExpression: 'balance >= :amount',
    ExpressionAttributeValues: { ':amount': { N: String(amount) } },
  },
})

/** In the form of the document client. */
export const credit = ({ to, amount }: Order): TransactItem => ({
  Update: {
    TableName: accounts,
    Key: { id: to },
    UpdateExpression: 'ADD balance :amount, transfers :one',
    ExpressionAttributeValues: { ':amount': amount, ':one': 1 },
  },
})

export const both = (given: Order): readonly TransactItem[] => [debit(given), credit(given)]

export class BankKit {
  readonly engines: Engines
  readonly deps: WorkerDeps
  readonly client: DynamoDBClient
  readonly #sqs = sqsClient()
  /** Of the handler: how often it was called for each job. */
  readonly runs = new Map<string, number>()
  onTransfer: (given: Order, ctx: RunContext) => unknown = (given, ctx) => ctx.commit(both(given))
  aheadMs = 0

  private constructor(engines: Engines) {
    this.engines = engines
    this.deps = engines.deps(runner, () => this.aheadMs)
    this.client = dynamoClient()
  }

  static async start(startDynamo?: StartDynamo): Promise<BankKit> {
    const kit = new BankKit(await startEngines([queue], startDynamo))
    await kit.client.send(
      new CreateTableCommand({
        TableName: accounts,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      }),
    )
    return kit
  }

  get #url(): string {
    return this.engines.names.queues[queue] ?? ''
  }

  async stop(): Promise<void> {
    this.client.destroy()
    this.#sqs.destroy()
    await this.engines.stop()
  }

  async reset(): Promise<void> {
    await this.engines.faults.dynamo.idle()
    this.engines.faults.dynamo.calm()
    this.engines.faults.sqs.calm()
    this.engines.events.length = 0
    this.aheadMs = 0
    this.onTransfer = (given, ctx) => ctx.commit(both(given))
    await this.#sqs.send(new PurgeQueueCommand({ QueueUrl: this.#url }))
  }

  async open(id: string, balance: number): Promise<void> {
    const Item = { id: { S: id }, balance: { N: String(balance) } }
    await this.client.send(new PutItemCommand({ TableName: accounts, Item }))
  }

  async balance(id: string): Promise<number> {
    const { Item: item } = await this.client.send(
      new GetItemCommand({ TableName: accounts, Key: { id: { S: id } }, ConsistentRead: true }),
    )
    return Number(item?.['balance']?.N ?? 0)
  }

  /** @returns the id of the job */
  async transfer(given: Order, idempotencyKey?: string): Promise<string> {
    const options = idempotencyKey === undefined ? {} : { idempotencyKey }
    return (await enqueue(this.deps, { type: transfer.type, input: given, ...options })).id
  }

  /** The stored job, which must be sound. */
  async job(id: string): Promise<Job> {
    const [job] = await this.deps.store.get([id])
    if (job === undefined) throw new Error(`no job ${id}`)
    assertSound(job)
    return job
  }

  /** Names of what was reported about a job, in order, but for the faults of the store. */
  eventsOf(id: string): readonly string[] {
    return this.engines.events.flatMap(event =>
      'id' in event && event.id === id && event.name !== 'store_failed' ? [event.name] : [],
    )
  }

  /** One batch of messages. @param deps of the worker @returns how many */
  work(waitSeconds = 0, deps = this.deps): Promise<number> {
    const handlers = [
      handle(transfer, async (given, ctx) => {
        this.runs.set(ctx.job.id, (this.runs.get(ctx.job.id) ?? 0) + 1)
        await this.onTransfer(given, ctx)
      }),
      handle(receipt, () => {}),
    ]
    return pump(deps, handlers, queue, this.#url, waitSeconds)
  }

  async workAll(): Promise<void> {
    while ((await this.work()) > 0) continue
  }

  tick(): Promise<TickReport> {
    return tick(this.deps, this.deps.clock.now() + 60_000)
  }
}
