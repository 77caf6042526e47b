import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb'
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Item } from '../../../lib/aws/dynamodb/item.ts'
import { lamps as application } from '../../support/fixtures/lamps/lamps.ts'
import { newFolder, removeFolder, TestStack } from '../../support/local-stack.ts'
import { isRunning, untilGone } from '../../support/processes.ts'
import { addressesOf, isLoopback } from '../../support/sockets.ts'

const poll = { timeout: 15_000, interval: 200 }

describe('the local stack', () => {
  let folder: string
  let lamps: TestStack
  beforeAll(async () => {
    folder = newFolder()
    lamps = await TestStack.start({ dataDir: folder })
  })
  afterAll(async () => {
    await lamps.stack.stop()
    removeFolder(folder)
  })

  it('runs a job that came over HTTP to its end', async () => {
    const id = await lamps.enqueue('quick', { number: 21 })
    await lamps.change(job => job.id === id && job.state === 'COMPLETED')
    expect(await lamps.get(id)).toMatchObject({ state: 'COMPLETED', result: 42, attempt: 1 })
    expect(lamps.changes.filter(job => job.id === id).map(({ state }) => state)).toEqual([
      'RESERVED',
      'IN_PROGRESS',
      'COMPLETED',
    ])
  })

  it('tries a job that failed again, and not before its backoff is over', async () => {
    const id = await lamps.enqueue('stumble', {})
    const failed = await lamps.change(job => job.id === id && job.state === 'RETRY')
    const done = await lamps.change(job => job.id === id && job.state === 'COMPLETED')
    expect(done).toMatchObject({ attempt: 2, result: '"walked on"' })
    expect(done.startedAt).toBeGreaterThanOrEqual(failed.scheduledAt)
  })

  it('runs a job that some other program put into the table as AVAILABLE', async () => {
    const { env } = lamps.stack
    const dynamo = new DynamoDBClient({
      endpoint: env['AWS_ENDPOINT_URL_DYNAMODB'] ?? '',
      region: env['AWS_REGION'] ?? '',
      credentials: { accessKeyId: 'other', secretAccessKey: 'program' },
    })
    const text = (value: string) => ({ S: value })
    const Item = { id: text('foreign-1'), type: text('quick'), state: text('AVAILABLE'), input: text('{"number":4}') }
    await dynamo.send(new PutItemCommand({ TableName: env['LAMPLIGHTER_TABLE'], Item }))
    dynamo.destroy()
    const done = await lamps.change(job => job.id === 'foreign-1' && job.state === 'COMPLETED')
    expect(done).toMatchObject({ result: '8', attempt: 1 })
  })

  it('counts jobs, and keeps every run', { timeout: 20_000 }, async () => {
    const id = await lamps.enqueue('quick', { number: 1 })
    await lamps.change(job => job.id === id && job.state === 'COMPLETED')
    const { env } = lamps.stack
    const dynamo = new DynamoDBClient({
      endpoint: env['AWS_ENDPOINT_URL_DYNAMODB'] ?? '',
      region: env['AWS_REGION'] ?? '',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    })
    const parts = async (of: string): Promise<readonly Item[]> => {
      const query = {
        TableName: env['LAMPLIGHTER_RECORDS'] ?? '',
        KeyConditionExpression: 'id = :id',
        ExpressionAttributeValues: { ':id': { S: of } },
      }
      return (await dynamo.send(new QueryCommand(query))).Items ?? []
    }
    await expect.poll(async () => (await parts(id)).map(one => one['outcome']?.S), poll).toEqual(['completed'])
    const counted = async () => (await parts('#counts/default')).find(({ part }) => part?.S === 'now')
    await expect.poll(async () => Number((await counted())?.['quick:COMPLETED']?.N ?? 0), poll).toBeGreaterThan(0)
    dynamo.destroy()
  })

  it('answers questions about jobs and queues over HTTP', { timeout: 30_000 }, async () => {
    const id = await lamps.enqueue('stumble', {})
    await lamps.change(job => job.id === id && job.state === 'COMPLETED')
    const asked = async (path: string) => {
      const response = await fetch(`${lamps.stack.url}/v1${path}`)
      return [response.status, await response.json()]
    }
    const outcomes = async () => {
      const [, body] = await asked(`/jobs/${id}/runs`)
      return (body as { runs: readonly { outcome: string }[] }).runs.map(({ outcome }) => outcome)
    }
    await expect.poll(outcomes, poll).toEqual(['completed', 'retried'])
    expect(await asked('/jobs?queue=default&phase=failed')).toEqual([200, { jobs: [], looked: 0 }])
    const [status, body] = await asked('/queues')
    const names = (body as { queues: readonly { name: string }[] }).queues.map(({ name }) => name)
    expect([status, new Set(names)]).toEqual([200, new Set(['alone', 'default', 'doors', 'long', 'shared'])])
    expect(await asked(`/jobs/${id}/explain`)).toMatchObject([200, { id, reasons: [{ code: 'ended' }] }])
    expect(await asked('/openapi.json')).toMatchObject([200, { openapi: '3.1.0' }])
  })

  it('answers what the API answers: a problem for bad input, and nothing is enqueued', async () => {
    const before = lamps.changes.length
    const response = await fetch(`${lamps.stack.url}/v1/jobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"type":"nobody","input":{}}',
    })
    expect(response.status).toBe(422)
    expect(response.headers.get('content-type')).toContain('application/problem+json')
    expect(lamps.changes).toHaveLength(before)
  })

  it('holds no socket that is not on loopback', async () => {
    const stranger = createServer().listen(0, '0.0.0.0')
    await once(stranger, 'listening')
    const pids = [process.pid, ...lamps.stack.pids()]
    const withStranger = addressesOf(pids).filter(address => !isLoopback(address))
    stranger.close()
    await once(stranger, 'close')
    const addresses = addressesOf(pids)
    // The look is able to find one.
    expect(withStranger).toEqual(['0.0.0.0'])
    expect(addresses.filter(address => !isLoopback(address))).toEqual([])
    // HTTP, SQS and the table's engine at the least.
    expect(addresses.length).toBeGreaterThanOrEqual(3)
  })

  it('makes the queues of the definition, with visibility, retention and dead letters', async () => {
    const { env } = lamps.stack
    const sqs = new SQSClient({
      endpoint: env['AWS_ENDPOINT_URL_SQS'] ?? '',
      region: env['AWS_REGION'] ?? '',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    })
    const { default: url = '' } = JSON.parse(env['LAMPLIGHTER_QUEUES'] ?? '{}') as { default?: string }
    const attributesOf = async (QueueUrl: string) =>
      (await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))).Attributes
    const queue = await attributesOf(url)
    const deadLetters = await attributesOf(`${url}-dead-letters`)
    sqs.destroy()
    // Timeout 2 s: lease 11 s, function and visibility 17 s.
    expect(queue).toMatchObject({ VisibilityTimeout: '17', MessageRetentionPeriod: '345600' })
    expect(JSON.parse(queue?.['RedrivePolicy'] ?? '')).toEqual({
      deadLetterTargetArn: deadLetters?.['QueueArn'],
      maxReceiveCount: 1_000,
    })
    expect(deadLetters).toMatchObject({ MessageRetentionPeriod: '1209600' })
  })

  it('writes an environment file with which a program finds the stack', () => {
    const lines = readFileSync(join(folder, 'env'), 'utf8').trim().split('\n')
    const entries = lines.map(line => /^(\w+)='(.*)'$/.exec(line)?.slice(1))
    expect(Object.fromEntries(entries as [string, string][])).toEqual({
      ...lamps.stack.env,
      LAMPLIGHTER_URL: lamps.stack.url,
      LAMPLIGHTER_TOKEN: new URL(lamps.stack.pageUrl).searchParams.get('token'),
    })
  })
})

describe('stopping and starting', () => {
  const folders: string[] = []
  const stacks: TestStack[] = []
  afterEach(async () => {
    for (const { stack } of stacks.splice(0)) {
      stack.kill()
      await stack.stop()
    }
    for (const folder of folders.splice(0)) removeFolder(folder)
  })
  const folderForTest = (): string => {
    folders.push(newFolder())
    return folders.at(-1) ?? ''
  }
  const start = async (options: Parameters<typeof TestStack.start>[0]): Promise<TestStack> => {
    stacks.push(await TestStack.start(options))
    return stacks.at(-1) as TestStack
  }

  it('lets a running job finish, takes no more requests and leaves no process', async () => {
    const lamps = await start({ dataDir: folderForTest() })
    const id = await lamps.enqueue('linger', { ms: 500 })
    await lamps.line(entry => entry['message'] === 'lingering')
    const pids = lamps.stack.pids()
    await lamps.stack.stop()
    expect(lamps.changes.at(-1)).toMatchObject({ id, state: 'COMPLETED', result: '"attempt 1"' })
    await expect(fetch(lamps.stack.url)).rejects.toThrow('fetch failed')
    expect(pids.filter(isRunning)).toEqual([])
    expect(lamps.troubles).toEqual([])
  })

  it('waits for nothing once it is killed', async () => {
    const lamps = await start({ dataDir: folderForTest() })
    await lamps.enqueue('linger', { ms: 60_000 })
    await lamps.line(entry => entry['message'] === 'lingering')
    const pids = lamps.stack.pids()
    const stopping = lamps.stack.stop()
    lamps.stack.kill()
    await stopping
    await untilGone(pids)
    expect(lamps.changes.at(-1)).toMatchObject({ state: 'IN_PROGRESS' })
  })

  it('goes on where the last stack stopped, and forgets it when told to', async () => {
    const dataDir = folderForTest()
    const first = await start({ dataDir })
    const id = await first.enqueue('quick', { number: 1 }, { delay: '2s' })
    await first.stack.stop()

    const second = await start({ dataDir })
    const done = await second.change(job => job.id === id && job.state === 'COMPLETED')
    expect(done.startedAt).toBeGreaterThanOrEqual(done.scheduledAt)
    await second.stack.stop()

    const third = await start({ dataDir, fresh: true })
    expect(await third.get(id)).toMatchObject({ status: 404 })
  })

  it('says why a worker does not start, and runs its jobs soon after the file was corrected', async () => {
    const folder = folderForTest()
    const worker = join(folder, 'worker.ts')
    writeFileSync(worker, "throw new Error('no STRIPE_KEY')")
    const waiting = await start({ dataDir: join(folder, 'data'), functions: { ...application.functions, worker } })
    const id = await waiting.enqueue('quick', { number: 3 })
    await expect.poll(() => waiting.troubles).toHaveLength(1)
    expect(waiting.troubles[0]).toContain(`worker-default does not start: Error: no STRIPE_KEY (${worker}:1:7)`)
    writeFileSync(worker, `export { handler } from ${JSON.stringify(application.functions.worker)}`)
    const correctedAt = Date.now()
    await waiting.change(job => job.id === id && job.state === 'COMPLETED')
    expect(Date.now() - correctedAt).toBeLessThan(5_000)
    expect(waiting.troubles).toHaveLength(1)
  })

  it('finds a job that is in no index, soon after the start', async () => {
    const dataDir = folderForTest()
    const first = await start({ dataDir })
    const { env } = first.stack
    const dynamo = new DynamoDBClient({
      endpoint: env['AWS_ENDPOINT_URL_DYNAMODB'] ?? '',
      region: env['AWS_REGION'] ?? '',
      credentials: { accessKeyId: 'other', secretAccessKey: 'program' },
    })
    // The stream's filter does not carry this state.
    const Item = { id: { S: 'stray-1' }, type: { S: 'quick' }, state: { S: 'RESERVED' }, input: { S: '{"number":5}' } }
    await dynamo.send(new PutItemCommand({ TableName: env['LAMPLIGHTER_TABLE'], Item }))
    dynamo.destroy()
    await first.stack.stop()
    const second = await start({ dataDir })
    const done = await second.change(({ id, state }) => id === 'stray-1' && state === 'COMPLETED')
    expect(done).toMatchObject({ result: '10' })
  })

  it('closes what it has opened when it is told to give up while it starts', async () => {
    const dataDir = folderForTest()
    const giveUp = new AbortController()
    const starting = start({ dataDir, signal: giveUp.signal })
    giveUp.abort(new Error('never mind'))
    await expect(starting).rejects.toThrow('never mind')
    // The folder is free, the port too.
    await start({ dataDir })
  })

  it('names a port that is taken, and starts nothing', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const dataDir = folderForTest()
    await expect(start({ dataDir, port })).rejects.toThrow(`port ${port} is in use; choose another one with --port`)
    server.close()
    // The folder is free.
    await start({ dataDir, port })
  })
})
