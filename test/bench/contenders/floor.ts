/**
 * The floor: the AWS SDK as it comes, in batches written by hand, on the same engines, with the same item and the same
 * guards. No checks, no retries, no logs, no second thought about answers that get lost. Nothing that keeps its state in DynamoDB and its
 * messages in SQS can be much cheaper.
 */
import { randomUUID } from 'node:crypto'
import { type AttributeValue, BatchExecuteStatementCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs'
import { laneAttribute } from '../../../lib/aws/dynamodb/table.ts'
import { chunksOf, mapBounded } from '../../../lib/core/values/lists.ts'
import type { Contender } from '../contender.ts'
import { type Batch, drain, sandboxes } from '../mapping.ts'
import { instant, number, sampleItem } from '../sample-item.ts'

const statementsPerCall = 25
const messagesPerCall = 10
const leaseMs = 69_000
const dayMs = 86_400_000

interface Floor {
  readonly table: string
  readonly queueUrl: string
  readonly dynamo: DynamoDBClient
  readonly sqs: SQSClient
}

export async function open(): Promise<Contender> {
  const queueUrl = process.env['BENCH_QUEUE'] ?? ''
  const sqs = new SQSClient({})
  const floor: Floor = {
    table: process.env['BENCH_TABLE'] ?? '',
    queueUrl,
    dynamo: new DynamoDBClient({}),
    sqs,
  }
  return {
    async enqueue(jobs) {
      const ids = Array.from({ length: jobs }, () => randomUUID())
      await mapBounded(chunksOf(ids, statementsPerCall), sandboxes, chunk => enqueueSome(floor, chunk))
    },
    process: jobs =>
      drain(
        { client: sqs, queueUrl },
        jobs,
        Array.from({ length: sandboxes }, () => batch => processSome(floor, batch)),
      ),
    async close() {},
  }
}

async function enqueueSome({ table, queueUrl, dynamo, sqs }: Floor, ids: readonly string[]): Promise<void> {
  await execute(
    dynamo,
    ids.map((id, index) => insertion(table, id, index)),
  )
  await Promise.all(
    chunksOf(ids, messagesPerCall).map(chunk =>
      sqs.send(
        new SendMessageBatchCommand({
          QueueUrl: queueUrl,
          Entries: chunk.map((id, index) => ({
            Id: String(index),
            MessageBody: JSON.stringify({ id, fence: 1, type: 'sample' }),
          })),
        }),
      ),
    ),
  )
}

async function processSome({ table, dynamo }: Floor, batch: Batch): Promise<Batch> {
  const jobs = batch.map(({ Body: body = '' }) => JSON.parse(body) as { id: string; fence: number })
  const now = Date.now()
  const owner = randomUUID()
  const started = await execute(
    dynamo,
    jobs.map(({ id, fence }) => start(table, id, fence, owner, now)),
  )
  // No call for the visibility: as deployed, the queue's own timeout is the lease.
  for (const item of started) await run(JSON.parse(item?.['input']?.S ?? '{}') as unknown)
  await execute(
    dynamo,
    jobs.map(({ id }) => completion(table, id, owner, now)),
  )
  return batch
}

/** The handler, which does nothing. */
async function run(_input: unknown): Promise<void> {}

interface Statement {
  readonly Statement: string
  readonly Parameters: AttributeValue[]
}

async function execute(client: DynamoDBClient, statements: readonly Statement[]) {
  const { Responses: responses = [] } = await client.send(
    new BatchExecuteStatementCommand({ Statements: [...statements] }),
  )
  const failed = responses.find(({ Error: error }) => error !== undefined)
  if (failed !== undefined) throw new Error(`${failed.Error?.Code}: ${failed.Error?.Message}`)
  return responses.map(({ Item: item }) => item)
}

function insertion(table: string, id: string, index: number): Statement {
  const now = Date.now()
  const item = sampleItem(id, index, { dueAt: now, lookAt: now + 2 * leaseMs })
  const names = Object.keys(item).map(name => `'${name}': ?`)
  return {
    Statement: `INSERT INTO "${table}" VALUE {${names.join(', ')}}`,
    Parameters: Object.values(item),
  }
}

/** With the guards of the design: the fence, the state, the due time, the attempts left, and the look that may stay. */
const start = (table: string, id: string, fence: number, owner: string, now: number): Statement => ({
  Statement: `UPDATE "${table}" SET "state" = ?, "owner" = ?, "leaseUntil" = ?, "startedAt" = ?, "attempt" = attempt + ?, "attemptsLeft" = attemptsLeft + ? REMOVE "dispatches" WHERE "id" = ? AND "fence" = ? AND "state" IN (?, ?, ?) AND "scheduledAt" <= ? AND "attemptsLeft" >= ? AND "lookAt" >= ? AND "lookAt" <= ? RETURNING ALL NEW *`,
  Parameters: [
    { S: 'IN_PROGRESS' },
    { S: owner },
    instant(now + leaseMs),
    instant(now),
    number(1),
    number(-1),
    { S: id },
    number(fence),
    { S: 'RESERVED' },
    { S: 'SCHEDULED' },
    { S: 'RETRY' },
    instant(now + 1_000),
    number(1),
    instant(now + leaseMs),
    instant(now + 3 * leaseMs),
  ],
})

const completion = (table: string, id: string, owner: string, now: number): Statement => ({
  Statement: `UPDATE "${table}" SET "state" = ?, "finishedAt" = ?, "ttl" = ?, "lastOwner" = ?, "leaseUntil" = ? REMOVE "${laneAttribute}" WHERE "id" = ? AND "owner" = ? AND "state" = ?`,
  Parameters: [
    { S: 'COMPLETED' },
    instant(now),
    number(Math.floor((now + 7 * dayMs) / 1_000)),
    { S: owner },
    instant(now),
    { S: id },
    { S: owner },
    { S: 'IN_PROGRESS' },
  ],
})
