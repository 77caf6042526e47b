/** Makes each deployed function do everything that it can ever do, so that its requests and metrics can be looked at. */
import { DeleteItemCommand, GetItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { toItem } from '../../../lib/aws/dynamodb/item.ts'
import { toRecordItem } from '../../../lib/aws/dynamodb/record-item.ts'
import type { BulkView } from '../../../lib/client/bulk.ts'
import { childJobId } from '../../../lib/core/job/ids.ts'
import type { RawJob } from '../../../lib/core/job/job.ts'
import { laneOf } from '../../../lib/core/job/lane.ts'
import { parentText } from '../../../lib/core/job/parent.ts'
import { phaseOf } from '../../../lib/core/lookup/job-filter.ts'
import { controlKey, inputKey } from '../../../lib/core/records/keys.ts'
import { httpEvent } from '../../../lib/dev/http/event.ts'
import { streamEvent } from '../../../lib/dev/sources/stream-mapping.ts'
import type { HttpResult } from '../../../lib/http/lambda-adapter.ts'
import { routeMatcher } from '../../../lib/http/match-route.ts'
import { routes } from '../../../lib/http/routes/all.ts'
import { pad } from '../../support/fixtures/lanterns/jobs.ts'
import { forward } from '../../support/wire.ts'
import {
  type AnyQueue,
  allTypes,
  family,
  job,
  makeOutboxDue,
  minute,
  put,
  type Queue,
  queues,
  waitForLastChild,
} from './deployed-jobs.ts'
import { type Deployment, recordTableName, tableName, takeEvents } from './lanterns-deployment.ts'
import { beBehind, leaveInLine } from './leave-in-line.ts'

const queueNames = Object.keys(queues) as readonly Queue[]

export async function doEverythingOnce(deployment: Deployment): Promise<void> {
  await enqueueOverHttp(deployment)
  await operateOverHttp(deployment)
  await askOverHttp(deployment)
  for (const queue of queueNames) await workThrough(deployment, queue)
  await waitForChildren(deployment)
  await sweepThrough(deployment)
  await dispatchThrough(deployment)
  await recordThrough(deployment)
  await reconcileThrough(deployment)
  await bulkThrough(deployment)
  await useClients(deployment)
}

let requests = 0
const match = routeMatcher(routes)
const calledRoutes = new Set<string>()

/** Routes of the API that nothing here has called. */
export const uncalledRoutes = (): readonly string[] =>
  routes.map(({ method, path }) => `${method} ${path}`).filter(route => !calledRoutes.has(route))

async function call(deployment: Deployment, method: string, target: string, body?: object, key?: string) {
  requests += 1
  const rawHeaders = ['content-type', 'application/json', ...(key === undefined ? [] : ['idempotency-key', key])]
  const text = body === undefined ? '' : JSON.stringify(body)
  const request = { method, target, httpVersion: '1.1', rawHeaders, body: Buffer.from(text), sourceIp: '127.0.0.1' }
  const answer = await deployment.fn('api').invoke<HttpResult>(httpEvent(request, `request-${requests}`, Date.now()))
  const found = match(method, target.split('?', 1)[0] ?? '')
  if (found.kind === 'route') calledRoutes.add(`${method} ${found.route.path}`)
  if (answer.statusCode >= 300) throw new Error(`${method} ${target}: ${answer.statusCode} ${answer.body}`)
  return JSON.parse(answer.body === '' ? '{}' : answer.body) as { readonly id: string }
}

const enqueueAt = (deployment: Deployment, queue: Queue, input: object, more: object = {}, key?: string) =>
  call(deployment, 'POST', '/v1/jobs', { type: queues[queue], input, ...more }, key)

async function enqueueOverHttp(deployment: Deployment): Promise<void> {
  for (const queue of queueNames) {
    const { id } = await enqueueAt(deployment, queue, { act: 'complete' })
    await call(deployment, 'GET', `/v1/jobs/${id}`)
    for (let time = 0; time < 2; time += 1)
      await enqueueAt(deployment, queue, { act: 'complete', pad }, {}, `once-${queue}`)
    await enqueueAt(deployment, queue, { act: 'complete' }, { delay: '2m' })
    const later = await enqueueAt(deployment, queue, { act: 'complete' }, { delay: '2h' })
    await call(deployment, 'POST', `/v1/jobs/${later.id}/signals/approved`, { value: 1 })
    for (const part of ['steps', 'children']) await call(deployment, 'GET', `/v1/jobs/${later.id}/${part}`)
    for (const act of ['retry', 'later', 'fail', 'report']) await enqueueAt(deployment, queue, { act })
  }
  // The contract of this one names what it enqueues.
  for (const act of ['enqueue', 'commit']) await enqueueAt(deployment, 'mail', { act })
  const { sqs } = deployment.fn('api')
  sqs.instead('SendMessageBatch', () => Promise.resolve(undefined))
  await enqueueAt(deployment, 'default', { act: 'complete' })
  sqs.reset()
}

async function operateOverHttp(deployment: Deployment): Promise<void> {
  const bodies: Readonly<Record<string, object>> = { reschedule: { delay: '1h' } }
  for (const queue of queueNames) {
    const path = `/v1/jobs/over-http-${queue}`
    const scheduledAt = Date.now() + 60 * minute
    await put(deployment, job(queue, `over-http-${queue}`, { state: 'SCHEDULED', scheduledAt }))
    for (const act of ['reschedule', 'run', 'cancel', 'retry', 'cancel']) {
      await call(deployment, 'POST', `${path}/${act}`, bodies[act] ?? {})
    }
    for (const question of ['runs', 'explain']) await call(deployment, 'GET', `${path}/${question}`)
    await call(deployment, 'DELETE', path)
  }
  for (const queue of queueNames) {
    for (const paused of [{ why: 'a try' }, false]) await call(deployment, 'PATCH', `/v1/queues/${queue}`, { paused })
    await call(deployment, 'PATCH', `/v1/queues/${queue}`, { concurrency: 40 })
  }
  // Its worker finds a line, and hands places on.
  await call(deployment, 'PATCH', '/v1/queues/default', { limit: { concurrency: 1 } })
  await call(deployment, 'GET', '/v1/queues/default/gates')
  await call(deployment, 'GET', '/v1/audit')
  const schedule = '/v1/schedules/over-http'
  await call(deployment, 'PUT', schedule, { type: 'light', input: { act: 'complete' }, cron: '0 3 * * *' })
  await call(deployment, 'GET', '/v1/jobs?phase=failed')
  for (const path of ['queues', 'errors', 'stats', 'overview']) await call(deployment, 'GET', `/v1/${path}`)
  await call(deployment, 'GET', '/v1/schedules')
  await call(deployment, 'GET', `${schedule}/occurrences`)
  await call(deployment, 'POST', `${schedule}/run`)
  for (const paused of [true, false]) await call(deployment, 'PATCH', schedule, { paused })
  await call(deployment, 'DELETE', schedule)
}

async function askOverHttp(deployment: Deployment): Promise<void> {
  const every = { type: 'light', input: { act: 'complete' }, every: '1h' }
  await call(deployment, 'POST', '/v1/jobs/batch', { jobs: [{ type: 'light', input: { act: 'complete' } }] })
  const light = { type: 'light', input: { act: 'complete' } }
  // oxlint-disable-next-line unicorn/no-thenable -- the option is called so, and is no function
  await call(deployment, 'POST', '/v1/batches', { jobs: [light], then: light })
  for (const paused of [{}, false]) await call(deployment, 'PATCH', '/v1/queues/default', { paused })
  await call(deployment, 'PUT', '/v1/schedules/asked', every)
  for (const path of ['schedules/asked', 'schedules/asked/preview', 'queues/default', 'types', 'types/light']) {
    await call(deployment, 'GET', `/v1/${path}`)
  }
  await call(deployment, 'POST', '/v1/schedules/preview', { every: '1h' })
  for (const path of ['health', 'changes?wait=0', 'audit', 'openapi.json']) await call(deployment, 'GET', `/v1/${path}`)
  await call(deployment, 'DELETE', '/v1/schedules/asked')
}

const leftBehind = (): RawJob => ({ state: 'IN_PROGRESS', owner: 'dead', leaseUntil: Date.now() - minute, attempt: 1 })
const message = (queue: AnyQueue, id: string, type: string = allTypes[queue]) => ({ v: 1, id, fence: 1, type, at: 0 })

/** A job as it stands in the table, and its message. */
async function hand(deployment: Deployment, queue: AnyQueue, id: string, changes: RawJob): Promise<void> {
  await put(deployment, job(queue, id, changes))
  await deployment.send(queue, message(queue, id, changes.type))
}

async function workThrough(deployment: Deployment, queue: Queue): Promise<void> {
  await oddMessages(deployment, queue)
  // A second run, which looks for what the first has left.
  await hand(deployment, queue, `goes-on-${queue}`, { state: 'RESERVED', attempt: 1, input: '{"act":"steps"}' })
  while ((await deployment.work(queue)) > 0) continue
  await loseLease(deployment, queue)
}

/** A job makes a group, and finds later that what it waits for has gone. */
async function waitForChildren(deployment: Deployment): Promise<void> {
  for (const attempt of [0, 1]) {
    await hand(deployment, 'mail', 'family', { state: 'RESERVED', attempt, input: '{"act":"children"}' })
    while ((await deployment.work('mail')) > 0) continue
    await remove(deployment, childJobId(family('family'), 0))
  }
}

/** Messages that start no job, or one that somebody else left behind. */
async function oddMessages(deployment: Deployment, queue: AnyQueue): Promise<void> {
  await hand(deployment, queue, `cancelled-${queue}`, { ...leftBehind(), cancelRequestedAt: Date.now() - minute })
  await hand(deployment, queue, `unknown-${queue}`, { type: 'nobody', state: 'RESERVED' })
  await deployment.send(queue, message(queue, 'no-such-job'))
  await hand(deployment, queue, `taken-over-${queue}`, leftBehind())
  // A console edit spelt its time so that no start can compare it.
  const dueAt = Date.now() - minute
  const scheduledAt = { S: new Date(dueAt + 14 * 60 * minute).toISOString().replace('Z', '+14:00') }
  const edited = { ...toItem(job(queue, `edited-time-${queue}`, { state: 'RESERVED' })), scheduledAt }
  await deployment.dynamo.send(new PutItemCommand({ TableName: tableName, Item: edited }))
  await deployment.send(queue, message(queue, `edited-time-${queue}`))
}

/** Each kind of bulk act and a backfill, also one whose attempts fail. */
async function bulkThrough(deployment: Deployment): Promise<void> {
  await beBehind(deployment)
  await oddMessages(deployment, 'lamplighter')
  const acts = {
    run: [{ state: 'SCHEDULED' }, { filter: { state: 'SCHEDULED' } }],
    reschedule: [{ state: 'SCHEDULED' }, { filter: { state: 'SCHEDULED' }, delay: '2h' }],
    cancel: [{ state: 'SCHEDULED' }, { filter: { state: 'SCHEDULED' } }],
    retry: [{ state: 'FAILED' }, {}],
    delete: [{ state: 'CANCELLED' }, { filter: { phase: 'cancelled' } }],
  } as const
  for (const [action, [{ state }, options]] of Object.entries(acts)) {
    const ended = {
      finishedAt: Date.now() - minute,
      lane: laneOf('default', phaseOf(state), 0),
      lookAt: Date.now() - minute,
    }
    const later = { scheduledAt: Date.now() + 60 * minute, lookAt: Date.now() + 60 * minute }
    await put(deployment, job('default', `bulk-${action}`, { state, ...(state === 'SCHEDULED' ? later : ended) }))
    // One that may have children.
    if (action === 'cancel') await put(deployment, job('mail', 'bulk-cancel-mail', { state, ...later }))
    const { id } = await call(deployment, 'POST', '/v1/bulk', { action, rate: 1_000, ...options })
    while ((await deployment.work('lamplighter')) > 0) continue
    const seen = (await call(deployment, 'GET', `/v1/bulk/${id}`)) as unknown as BulkView
    if (seen.state !== 'COMPLETED' || seen.counts.done === 0) throw new Error(`${action}: ${JSON.stringify(seen)}`)
  }
  const schedule = '/v1/schedules/filled'
  await call(deployment, 'PUT', schedule, { type: 'light', input: { act: 'complete' }, cron: '0 * * * *' })
  const [from, to] = [new Date(Date.now() - 120 * minute), new Date(Date.now() - minute)]
  await call(deployment, 'POST', `${schedule}/backfill`, { from, to })
  while ((await deployment.work('lamplighter')) > 0) continue
  await call(deployment, 'DELETE', schedule)
  await failBulk(deployment)
  await call(deployment, 'GET', '/v1/bulk')
  // Stopped before its job has begun.
  const { id: stopped } = await call(deployment, 'POST', '/v1/bulk', { action: 'retry', filter: { queue: 'default' } })
  await call(deployment, 'POST', `/v1/bulk/${stopped}/cancel`)
  await call(deployment, 'GET', '/v1/queues/lamplighter')
}

/** The index does not answer: an early attempt hides the message, a late one sends another, the last one fails. */
async function failBulk(deployment: Deployment): Promise<void> {
  const { dynamo } = deployment.fn('worker-lamplighter')
  dynamo.instead('Query', () => Promise.resolve(undefined))
  for (const attempt of [0, 15, 19]) {
    const id = `failing-bulk-${attempt}`
    const input = JSON.stringify({ action: 'retry', filter: { phase: 'failed' }, rate: 1, max: 1, dryRun: false })
    await hand(deployment, 'lamplighter', id, { state: 'RESERVED', attempt, attemptsLeft: 20 - attempt, input })
    await deployment.work('lamplighter')
  }
  dynamo.reset()
}

/** Somebody else takes the job while it runs. */
async function loseLease(deployment: Deployment, queue: Queue): Promise<void> {
  const { id } = await enqueueAt(deployment, queue, { act: 'complete', ms: 400 })
  const working = deployment.work(queue)
  const Key = { id: { S: id } }
  for (let state: string | undefined; state !== 'IN_PROGRESS'; ) {
    const { Item } = await deployment.dynamo.send(new GetItemCommand({ TableName: tableName, Key }))
    state = Item?.['state']?.S
  }
  await deployment.dynamo.send(
    new UpdateItemCommand({
      TableName: tableName,
      Key,
      UpdateExpression: 'SET #owner = :other',
      ExpressionAttributeNames: { '#owner': 'owner' },
      ExpressionAttributeValues: { ':other': { S: 'somebody else' } },
    }),
  )
  await working
}

async function sweepThrough(deployment: Deployment): Promise<void> {
  for (const queue of queueNames) {
    await put(deployment, job(queue, `waits-${queue}`, { state: 'RESERVED', dispatches: 1 }))
    await put(deployment, job(queue, `crashed-${queue}`, leftBehind()))
    await put(deployment, job(queue, `exhausted-${queue}`, { ...leftBehind(), attempt: 3, attemptsLeft: 0 }))
    await put(deployment, job(queue, `stopped-${queue}`, { ...leftBehind(), cancelRequestedAt: Date.now() - minute }))
  }
  await leaveInLine(deployment, 'post/complete', job('mail', 'in-line', {}))
  await put(deployment, job('lamplighter', 'waits-lamplighter', { state: 'RESERVED', dispatches: 1 }))
  await put(deployment, { id: 'damaged', lane: laneOf('default', 'live', 1), lookAt: Date.now() - minute })
  // Edits in the console: a run cut off from its job, and an end.
  await put(deployment, job('default', 'cut-off', { state: 'RESERVED', owner: 'dead' }))
  await put(deployment, job('default', 'ended', { state: 'CANCELLED' }))
  await deployment.fn('sweeper').invoke({})
}

async function dispatchThrough(deployment: Deployment): Promise<void> {
  const images = ([...queueNames, 'lamplighter'] as const).map(queue => ({
    id: `edited-${queue}`,
    type: allTypes[queue],
    queue,
    state: 'AVAILABLE' as const,
    input: '{"act":"complete"}',
  }))
  for (const image of images) await put(deployment, image)
  // Attempts used up, and no terminal state left behind: it fails.
  const spent = job('default', 'spent', { state: 'AVAILABLE', attempt: 3, attemptsLeft: 0 })
  await put(deployment, spent)
  const records = [...images, spent, { id: 'damaged', state: 'AVAILABLE' as const }].map((image, index) => ({
    eventName: 'INSERT' as const,
    dynamodb: { NewImage: toItem(image), SequenceNumber: String(index) },
  }))
  const event = streamEvent(records, `${tableName}/stream`, 'us-east-1')
  await beBehind(deployment)
  await deployment.fn('dispatcher').invoke(event)
  // Once more, by a stream that is behind; one of the items is gone by now.
  await remove(deployment, 'edited-mail')
  await deployment.fn('dispatcher').invoke(event)
}

async function recordThrough(deployment: Deployment): Promise<void> {
  const recorder = deployment.fn('recorder')
  const run = { state: 'IN_PROGRESS' as const, owner: 'A', attempt: 1, startedAt: Date.now() - 500 }
  const failed = { state: 'FAILED' as const, attempt: 1, error: '{"name":"Oops","message":"dark"}' }
  const records = queueNames.map((queue, index) => ({
    eventName: 'MODIFY' as const,
    dynamodb: {
      ApproximateCreationDateTime: new Date(),
      OldImage: toItem(job(queue, `recorded-${queue}`, run)),
      NewImage: toItem(job(queue, `recorded-${queue}`, failed)),
      SequenceNumber: String(index + 1),
    },
  }))
  const [first] = records
  const joins = await Promise.all(
    ([...queueNames, 'lamplighter'] as const).map(async (queue, index) => {
      const waiting = `waiting-${queue}`
      await waitForLastChild(deployment, queue, waiting)
      const parent = parentText({ ...family(waiting), index: 0, isBound: false })
      const child = (more: RawJob): RawJob => job(queue, `last-of-${queue}`, { ...more, parent })
      const images = { OldImage: toItem(child(run)), NewImage: toItem(child(failed)) }
      const dynamodb = { ...first?.dynamodb, ...images, SequenceNumber: String(9 + index) }
      return { eventName: 'MODIFY' as const, dynamodb }
    }),
  )
  const all = [...records, ...joins]
  const event = { ...streamEvent(all, `${tableName}/stream`, 'us-east-1'), shardId: 'shard-1', state: {} }
  await recorder.invoke(event)
  // Once more, while the bus refuses; a minute later it does not.
  recorder.events.instead('PutEvents', () => Promise.resolve(undefined))
  await recorder.invoke(event)
  recorder.events.instead('PutEvents', takeEvents)
  await makeOutboxDue(deployment)
  await recorder.invoke({ source: 'aws.events' })
}

const remove = (deployment: Deployment, id: string) =>
  deployment.dynamo.send(new DeleteItemCommand({ TableName: tableName, Key: { id: { S: id } } }))

async function reconcileThrough(deployment: Deployment): Promise<void> {
  const reconciler = deployment.fn('reconciler')
  for (const id of ['stray', 'short-lived']) {
    await put(deployment, { id, type: 'light', state: 'RETRY', input: '{"act":"complete"}' })
  }
  // In a shard that nobody recorded.
  await put(
    deployment,
    job('default', 'far-shard', { state: 'SCHEDULED', shard: 99, lane: laneOf('default', 'live', 99) }),
  )
  await put(
    deployment,
    job('default', 'forgotten', { state: 'SCHEDULED', queue: 'gone', lane: 'gone#live#0', lookAt: 0 }),
  )
  reconciler.dynamo.instead('Scan', async asked => {
    const answer = await forward(asked, deployment.dynamoEndpoint)
    // Gone between the scan and the write.
    if (answer.body.includes('short-lived')) await remove(deployment, 'short-lived')
    return answer
  })
  await reconciler.invoke({})
  // Restored from nothing: the reconciler makes the control record that no tick has made.
  await forgetControl(deployment)
  await reconciler.invoke({})
  reconciler.dynamo.reset()
  // That record holds the shards of one queue; a tick raises it by the others.
  await deployment.fn('sweeper').invoke({})
}

async function forgetControl(deployment: Deployment): Promise<void> {
  const { id, part } = controlKey
  await deployment.dynamo.send(
    new DeleteItemCommand({ TableName: recordTableName, Key: { id: { S: id }, part: { S: part } } }),
  )
}

async function useClients(deployment: Deployment): Promise<void> {
  const [enqueuer, operator] = [deployment.fn('enqueuer'), deployment.fn('operator')]
  await beBehind(deployment)
  for (let time = 0; time < 2; time += 1) await enqueuer.invoke({ act: 'enqueue', key: 'once' })
  enqueuer.sqs.instead('SendMessageBatch', () => Promise.resolve(undefined))
  await enqueuer.invoke({ act: 'enqueue' })
  enqueuer.sqs.reset()
  await operator.invoke({ act: 'bulk' })
  await deployment.fn('transactor').invoke({ act: 'transact' })
  // The first pause may come before the first tick.
  await forgetControl(deployment)
  for (const act of ['pause', 'resume', 'limit']) await operator.invoke({ act, queue: 'default' })
  await leaveInLine(deployment, '/default', job('default', 'in-line-too', {}))
  await call(deployment, 'GET', '/v1/queues/default/line?gate=/default')
  await operator.invoke({ act: 'unlimit', queue: 'default' })
  for (const queue of queueNames) {
    const id = `operated-${queue}`
    const key = inputKey({ id, life: 'life' }, 'request')
    const Item = toRecordItem({ ...key, attributes: { body: JSON.stringify({ act: 'complete', pad }) } })
    await deployment.dynamo.send(new PutItemCommand({ TableName: recordTableName, Item }))
    const elsewhere = { input: 'null', ref: `record:${key.part}` }
    await put(deployment, job(queue, id, { state: 'SCHEDULED', scheduledAt: Date.now() + 60 * minute, ...elsewhere }))
    for (const act of ['get', 'lookUp']) await deployment.fn('reader').invoke({ act, id })
    for (const act of ['get', 'reschedule', 'runNow', 'cancel', 'requeue', 'cancel', 'delete']) {
      const outcome = await operator.invoke<{ kind?: string }>({ act, id })
      if (/not(Possible|Found)/.test(outcome?.kind ?? '')) throw new Error(`${act}: ${JSON.stringify(outcome)}`)
    }
  }
}
