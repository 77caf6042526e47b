/** Jobs within the caller's own transactions, through the table's real stream, with no tick to help. */
import { CreateTableCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { dynamoClient } from '../../../lib/aws/connect.ts'
import type { Client } from '../../../lib/client/client.ts'
import { createClient } from '../../../lib/client/create-client.ts'
import { mapBounded } from '../../../lib/core/values/lists.ts'
import { quick, runner } from '../../support/fixtures/lamps/jobs.ts'
import { newFolder, removeFolder, TestStack } from '../../support/local-stack.ts'

const count = 1_000
const own = 'orders'

let folder: string
let lamps: TestStack
let client: Client
let dynamo: ReturnType<typeof dynamoClient>

beforeAll(async () => {
  folder = newFolder()
  lamps = await TestStack.start({ dataDir: folder, tickMs: 3_600_000 })
  Object.assign(process.env, lamps.stack.env)
  client = createClient({ runner })
  dynamo = dynamoClient()
  await dynamo.send(
    new CreateTableCommand({
      TableName: own,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  )
}, 60_000)
afterAll(async () => {
  dynamo?.destroy()
  lamps.stack.kill()
  await lamps.stack.stop()
  removeFolder(folder)
})

interface Sent {
  readonly id: string
  /** When the transaction was answered; undefined when it was cancelled. */
  readonly committedAt: number | undefined
}

/** One transaction with an order of the caller's own. */
async function send(n: number, isCancelled: boolean): Promise<Sent> {
  const { id, items } = await client.transact(quick, { number: n })
  const ConditionExpression = isCancelled ? 'attribute_exists(id)' : 'attribute_not_exists(id)'
  const Put = { TableName: own, Item: { id: { S: `order ${n}` } }, ConditionExpression }
  const sent = dynamo.send(new TransactWriteItemsCommand({ TransactItems: [{ Put }, ...items] }))
  const isCommitted = await sent.then(
    () => true,
    () => false,
  )
  return { id, committedAt: isCommitted ? Date.now() : undefined }
}

const startsOf = (id: string): readonly number[] => [
  ...new Set(lamps.changes.flatMap(job => (job.id === id && job.startedAt !== undefined ? [job.startedAt] : []))),
]

it('a committed one starts within a second', { timeout: 60_000 }, async () => {
  const waits: number[] = []
  // The first one starts the worker's process.
  for (let n = 0; n < 21; n += 1) {
    const { id, committedAt = Number.NaN } = await send(-1 - n, false)
    await lamps.change(job => job.id === id && job.state === 'COMPLETED')
    waits.push((startsOf(id)[0] ?? Number.NaN) - committedAt)
  }
  const [median = Number.NaN] = waits
    .slice(1)
    .toSorted((a, b) => a - b)
    .slice(10)
  console.log(`transactions: started ${median} ms after the commit (median of 20)`)
  expect(median).toBeLessThanOrEqual(1_000)
})

it(`of ${count} committed and ${count} cancelled each of the former runs once, and no other`, {
  timeout: 240_000,
}, async () => {
  const sent = await mapBounded(
    Array.from({ length: 2 * count }, (_, n) => n),
    20,
    n => send(n, n % 2 === 1),
  )
  const committed = sent.filter(({ committedAt }) => committedAt !== undefined)
  expect(committed).toHaveLength(count)
  const completed = new Set<string>()
  for (const { id } of committed) {
    await lamps.change(job => job.id === id && job.state === 'COMPLETED')
    completed.add(id)
  }
  expect(completed.size).toBe(count)
  expect(committed.filter(({ id }) => startsOf(id).length !== 1)).toEqual([])
  const cancelled = sent.filter(({ committedAt }) => committedAt === undefined).map(({ id }) => id)
  expect(lamps.changes.filter(({ id }) => cancelled.includes(id))).toEqual([])
  expect(await Promise.all(cancelled.slice(0, 20).map(id => client.get(id)))).toEqual(
    cancelled.slice(0, 20).map(() => undefined),
  )
})
