/** From names in the environment to the ports on AWS. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { SQSClient } from '@aws-sdk/client-sqs'
import type { Runner } from '../core/definition/runner.ts'
import { systemQueue, withSystemQueue } from '../core/definition/system.ts'
import { InvalidDefinition, show } from '../core/values/errors.ts'
import type { Deps } from '../ports/deps.ts'
import type { Telemetry } from '../ports/telemetry.ts'
import { systemClock } from '../system/clock.ts'
import { systemRandom } from '../system/random.ts'
import { DynamoJobStore } from './dynamodb/job-store.ts'
import { DynamoRecordStore } from './dynamodb/record-store.ts'
import { SqsJobQueue } from './sqs/job-queue.ts'

/** What the tables and the queues are called; the deployed functions find it in their environment. */
export interface Names {
  /** Of jobs. */
  readonly table: string
  /** Of everything else that lasts. */
  readonly records: string
  /** Queue name → URL. */
  readonly queues: Readonly<Record<string, string>>
  /** Bucket for inputs, and values of steps, above 300 KB. Absent: none. */
  readonly payloads?: string
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * `LAMPLIGHTER_TABLE`, `LAMPLIGHTER_RECORDS`, and `LAMPLIGHTER_QUEUES` as a JSON object of queue name → URL;
 * `LAMPLIGHTER_PAYLOADS` where there is a bucket. Names that
 * are given win.
 * @throws InvalidDefinition naming the variable, what it holds and what it should hold
 */
export function namesFrom(environment: Environment, given: Partial<Names> = {}): Names {
  const table = given.table ?? environment['LAMPLIGHTER_TABLE']
  if (table === undefined || table === '') {
    throw new InvalidDefinition('no table: pass `table`, or set LAMPLIGHTER_TABLE to the name of the DynamoDB table')
  }
  const records = given.records ?? environment['LAMPLIGHTER_RECORDS']
  if (records === undefined || records === '') {
    throw new InvalidDefinition(
      'no table of records: pass `records`, or set LAMPLIGHTER_RECORDS to the name of the second DynamoDB table',
    )
  }
  if (records === table) {
    throw new InvalidDefinition(`table and records are both ${show(table)}; allowed: two tables`)
  }
  const payloads = given.payloads ?? environment['LAMPLIGHTER_PAYLOADS']
  return {
    table,
    records,
    queues: given.queues ?? queuesFrom(environment['LAMPLIGHTER_QUEUES']),
    ...(payloads === undefined || payloads === '' ? {} : { payloads }),
  }
}

function queuesFrom(text: string | undefined): Readonly<Record<string, string>> {
  const wanted = 'a JSON object of queue name to SQS queue URL, such as {"default":"https://sqs…"}'
  if (text === undefined || text === '') {
    throw new InvalidDefinition(`no queues: pass \`queues\`, or set LAMPLIGHTER_QUEUES to ${wanted}`)
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // Told below, together with every other wrong form.
  }
  const isWanted =
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every(url => typeof url === 'string')
  if (!isWanted) throw new InvalidDefinition(`LAMPLIGHTER_QUEUES is ${show(text)}; allowed: ${wanted}`)
  return value as Record<string, string>
}

/**
 * One client of each service for the life of a process, so that its connections are used again. Region, credentials
 * and endpoints come from the SDK's own environment variables (`AWS_REGION`, `AWS_ENDPOINT_URL_DYNAMODB` …): an
 * embedded engine is reached like the cloud.
 */

/** Attempts of the SDK, the first included; it pauses between them with jitter. */
const maxAttempts = 3
/** An answer takes a few milliseconds; the SDK's default would wait for ever, on a connection that has died. */
const requestTimeoutMs = 3_000
const connectionTimeoutMs = 1_000
/** As many as the runs of a batch and the sweeper's parallel calls can use. */
const maxSockets = 50

/** Of every client here. */
export const clientSettings = {
  maxAttempts,
  // The chain of a command's middleware is put together once, not at each call: nothing here changes it later.
  cacheMiddleware: true,
  requestHandler: {
    connectionTimeout: connectionTimeoutMs,
    requestTimeout: requestTimeoutMs,
    // Without it, a late answer is only a warning.
    throwOnRequestTimeout: true,
    httpAgent: { keepAlive: true, maxSockets },
    httpsAgent: { keepAlive: true, maxSockets },
  },
}

/** Always the same; the SDK composes and escapes its own at each call. */
const userAgent = `lamplighter aws-sdk-js/3 md/nodejs#${process.versions.node}`

/**
 * Without what the SDK does at each call and nobody here needs. It prepares a log entry, input and output with their
 * secrets blotted out, though nobody listens: a tenth of what a call of 25 statements costs. Our logs are telemetry's.
 */
export function lean<Client extends { readonly middlewareStack: unknown }>(client: Client): Client {
  // Of all clients alike, whatever their commands are.
  const middlewareStack = client.middlewareStack as DynamoDBClient['middlewareStack']
  middlewareStack.remove('loggerMiddleware')
  middlewareStack.remove('getUserAgentMiddleware')
  middlewareStack.add(
    next => args => {
      Object.assign((args.request as { headers: object }).headers, { 'user-agent': userAgent })
      return next(args)
    },
    { step: 'finalizeRequest', name: 'lamplighterUserAgent' },
  )
  return client
}

/**
 * LAMPLIGHTER_ENDPOINTS, which the local stack sets: its engines, whatever the SDK's own variables say. The application's
 * own calls then go to a real account, if its owner wants that.
 */
function localSettings(service: 'dynamodb' | 'sqs'): object {
  const endpoint = localEndpoint(service)
  if (endpoint === undefined) return {}
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  return { endpoint, region: 'us-east-1', credentials }
}

export function localEndpoint(service: 'dynamodb' | 'sqs' | 's3'): string | undefined {
  const text = process.env['LAMPLIGHTER_ENDPOINTS']
  return text === undefined ? undefined : (JSON.parse(text) as Record<string, string>)[service]
}

export const dynamoClient = (): DynamoDBClient =>
  lean(new DynamoDBClient({ ...clientSettings, ...localSettings('dynamodb') }))
/** TLS already proves that a message arrives as it was sent; its MD5 is not compared again. */
export const sqsClient = (): SQSClient =>
  lean(new SQSClient({ ...clientSettings, md5: false, ...localSettings('sqs') }))

/** SDK clients given by the application instead of ours. */
export interface AwsClients {
  readonly dynamodb?: DynamoDBClient
  readonly sqs?: SQSClient
}

/** Clients of another region or profile than the environment's. */
export const clientsIn = (where: { readonly region?: string; readonly profile?: string }): AwsClients => ({
  dynamodb: lean(new DynamoDBClient({ ...clientSettings, ...where })),
  sqs: lean(new SQSClient({ ...clientSettings, md5: false, ...where })),
})

/** The ports on AWS. Clients are made here, once for the life of the process, unless they are given. */
export function awsDeps(
  runner: Runner,
  { table, records, queues }: Names,
  telemetry: Telemetry,
  clients: AwsClients = {},
): Deps & { readonly store: DynamoJobStore } {
  const [client, clock, random] = [clients.dynamodb ?? dynamoClient(), systemClock, systemRandom]
  return {
    // A deployment with a system queue names it; a worker knows its own queue only.
    runner: Object.hasOwn(queues, systemQueue) ? withSystemQueue(runner) : runner,
    store: new DynamoJobStore({ client, table, clock, random }),
    records: new DynamoRecordStore({ client, table: records, jobTable: table, clock, random }),
    queue: new SqsJobQueue({ client: clients.sqs ?? sqsClient(), urls: queues }),
    clock,
    random,
    telemetry,
    timeZones: process.versions['tz'] ?? '',
  }
}
