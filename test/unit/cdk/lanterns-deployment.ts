/**
 * The application of test/support/fixtures/lanterns as it would be deployed: the bundles and environments of its template, each
 * function a process, on embedded engines. What each function asks of them is recorded.
 */
import { join } from 'node:path'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import type { CfnElement, Stack } from 'aws-cdk-lib'
import { EventBus, type IEventBus } from 'aws-cdk-lib/aws-events'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import type { SQSBatchResponse } from 'aws-lambda'
import type { IConstruct } from 'constructs'
import type { JobRunner, JobRunnerProps } from '../../../cdk/job-runner.ts'
import { createTables } from '../../../lib/aws/dynamodb/create-table.ts'
import { startDynoxide } from '../../../lib/dev/engines/dynoxide.ts'
import { startFauxqs } from '../../../lib/dev/engines/fauxqs.ts'
import { FunctionPool } from '../../../lib/dev/lambda/function-pool.ts'
import type { Invocation } from '../../../lib/dev/lambda/protocol.ts'
import { sqsEvent } from '../../../lib/dev/sources/queue-poller.ts'
import { type Recorder, startRecorder } from '../../support/recorder.ts'
import {
  allowedTo,
  propertiesOf,
  readTemplate,
  resolved,
  type Stand,
  type SynthesisedTemplate,
} from '../../support/template.ts'
import type { Answer, Call } from '../../support/wire.ts'
import { clientFunction, jobRunner } from './lanterns-app.ts'

export const tableName = 'lamplighter'
export const recordTableName = 'lamplighter-records'
const region = 'us-east-1'
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }

export interface DeployedFunction {
  readonly name: string
  readonly dynamo: Recorder
  readonly sqs: Recorder
  readonly events: Recorder
  readonly lambda: Recorder
  /** What it wrote, line by line. */
  readonly lines: readonly string[]
  /** What its role allows, `action resource` each. */
  readonly allowed: readonly string[]
  /** @throws Error when the function fails */
  invoke<T>(event: unknown): Promise<T>
}

export interface Deployment {
  readonly template: SynthesisedTemplate
  readonly jobs: JobRunner
  /** Past every recorder. */
  readonly dynamo: DynamoDBClient
  readonly dynamoEndpoint: string
  fn(name: string): DeployedFunction
  send(queue: string, body: unknown): Promise<void>
  /** Feeds one batch of a queue to its worker. @returns how many messages there were */
  work(queue: string): Promise<number>
  stop(): Promise<void>
}

/** Names of a queue in SQS, in this stand-in for a deployment. */
export const physicalQueue = (queue: string): string => `lanterns-${queue}`

/** @param props beside an event bus */
export async function deployLanterns(props: Partial<JobRunnerProps> = {}): Promise<Deployment> {
  const { app, stack, jobs } = jobRunner(scope => ({ eventBus: new EventBus(scope, 'Bus') as IEventBus, ...props }))
  const clients = { enqueuer: clientFunction(stack, 'Enqueuer'), reader: clientFunction(stack, 'Reader') }
  const [operator, transactor] = [clientFunction(stack, 'Operator'), clientFunction(stack, 'Transactor')]
  jobs.grantEnqueue(clients.enqueuer)
  jobs.grantRead(clients.reader)
  jobs.grantOperate(operator)
  jobs.grantTransact(transactor)
  const outdir = app.synth().directory
  const template = readTemplate(outdir, stack.stackName)
  const [dynoxide, fauxqs] = await Promise.all([startDynoxide(), startFauxqs()])
  const dynamo = new DynamoDBClient({ region, credentials, endpoint: dynoxide.endpoint })
  const sqs = new SQSClient({ region, credentials, endpoint: fauxqs.endpoint })
  await createTables(dynamo, { table: tableName, records: recordTableName })
  for (const queue of Object.keys(allQueues(jobs))) await fauxqs.createQueue(physicalQueue(queue))
  const started = await Promise.all(
    Object.entries({ ...functionsOf(jobs), ...clients, operator, transactor }).map(([name, one]) =>
      start({ name, one, stack, jobs, template, outdir, dynamo: dynoxide.endpoint, sqs: fauxqs.endpoint }),
    ),
  )
  const fn = (name: string): DeployedFunction => {
    const found = started.find(one => one.name === name)
    if (found === undefined) throw new Error(`there is no function ${name}`)
    return found
  }
  return {
    template,
    jobs,
    dynamo,
    dynamoEndpoint: dynoxide.endpoint,
    fn,
    async send(queue, body) {
      const QueueUrl = fauxqs.queueUrl(physicalQueue(queue))
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(body) }))
    },
    work: queue => workOnce(sqs, fauxqs.queueUrl(physicalQueue(queue)), fn(`worker-${queue}`), queue),
    async stop() {
      await Promise.all(started.map(one => one.stop()))
      dynamo.destroy()
      sqs.destroy()
      await Promise.all([dynoxide.stop(), fauxqs.stop()])
    },
  }
}

/** With the queue of bulk acts. */
function allQueues({ queues, systemQueue }: JobRunner): Readonly<Record<string, Queue>> {
  return systemQueue === undefined ? queues : { ...queues, lamplighter: systemQueue }
}

/** By the name that the tests use. */
function functionsOf(jobs: JobRunner): Record<string, LambdaFunction> {
  const { sweeper, dispatcher, reconciler, recorder, systemWorker } = jobs
  const { apiFunction: api } = jobs
  if (reconciler === undefined || recorder === undefined || api === undefined || systemWorker === undefined) {
    throw new Error('there is no reconciler, no recorder, no worker of bulk acts, or no API')
  }
  const workers = Object.entries(jobs.workers).map(([queue, worker]) => [`worker-${queue}`, worker] as const)
  return {
    ...Object.fromEntries(workers),
    'worker-lamplighter': systemWorker,
    sweeper,
    dispatcher,
    reconciler,
    recorder,
    api,
  }
}

const logicalIdOf = (stack: Stack, { node }: IConstruct): string => stack.getLogicalId(node.defaultChild as CfnElement)

interface FunctionProperties {
  readonly Code: { readonly S3Key: string }
  readonly Role: { readonly 'Fn::GetAtt': readonly [string, string] }
  readonly Environment?: { readonly Variables: unknown }
}

interface Spec {
  readonly name: string
  readonly one: LambdaFunction
  readonly stack: Stack
  readonly jobs: JobRunner
  readonly template: SynthesisedTemplate
  readonly outdir: string
  readonly dynamo: string
  readonly sqs: string
}

/** There is no EventBridge here: its recorder answers itself. */
const noEngine = 'http://127.0.0.1:9'

const physicalMapping = (queue: string): string => `mapping-${queue}`
const mappingPath = (queue: string): string => `/2015-03-31/event-source-mappings/${physicalMapping(queue)}`

/** A mapping that takes every change, and shows none. */
const takeMapping = (): Promise<Answer> =>
  Promise.resolve({
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ State: 'Enabled', ScalingConfig: { MaximumConcurrency: 10 } }),
  })

export function takeEvents({ body }: Call): Promise<Answer> {
  const { Entries } = JSON.parse(body) as { Entries: readonly unknown[] }
  const answer = { FailedEntryCount: 0, Entries: Entries.map((_, index) => ({ EventId: String(index) })) }
  const headers = { 'content-type': 'application/x-amz-json-1.1' }
  return Promise.resolve({ status: 200, headers, body: JSON.stringify(answer) })
}

async function start(spec: Spec): Promise<DeployedFunction & { stop(): Promise<void> }> {
  const { name, one, stack, template, outdir } = spec
  const [dynamo, sqs, events, lambda] = await Promise.all([
    startRecorder(spec.dynamo),
    startRecorder(spec.sqs),
    startRecorder(noEngine),
    startRecorder(noEngine),
  ])
  for (const queue of Object.keys(spec.jobs.queues)) {
    for (const method of ['GET', 'PUT']) lambda.instead(`${method} ${mappingPath(queue)}`, takeMapping)
  }
  events.instead('PutEvents', takeEvents)
  const stand = standFor(spec, sqs.endpoint)
  const { Code, Role, Environment } = propertiesOf(template, logicalIdOf(stack, one)) as unknown as FunctionProperties
  const lines: string[] = []
  const pool = new FunctionPool(
    {
      name,
      modulePath: join(outdir, `asset.${Code.S3Key.replace('.zip', '')}`, 'index.mjs'),
      timeoutMs: 60_000,
      maxConcurrency: 1,
      memorySize: 512,
      env: {
        ...(resolved(Environment?.Variables ?? {}, stand) as Record<string, string>),
        AWS_REGION: region,
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
        AWS_ENDPOINT_URL_SQS: sqs.endpoint,
        AWS_ENDPOINT_URL_EVENTBRIDGE: events.endpoint,
        AWS_ENDPOINT_URL_LAMBDA: lambda.endpoint,
      },
    },
    { onLine: (_, line) => lines.push(line), onStart: () => {}, onExit: () => {} },
  )
  return {
    name,
    dynamo,
    sqs,
    events,
    lambda,
    lines,
    allowed: allowedTo(template, Role['Fn::GetAtt'][0], stand).map(action =>
      action.replace(/arn:\S*:event-source-mapping:/, ''),
    ),
    async invoke<T>(event: unknown) {
      const invocation: Invocation = await pool.invoke(event)
      if (invocation.kind === 'returned') return invocation.payload as T
      throw new Error(`${name}: ${invocation.errorType}: ${invocation.errorMessage}\n${lines.slice(-5).join('\n')}`)
    },
    async stop() {
      await pool.close()
      await Promise.all([dynamo.stop(), sqs.stop(), events.stop(), lambda.stop()])
    },
  }
}

/** What CloudFormation would put in: queues are found through the function's own recorder. */
function standFor({ one, stack, jobs }: Spec, sqsEndpoint: string): Stand {
  const stands = new Map<string, string>()
  const idOf = (resource: IConstruct): string => logicalIdOf(stack, resource)
  const table = idOf(jobs.table)
  stands.set(table, tableName).set(`${table}.Arn`, tableName).set(`${table}.StreamArn`, `${tableName}/stream`)
  const records = idOf(jobs.records)
  stands.set(records, recordTableName).set(`${records}.Arn`, recordTableName)
  for (const [queue, resource] of Object.entries(allQueues(jobs))) {
    const id = idOf(resource)
    stands.set(id, `${sqsEndpoint}/000000000000/${physicalQueue(queue)}`).set(`${id}.Arn`, physicalQueue(queue))
  }
  for (const [queue, worker] of Object.entries(jobs.workers)) {
    const mapping = worker.node.scope?.node.tryFindChild('Messages')
    if (mapping !== undefined) stands.set(idOf(mapping), physicalMapping(queue))
  }
  stands.set(`${idOf(jobs.undelivered)}.Arn`, 'undelivered')
  stands.set(`${idOf(stack.node.findChild('Bus'))}.Arn`, 'bus')
  const log = one.node.scope?.node.tryFindChild('Logs')
  if (log !== undefined) stands.set(`${idOf(log)}.Arn`, 'its-own-log')
  return (logicalId, attribute) => stands.get(attribute === undefined ? logicalId : `${logicalId}.${attribute}`)
}

async function workOnce(client: SQSClient, url: string, worker: DeployedFunction, queue: string): Promise<number> {
  const { Messages: messages = [] } = await client.send(
    new ReceiveMessageCommand({
      QueueUrl: url,
      MaxNumberOfMessages: 10,
      MessageSystemAttributeNames: ['ApproximateReceiveCount'],
    }),
  )
  if (messages.length === 0) return 0
  const event = sqsEvent(messages, `arn:aws:sqs:${region}:000000000000:${physicalQueue(queue)}`, region)
  const { batchItemFailures } = await worker.invoke<SQSBatchResponse>(event)
  const kept = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier))
  for (const { MessageId: id = '', ReceiptHandle } of messages) {
    if (!kept.has(id)) await client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle }))
  }
  return messages.length
}
