/**
 * One client of each service for the life of a process, so that its connections are used again. Region, credentials
 * and endpoints come from the SDK's own environment variables (`AWS_REGION`, `AWS_ENDPOINT_URL_DYNAMODB` …): an
 * embedded engine is reached like the cloud.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { SQSClient } from '@aws-sdk/client-sqs'

/** Attempts of the SDK, the first included; it pauses between them with jitter. */
const maxAttempts = 3
/** An answer takes a few milliseconds; the SDK's default would wait for ever, on a connection that has died. */
const requestTimeoutMs = 3_000
const connectionTimeoutMs = 1_000
/** As many as the runs of a batch and the sweeper's parallel calls can use. */
const maxSockets = 50

const settings = {
  maxAttempts,
  requestHandler: {
    connectionTimeout: connectionTimeoutMs,
    requestTimeout: requestTimeoutMs,
    // Without it, a late answer is only a warning.
    throwOnRequestTimeout: true,
    httpAgent: { keepAlive: true, maxSockets },
    httpsAgent: { keepAlive: true, maxSockets },
  },
}

/**
 * The SDK prepares a log entry of each call, input and output with their secrets blotted out, though nobody listens:
 * about a tenth of what a call of 25 statements costs. Our logs are telemetry's.
 */
function withoutLog<Client extends { middlewareStack: { remove(name: string): boolean } }>(client: Client): Client {
  client.middlewareStack.remove('loggerMiddleware')
  return client
}

export const dynamoClient = (): DynamoDBClient => withoutLog(new DynamoDBClient(settings))
/** Events are best effort: one attempt more is made by hand, and nothing waits long for them. */
export const eventBridgeClient = (): EventBridgeClient =>
  withoutLog(new EventBridgeClient({ ...settings, maxAttempts: 1 }))
export const sqsClient = (): SQSClient => withoutLog(new SQSClient(settings))
