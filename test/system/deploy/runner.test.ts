/** The life of jobs on the deployed construct: through queues, streams, rules and crashes as the cloud has them. */
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import {
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Item } from '../../../lib/aws/dynamodb/item.ts'
import type { Client } from '../../../lib/client/client.ts'
import { createClient } from '../../../lib/client/create-client.ts'
import { alwaysFails, endless, failsOnce, greet, journey, killsWorker, runner, slow, steered } from './app/jobs.ts'
import { type CdkApp, deploy, destroy } from './cdk.ts'
import { callApi, listed, type Part, partsOf, standing } from './cloud.ts'
import { until, untilEnded } from './until.ts'

const app: CdkApp = { folder: fileURLToPath(new URL('app', import.meta.url)), command: 'node app.ts' }

/** A tick comes each minute; the message it sends is received within a second or two. */
const oneTickMs = 70_000

/** Of a workflow: with 2 s each they take longer than its function. */
const legs = 12

/**
 * MiniStack kills running workers when their code changes, which AWS does not. The messages that such a worker had
 * received, but whose jobs it had not started, stay hidden for the queue's own visibility timeout (108 s here); should
 * one be lost altogether, the first hold ends after 120 s, and the next tick sends another.
 */
const lostMessageMs = 120_000 + oneTickMs

describe('jobs on the deployed stack', () => {
  const table = new DynamoDBClient()
  let tableName: string
  let recordsName: string
  let client: Client
  /** Knows no queue that is there: what it enqueues gets no message. */
  let withoutQueues: Client
  let parts: readonly Part[]
  let apiUrl: string
  let lost: string
  let held: readonly string[] = []
  let killed: string
  let travelling: string
  let effectsName: string
  let isDestroyed = false

  beforeAll(async () => {
    const outputs = await deploy(app)
    parts = await partsOf('DeployTest')
    tableName = outputs['JobsTableName'] ?? ''
    apiUrl = outputs['JobsApiUrl'] ?? ''
    const queues = JSON.parse(outputs['JobsQueueUrls'] ?? '') as Record<string, string>
    const records = outputs['JobsRecordTableName'] ?? ''
    recordsName = records
    effectsName = outputs['EffectsName'] ?? ''
    client = createClient({ runner, table: tableName, records, queues })
    const nowhere = Object.fromEntries(Object.entries(queues).map(([name, url]) => [name, `${url}-not-there`]))
    withoutQueues = createClient({ runner, table: tableName, records, queues: nowhere })
    // Those that take longest: their time runs while the others are looked at.
    lost = (await withoutQueues.enqueue(greet, { name: 'tick' })).id
    killed = (await client.enqueue(killsWorker, {})).id
    travelling = (await client.enqueue(journey, { legs })).id
  })

  afterAll(async () => {
    table.destroy()
    if (!isDestroyed) await destroy(app)
  })

  /** What the table of records holds under an id. */
  const partsOfId = async (of: string): Promise<readonly Item[]> => {
    const query = {
      TableName: recordsName,
      KeyConditionExpression: 'id = :id',
      ExpressionAttributeValues: { ':id': { S: of } },
    }
    return (await table.send(new QueryCommand(query))).Items ?? []
  }

  it('a job that fails is tried again, and ends FAILED with its last error', async () => {
    const { id } = await client.enqueue(alwaysFails, {})
    expect(await untilEnded(client, id)).toMatchObject({
      state: 'FAILED',
      attempt: 2,
      crashes: 0,
      error: { message: 'no luck at attempt 2' },
    })
  })

  it('what becomes of a job is counted by the recorder, and its run is kept', { timeout: 90_000 }, async () => {
    // MiniStack's stream brings what PutItem and UpdateItem write, and nothing that a statement does; AWS's brings both.
    const Key = { id: { S: 'recorded' } }
    const running = { type: { S: greet.type }, state: { S: 'IN_PROGRESS' }, input: { S: '{}' }, owner: { S: 'A' } }
    await table.send(new PutItemCommand({ TableName: tableName, Item: { ...Key, ...running, attempt: { N: '1' } } }))
    await table.send(
      new UpdateItemCommand({
        TableName: tableName,
        Key,
        UpdateExpression: 'SET #state = :failed, #error = :error',
        ExpressionAttributeNames: { '#state': 'state', '#error': 'error' },
        ExpressionAttributeValues: { ':failed': { S: 'FAILED' }, ':error': { S: '{"name":"Oops","message":"dark"}' } },
      }),
    )
    const poll = { timeout: 40_000, interval: 500 }
    await expect.poll(async () => (await partsOfId('recorded')).map(one => one['outcome']?.S), poll).toEqual(['failed'])
    const failed = async () => {
      const stock = (await partsOfId('#counts/default')).find(({ part }) => part?.S === 'now')
      return Number(stock?.[`${greet.type}:FAILED`]?.N ?? 0)
    }
    await expect.poll(failed, poll).toBeGreaterThanOrEqual(1)
  })

  it('a delayed job starts on time: never before it, at most 2.5 s after it', async () => {
    const { id, state } = await client.enqueue(greet, { name: 'later' }, { delay: '5s' })
    expect(state).toBe('SCHEDULED')
    const { scheduledAt, startedAt, insertedAt } = await untilEnded(client, id)
    const lateMs = Date.parse(startedAt ?? '') - Date.parse(scheduledAt)
    expect(Date.parse(scheduledAt) - Date.parse(insertedAt)).toBe(5_000)
    expect(lateMs).toBeGreaterThanOrEqual(0)
    expect(lateMs).toBeLessThanOrEqual(2_500)
  })

  it('an item that was put straight into the table as AVAILABLE runs', async () => {
    const id = 'put-by-hand'
    await table.send(
      new PutItemCommand({
        TableName: tableName,
        Item: {
          id: { S: id },
          type: { S: greet.type },
          state: { S: 'AVAILABLE' },
          input: { S: '{"name":"foreign writer"}' },
        },
      }),
    )
    expect(await untilEnded(client, id)).toMatchObject({
      state: 'COMPLETED',
      result: { greeting: 'Hello foreign writer' },
    })
  })

  it('a FAILED item whose state is edited to AVAILABLE runs again', async () => {
    const { id } = await client.enqueue(failsOnce, {})
    expect(await untilEnded(client, id)).toMatchObject({ state: 'FAILED', attempt: 1, generation: 1 })
    await table.send(
      new UpdateItemCommand({
        TableName: tableName,
        Key: { id: { S: id } },
        UpdateExpression: 'SET #state = :available',
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: { ':available': { S: 'AVAILABLE' } },
      }),
    )
    // FAILED it stays until the stream has brought the change to the dispatcher.
    const completed = await until(client, id, ({ state }) => state === 'COMPLETED')
    expect(completed).toMatchObject({ attempt: 1, generation: 2, result: { generation: 2 } })
  })

  it('a job whose worker was killed in the middle of it is run again after its lease', async () => {
    expect(await untilEnded(client, killed)).toMatchObject({
      state: 'COMPLETED',
      attempt: 2,
      crashes: 1,
      result: { attempt: 2 },
    })
  })

  it('a running job is cancelled from here: its signal aborts within 5 s', async () => {
    const { id } = await client.enqueue(endless, {})
    await until(client, id, ({ state }) => state === 'IN_PROGRESS')
    expect(await client.cancel(id)).toEqual({ kind: 'cancelRequested' })
    const { state, cancelRequestedAt, finishedAt } = await untilEnded(client, id)
    expect(state).toBe('CANCELLED')
    const tookMs = Date.parse(finishedAt ?? '') - Date.parse(cancelRequestedAt ?? '')
    console.log(`cancelled ${tookMs} ms after it was asked for`)
    expect(tookMs).toBeLessThanOrEqual(5_500)
  })

  it('a workflow goes on over many starts of a short function, sleeps, and is signalled over the API', async () => {
    const before = await until(client, travelling, ({ state }) => state === 'WAITING', 60_000)
    const explained = await callApi(apiUrl, `/v1/jobs/${travelling}/explain`)
    expect(JSON.stringify(await explained.json())).toContain("waits for the signal 'arrived'")
    const send = async (body: object) => {
      const headers = { 'content-type': 'application/json' }
      const init = { method: 'POST', headers, body: JSON.stringify(body) }
      const answer = await callApi(apiUrl, `/v1/jobs/${travelling}/signals/arrived`, init)
      return [answer.status, ((await answer.json()) as { outcome?: string }).outcome]
    }
    expect(await send({ value: { by: 1 } })).toEqual([422, undefined])
    expect(await send({ value: { by: 'rail' } })).toEqual([200, 'sent'])
    expect(await send({ value: { by: 'road' } })).toEqual([200, 'already'])
    await untilEnded(client, travelling)
    const { Item: item } = await table.send(
      new GetItemCommand({ TableName: tableName, Key: { id: { S: travelling } } }),
    )
    const starts = Number(item?.['attempt']?.N)
    const result = JSON.parse(item?.['result']?.S ?? '') as { starts: readonly number[]; by: string; map: number }
    expect([item?.['state']?.S, item?.['crashes'], result.by]).toEqual(['COMPLETED', undefined, 'rail'])
    // What the legs alone needed, then one after the night, and one after the signal.
    expect(new Set(result.starts).size).toBeGreaterThanOrEqual(4)
    expect(starts).toBeGreaterThanOrEqual(new Set(result.starts).size + 2)
    const names = [...Array.from({ length: legs }, (_, index) => `leg ${index + 1}`), 'toll']
    const { Items: effects = [] } = await table.send(new ScanCommand({ TableName: effectsName }))
    expect(effects.map(({ id, made }) => `${id?.S} ${made?.N}`).toSorted()).toEqual(
      names.map(name => `${travelling}#1#${name} 1`).toSorted(),
    )
    const cells = (await partsOfId(travelling)).filter(({ part }) => part?.S?.startsWith('cell#'))
    const kept = cells.filter(({ kind }) => kind?.S === 'step').map(({ name }) => name?.S ?? '')
    expect(kept.toSorted()).toEqual(['map', ...names].toSorted())
    // Each start has read it from the bucket.
    expect(result.map).toBe(400_000)
    const { ref, bytes, value } = cells.find(({ name }) => name?.S === 'map') ?? {}
    expect([bytes?.N, value]).toEqual(['400002', undefined])
    expect(ref?.S).toMatch(new RegExp(`^s3:step/0512/${travelling}/`))
    const tookMs = Date.parse(before.startedAt ?? '') - Date.parse(before.insertedAt)
    console.log(
      `a workflow: ${legs * 2} s of steps in ${starts} starts of a function of 20 s, ${tookMs} ms to its wait`,
    )
  })

  const change = (body: object): Promise<Response> => {
    const headers = { 'content-type': 'application/json' }
    return callApi(apiUrl, '/v1/queues/steered', { method: 'PATCH', headers, body: JSON.stringify(body) })
  }
  const mapping = async (): Promise<unknown> => {
    const queue = (await (await callApi(apiUrl, '/v1/queues/steered')).json()) as { readonly mapping?: unknown }
    return queue.mapping
  }

  it('a queue is paused, and stays paused over the deployment that follows', async () => {
    // The next test deploys; the one after it resumes.
    // Over the API, which switches the mapping off as well: what is enqueued from now on waits in SQS.
    expect((await change({ paused: { why: 'a deployment' } })).status).toBe(200)
    await expect.poll(mapping, { timeout: 30_000, interval: 500 }).toBe('Disabled')
    const requests = Array.from({ length: 20 }, () => client.job(steered, {}))
    const outcomes = await client.enqueueMany(requests)
    held = outcomes.map(outcome => (outcome.kind === 'enqueued' ? outcome.id : 'refused'))
    expect(held).not.toContain('refused')
  })

  it('a second deployment with other handlers, while jobs are in flight, loses none of them', {
    timeout: lostMessageMs + 60_000,
  }, async () => {
    const ids: string[] = []
    const deployed = new AbortController()
    const enqueueing = (async () => {
      while (!deployed.signal.aborted) {
        // Some run at once, some are hidden in the queue, and some wait for each other.
        const later = ids.length % 3 === 1 ? { delay: '4s' as const } : {}
        ids.push((await client.enqueue(slow, { number: ids.length }, later)).id)
        await delay(250)
      }
    })()
    await deploy(app, '--context', 'edition=two').finally(() => deployed.abort())
    await enqueueing
    const after = await client.enqueue(slow, { number: -1 })
    const jobs = await Promise.all([...ids, after.id].map(id => untilEnded(client, id, lostMessageMs)))
    expect(jobs.filter(({ state }) => state !== 'COMPLETED')).toEqual([])
    expect(jobs.map(({ result }) => (result as { number: number }).number)).toEqual([...ids.keys(), -1])
    const editions = jobs.map(({ result }) => (result as { edition: string }).edition)
    expect(editions[0]).toBe('one')
    expect(editions.at(-1)).toBe('two')
    console.log(
      `${jobs.length} jobs over the deployment: ${editions.filter(edition => edition === 'one').length} by the first`,
      `handlers, ${jobs.filter(({ crashes }) => crashes > 0).length} interrupted`,
    )
  })

  it('after the deployment the paused queue has started nothing; resumed, each job runs once', async () => {
    const waiting = await Promise.all(held.map(id => client.get(id)))
    expect(waiting.map(job => [job?.state, job?.attempt])).toEqual(held.map(() => ['RESERVED', 0]))
    expect((await change({ paused: false })).status).toBe(200)
    const jobs = await Promise.all(held.map(id => untilEnded(client, id, 60_000)))
    expect(jobs.map(({ state, attempt }) => [state, attempt])).toEqual(held.map(() => ['COMPLETED', 1]))
    expect(new Set(jobs.map(({ result }) => (result as { edition: string }).edition))).toEqual(new Set(['two']))
  })

  it('the rule ticks: a job that never had a message is started by the sweeper', async () => {
    expect(await untilEnded(client, lost, oneTickMs)).toMatchObject({
      state: 'COMPLETED',
      result: { greeting: 'Hello tick' },
    })
  })

  it('nothing is left after `cdk destroy` when nothing was to be retained', async () => {
    expect(await standing(parts)).toEqual(listed(parts))
    await destroy(app)
    isDestroyed = true
    expect(await standing(parts)).toEqual([])
  })
})
