import { EventEmitter, once } from 'node:events'
import { ReceiveMessageCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs'
import type { SQSEvent } from 'aws-lambda'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Fauxqs, startFauxqs } from '../../../../lib/dev/engines/fauxqs.ts'
import type { Invocation } from '../../../../lib/dev/lambda/protocol.ts'
import { type Poller, type QueueMapping, startQueuePoller } from '../../../../lib/dev/sources/queue-poller.ts'

let fauxqs: Fauxqs
let client: SQSClient
let queues = 0
const pollers: Poller[] = []

beforeAll(async () => {
  fauxqs = await startFauxqs()
  client = new SQSClient({
    endpoint: fauxqs.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  })
})
afterEach(async () => {
  for (const poller of pollers.splice(0)) await poller.stop()
})
afterAll(async () => {
  client.destroy()
  await fauxqs.stop()
})

const done: Invocation = { kind: 'returned', payload: undefined }

/** A queue with some messages, and a poller whose function is the test's. */
async function setUp(
  bodies: readonly string[],
  invoke: QueueMapping['invoke'],
  options: { concurrency?: number; batchSize?: number; visibility?: string } = {},
) {
  queues += 1
  const name = `queue-${queues}`
  const queueUrl = await fauxqs.createQueue(name, { VisibilityTimeout: options.visibility ?? '30' })
  for (let from = 0; from < bodies.length; from += 10) {
    const Entries = bodies.slice(from, from + 10).map((body, index) => ({ Id: String(index), MessageBody: body }))
    await client.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }))
  }
  const troubles = new EventEmitter()
  const poller = startQueuePoller({
    client,
    queueUrl,
    queueArn: `arn:aws:sqs:us-east-1:000000000000:${name}`,
    region: 'us-east-1',
    batchSize: options.batchSize ?? 10,
    concurrency: options.concurrency ?? 2,
    invoke,
    onTrouble: text => troubles.emit('trouble', text),
  })
  pollers.push(poller)
  return { poller, queueUrl, troubles }
}

async function visible(queueUrl: string): Promise<string[]> {
  const { Messages: messages = [] } = await client.send(
    new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 0 }),
  )
  return messages.map(({ Body: body }) => body ?? '').toSorted()
}

describe('the queue poller', () => {
  it('hands over whole batches with their receive counts, and deletes what the function took', async () => {
    const events: SQSEvent[] = []
    const all = new EventEmitter()
    const twelve = once(all, 'twelve')
    const { poller, queueUrl } = await setUp(
      Array.from({ length: 12 }, (_, index) => `m${index}`),
      async event => {
        events.push(event)
        if (events.flatMap(({ Records }) => Records).length === 12) all.emit('twelve')
        return done
      },
    )
    await twelve
    await poller.stop()
    const records = events.flatMap(({ Records }) => Records)
    expect(new Set(records.map(({ body }) => body)).size).toBe(12)
    expect(Math.max(...events.map(({ Records }) => Records.length))).toBeLessThanOrEqual(10)
    expect(records[0]).toMatchObject({ attributes: { ApproximateReceiveCount: '1' }, eventSource: 'aws:sqs' })
    expect(records[0]?.md5OfBody).toMatch(/^[0-9a-f]{32}$/)
    expect(await visible(queueUrl)).toEqual([])
  })

  it('brings messages back within two seconds while the function does not start, and says nothing itself', async () => {
    const bodies: (string | undefined)[] = []
    const twice = new EventEmitter()
    const second = once(twice, 'second')
    const { troubles } = await setUp(['m1'], async ({ Records }) => {
      bodies.push(Records[0]?.body)
      if (bodies.length === 2) twice.emit('second')
      return bodies.length === 1 ? { kind: 'failed', atStart: true, errorType: 'Error', errorMessage: 'x' } : done
    })
    const said: string[] = []
    troubles.on('trouble', text => said.push(String(text)))
    const before = Date.now()
    await second
    expect(bodies).toEqual(['m1', 'm1'])
    expect(Date.now() - before).toBeLessThan(5_000)
    expect(said).toEqual([])
  })

  it('brings back only the messages that the function names as failed', async () => {
    const seen: string[][] = []
    const again = new EventEmitter()
    const second = once(again, 'second')
    const { poller } = await setUp(
      ['good', 'bad'],
      async ({ Records: records }) => {
        seen.push(records.map(({ body }) => body))
        const bad = records.find(({ body }) => body === 'bad')
        const count = Number(bad?.attributes.ApproximateReceiveCount)
        if (count === 2) again.emit('second')
        const failures = bad === undefined || count === 2 ? [] : [{ itemIdentifier: bad.messageId }]
        return { kind: 'returned', payload: { batchItemFailures: failures } }
      },
      { visibility: '1' },
    )
    await second
    await poller.stop()
    expect(seen.flat().filter(body => body === 'good')).toHaveLength(1)
    expect(seen.flat().filter(body => body === 'bad')).toHaveLength(2)
  })

  it('deletes nothing after a function error, and the messages come back after their visibility timeout', async () => {
    const counts: string[] = []
    const again = new EventEmitter()
    const second = once(again, 'second')
    const { troubles } = await setUp(
      ['a'],
      async ({ Records: [record] }) => {
        counts.push(record?.attributes.ApproximateReceiveCount ?? '')
        if (counts.length === 2) again.emit('second')
        return counts.length === 1 ? { kind: 'failed', errorType: 'Oops', errorMessage: 'dark' } : done
      },
      { visibility: '1' },
    )
    const [text] = (await once(troubles, 'trouble')) as [string]
    expect(text).toContain('Oops: dark')
    await second
    expect(counts).toEqual(['1', '2'])
  })

  it('never has more batches under way than its concurrency', async () => {
    let running = 0
    let most = 0
    let taken = 0
    const all = new EventEmitter()
    const eight = once(all, 'eight')
    const { poller } = await setUp(
      Array.from({ length: 8 }, (_, index) => `m${index}`),
      async () => {
        running += 1
        most = Math.max(most, running)
        await new Promise(resolve => setTimeout(resolve, 30))
        running -= 1
        taken += 1
        if (taken === 8) all.emit('eight')
        return done
      },
      { batchSize: 1, concurrency: 3 },
    )
    await eight
    await poller.stop()
    expect(most).toBe(3)
  })

  it('stops at once while it waits for messages, and only after the batch in hand was deleted', async () => {
    const idle = await setUp([], async () => done)
    await idle.poller.stop()

    const calls = new EventEmitter()
    const called = once(calls, 'called')
    let finish: (invocation: Invocation) => void = () => undefined
    const busy = await setUp(['a'], () => {
      calls.emit('called')
      return new Promise(resolve => {
        finish = resolve
      })
    })
    await called
    const stopping = busy.poller.stop()
    finish(done)
    await stopping
    expect(await visible(busy.queueUrl)).toEqual([])
  })

  it('goes on after an error of the queue', async () => {
    const broken = new SQSClient({
      endpoint: 'http://127.0.0.1:1',
      region: 'us-east-1',
      maxAttempts: 1,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    })
    const troubles = new EventEmitter()
    const trouble = once(troubles, 'trouble')
    const poller = startQueuePoller({
      client: broken,
      queueUrl: 'http://127.0.0.1:1/000000000000/none',
      queueArn: 'arn:none',
      region: 'us-east-1',
      batchSize: 1,
      concurrency: 1,
      invoke: async () => done,
      onTrouble: text => troubles.emit('trouble', text),
    })
    const [text] = (await trouble) as [string]
    expect(text).toContain('ECONNREFUSED')
    await poller.stop()
  })
})
