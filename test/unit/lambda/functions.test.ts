/** The functions with real events on the embedded engines, as Lambda calls them. */

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { PutItemCommand } from '@aws-sdk/client-dynamodb'
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import type { APIGatewayProxyEventV2, Context, DynamoDBStreamEvent, ScheduledEvent, SQSEvent } from 'aws-lambda'
import * as v from 'valibot'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { dynamoClient } from '../../../lib/aws/connect.ts'
import { toItem } from '../../../lib/aws/dynamodb/item.ts'
import { defineJob } from '../../../lib/define/define-job.ts'
import { defineRunner } from '../../../lib/define/define-runner.ts'
import { handle } from '../../../lib/define/handle.ts'
import { createApi } from '../../../lib/lambda/api.ts'
import { createDispatcher } from '../../../lib/lambda/dispatcher.ts'
import type { ShardEvent } from '../../../lib/lambda/record-changes.ts'
import { createRecorder } from '../../../lib/lambda/recorder.ts'
import { createSweeper } from '../../../lib/lambda/sweeper.ts'
import { createWorker } from '../../../lib/lambda/worker.ts'
import { type Engines, startEngines } from '../../support/engines.ts'
import { refusedWith } from '../../support/fault-proxy.ts'
import { jobWith } from '../../support/job-changes.ts'

const greet = defineJob({
  type: 'greet',
  input: v.object({ name: v.string() }),
  backoff: { kind: 'fixed', delay: '5s' },
})
const runner = defineRunner({ jobs: [greet] })
const handlers = [
  handle(greet, ({ name }, ctx) => {
    ctx.logger.info('greeting', { name })
    if (name === 'nobody') throw new Error('there is nobody')
    return `hello ${name}`
  }),
]
const context = {
  awsRequestId: 'request-1',
  functionName: 'under-test',
  getRemainingTimeInMillis: () => 60_000,
} as unknown as Context

let engines: Engines
let lines: string[] = []
beforeAll(async () => {
  engines = await startEngines(['default'])
  vi.stubEnv('LAMPLIGHTER_TABLE', engines.names.table)
  vi.stubEnv('LAMPLIGHTER_RECORDS', engines.names.records)
  vi.stubEnv('LAMPLIGHTER_QUEUES', JSON.stringify(engines.names.queues))
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await engines.stop()
})
beforeEach(() => {
  lines = []
  // Powertools writes to the process's own streams, past the console.
  const keep = (chunk: string | Uint8Array): boolean => {
    lines.push(...String(chunk).split('\n').filter(Boolean))
    return true
  }
  for (const stream of [process.stdout, process.stderr]) vi.spyOn(stream, 'write').mockImplementation(keep)
})
afterEach(() => vi.restoreAllMocks())

/** Lines that the functions wrote: each is one JSON object. */
const logged = () => lines.map(line => JSON.parse(line) as Record<string, unknown>)
const metrics = () => Object.assign({}, ...logged().filter(line => '_aws' in line)) as Record<string, unknown>

async function post(body: unknown) {
  const api = createApi({ runner })
  const event = {
    rawPath: '/v1/jobs',
    rawQueryString: '',
    headers: { 'content-type': 'application/json' },
    requestContext: { requestId: 'r', http: { method: 'POST', path: '/v1/jobs' } },
    body: JSON.stringify(body),
    isBase64Encoded: false,
  } as unknown as APIGatewayProxyEventV2
  const result = await api(event, context)
  return { statusCode: result.statusCode, answer: JSON.parse(result.body ?? '') as Record<string, string> }
}

async function received(): Promise<SQSEvent> {
  const client = new SQSClient({})
  const { Messages: messages = [] } = await client.send(
    new ReceiveMessageCommand({
      QueueUrl: engines.names.queues['default'],
      MaxNumberOfMessages: 10,
      WaitTimeSeconds: 1,
      MessageSystemAttributeNames: ['All'],
    }),
  )
  const records = messages.map(message => ({
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body,
    attributes: message.Attributes,
    eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:default',
  }))
  return { Records: records } as unknown as SQSEvent
}

const stored = async (id = '') => (await engines.deps(runner).store.get([id]))[0]

describe('api and worker', () => {
  it('a job that is posted runs; its lines are JSON without input or result, its metrics carry the queue', async () => {
    const { statusCode, answer } = await post({ type: 'greet', input: { name: 'Ada' } })
    expect(statusCode).toBe(201)
    expect(await createWorker({ runner, handlers })(await received(), context)).toEqual({ batchItemFailures: [] })
    expect(await stored(answer['id'])).toMatchObject({ state: 'COMPLETED', result: '"hello Ada"' })
    const completed = logged().find(({ message }) => message === 'job_completed')
    expect(completed).toMatchObject({
      level: 'INFO',
      job_id: answer['id'],
      job_type: 'greet',
      attempt: 1,
      function_request_id: 'request-1',
    })
    expect(logged().find(({ message }) => message === 'greeting')).toMatchObject({ job_id: answer['id'], name: 'Ada' })
    expect(lines.filter(line => line.includes('hello Ada'))).toEqual([])
    expect(metrics()).toMatchObject({ queue: 'default', JobsStarted: 1, JobsCompleted: 1 })
  })

  it('a failed run is recorded state: only its own message comes back', async () => {
    const bad = await post({ type: 'greet', input: { name: 'nobody' } })
    const good = await post({ type: 'greet', input: { name: 'Bo' } })
    const event = await received()
    const { batchItemFailures } = await createWorker({ runner, handlers })(event, context)
    const kept = event.Records.filter(({ messageId }) =>
      batchItemFailures.some(({ itemIdentifier }) => itemIdentifier === messageId),
    )
    expect(kept.map(({ body }) => (JSON.parse(body) as { id: string }).id)).toEqual([bad.answer['id']])
    expect(await stored(bad.answer['id'])).toMatchObject({ state: 'RETRY', attempt: 1 })
    expect(await stored(good.answer['id'])).toMatchObject({ state: 'COMPLETED' })
    const retry = logged().find(({ message }) => message === 'job_retry')
    expect(retry).toMatchObject({ error: 'Error: there is nobody', stack: expect.stringContaining('there is nobody') })
  })

  it('an event of an unknown queue is refused as a whole: nothing is deleted', async () => {
    const event = { Records: [{ eventSourceARN: 'arn:aws:sqs:us-east-1:0:elsewhere', attributes: {} }] }
    await expect(createWorker({ runner, handlers })(event as unknown as SQSEvent, context)).rejects.toThrow(
      "called 'elsewhere'",
    )
    expect(logged().find(({ message }) => message === 'function_failed')).toMatchObject({ level: 'ERROR' })
  })

  it('refuses handlers that do not fit the runner when the function starts', () => {
    expect(() => createWorker({ runner, handlers: [...handlers, ...handlers] })).toThrow(
      "two handlers for job type 'greet'",
    )
    const stranger = defineJob({ type: 'greet', input: v.object({}) })
    expect(() => createWorker({ runner, handlers: [handle(stranger, () => 1)] })).toThrow(
      "two copies of the contract of job type 'greet'",
    )
  })

  it('names the registered types and shows stacks only as LAMPLIGHTER_API_DETAILS says, and refuses other words', async () => {
    const unknown = { type: 'nobody', input: 1 }
    expect((await post(unknown)).answer).toMatchObject({ detail: expect.stringMatching(/registered types: \d+$/) })
    vi.stubEnv('LAMPLIGHTER_API_DETAILS', 'stacks, types')
    expect((await post(unknown)).answer).toMatchObject({ allowed: Object.keys(runner.jobs).join(', ') })
    vi.stubEnv('LAMPLIGHTER_API_DETAILS', 'types,secrets')
    expect(() => createApi({ runner })).toThrow("LAMPLIGHTER_API_DETAILS holds 'secrets'; allowed: types, stacks")
    vi.stubEnv('LAMPLIGHTER_API_DETAILS', '')
  })

  it('says which variable is missing when it is started without names', () => {
    vi.stubEnv('LAMPLIGHTER_TABLE', '')
    expect(() => createSweeper({ runner })).toThrow('LAMPLIGHTER_TABLE')
    vi.stubEnv('LAMPLIGHTER_TABLE', engines.names.table)
  })
})

describe('recorder', () => {
  const shardEvent = (id: string): ShardEvent => ({
    shardId: 'shard-1',
    Records: [
      {
        dynamodb: {
          SequenceNumber: '1',
          ApproximateCreationDateTime: Math.floor(Date.now() / 1_000),
          OldImage: toItem(jobWith({ id })) as never,
          NewImage: toItem(jobWith({ id, state: 'CANCELLED', notify: '{"order":7}' })) as never,
        },
      },
    ],
  })

  it('publishes the end of a job on the bus, with what was to be handed on, before it answers', async () => {
    const bodies: string[] = []
    const bus = createServer((request, response) => {
      void text(request).then(body => {
        bodies.push(body)
        response
          .setHeader('content-type', 'application/x-amz-json-1.1')
          .end('{"FailedEntryCount":0,"Entries":[{"EventId":"e"}]}')
      })
    })
    bus.listen(0, '127.0.0.1')
    await once(bus, 'listening')
    vi.stubEnv('AWS_ENDPOINT_URL_EVENTBRIDGE', `http://127.0.0.1:${(bus.address() as AddressInfo).port}`)
    vi.stubEnv('LAMPLIGHTER_EVENT_BUS', 'jobs')
    const answer = await createRecorder({ runner })(shardEvent('ended'), context)
    expect(answer).toEqual({ state: {}, batchItemFailures: [] })
    const scheduled = { source: 'aws.events' } as ScheduledEvent
    expect(await createRecorder({ runner })(scheduled, context)).toEqual({ published: 0, waiting: 0 })
    vi.stubEnv('LAMPLIGHTER_EVENT_BUS', '')
    bus.close()
    const [entry] = (JSON.parse(bodies[0] ?? '{}') as { Entries: { DetailType: string; Detail: string }[] }).Entries
    expect(entry).toMatchObject({ EventBusName: 'jobs', Source: 'lamplighter', DetailType: 'Job Cancelled' })
    expect(JSON.parse(entry?.Detail ?? '')).toMatchObject({ id: 'ended', queue: 'mails', notify: { order: 7 } })
    expect(lines.filter(line => line.includes('order'))).toEqual([])
  })

  it('publishes nothing without a bus, and keeps what it is told to', async () => {
    expect(await createRecorder({ runner })({ source: 'aws.events' } as ScheduledEvent, context)).toEqual({
      published: 0,
      waiting: 0,
    })
    vi.stubEnv('LAMPLIGHTER_HISTORY', 'everything')
    expect(() => createRecorder({ runner })).toThrow(
      "LAMPLIGHTER_HISTORY is 'everything'; allowed: 'failed', 'all', 'none'",
    )
    vi.stubEnv('LAMPLIGHTER_HISTORY', undefined)
  })
})

it('sweeper: one tick per event, and a heartbeat metric even when nothing is due', async () => {
  const report = await createSweeper({ runner })({} as ScheduledEvent, context)
  expect(report).toMatchObject({ isComplete: true })
  expect(metrics()).toMatchObject({ Ticks: 1, OldestDueAge: expect.any(Number) })
})

describe('dispatcher', () => {
  const record = (sequence: string, image: object) =>
    ({
      eventName: 'INSERT',
      dynamodb: { SequenceNumber: sequence, NewImage: image },
    }) as DynamoDBStreamEvent['Records'][number]
  const foreign = (id: string) => ({ id, type: 'greet', state: 'AVAILABLE', input: '{"name":"Cy"}' }) as const
  const putForeign = (id: string) =>
    dynamoClient().send(new PutItemCommand({ TableName: engines.names.table, Item: toItem(foreign(id)) }))
  const dispatch = (records: DynamoDBStreamEvent['Records']) =>
    createDispatcher({ runner })({ Records: records }, context)

  it('starts a foreign item, and sets an image aside that is no job', async () => {
    await putForeign('foreign-1')
    const answer = await dispatch([
      record('1', { id: { S: 'x' }, state: { S: 'AVAILABLE' } }),
      record('2', toItem(foreign('foreign-1'))),
    ])
    expect(answer).toEqual({ batchItemFailures: [] })
    expect(logged().find(({ message }) => message === 'job_set_aside')).toMatchObject({ job_id: 'x' })
    await createWorker({ runner, handlers })(await received(), context)
    expect(await stored('foreign-1')).toMatchObject({ state: 'COMPLETED' })
  })

  it('names the first record that must come again', async () => {
    for (const id of ['foreign-2', 'foreign-3']) await putForeign(id)
    // The SDK asks three times, and so does the use case once more.
    const throttled = Array.from({ length: 6 }, () => refusedWith('ThrottlingException'))
    engines.faults.dynamo.breakNext('UpdateItem', /foreign-3/, ...throttled)
    const answer = await dispatch([
      record('7', toItem(foreign('foreign-2'))),
      record('8', toItem(foreign('foreign-3'))),
    ])
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: '8' }] })
    expect(await stored('foreign-2')).toMatchObject({ state: 'RESERVED' })
  })
})
