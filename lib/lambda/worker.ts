import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda'
import type { Delivery } from '../app/worker/run.ts'
import { runBatch } from '../app/worker/run-batch.ts'
import { awsDeps, namesFrom } from '../aws/connect.ts'
import { withBucket } from '../aws/s3-payloads.ts'
import { checkHandlers } from '../core/definition/check-handlers.ts'
import { visibilityTimeoutMs } from '../core/definition/deployment.ts'
import type { JobHandler } from '../core/definition/run-hooks.ts'
import type { Runner } from '../core/definition/runner.ts'
import { parseMessage } from '../core/job/message.ts'
import { InvalidDefinition } from '../core/values/errors.ts'
import type { Deps } from '../ports/deps.ts'
import { type LambdaFunction, lambdaHandler } from './lambda-handler.ts'
import { lambdaTelemetry } from './telemetry.ts'
import { surviveRejections } from './unhandled-rejections.ts'

export interface WorkerOptions {
  readonly runner: Runner
  /** One for each contract that this worker's queues carry. */
  readonly handlers: readonly JobHandler[]
}

/**
 * The worker function: an SQS event in, a partial batch response out. Only messages that must come back are named in
 * it; Lambda deletes all others.
 * @throws InvalidDefinition when the handlers do not fit the runner, or the environment has no names
 */
export function createWorker({ runner, handlers }: WorkerOptions): LambdaFunction<SQSEvent, SQSBatchResponse> {
  checkHandlers(runner, handlers)
  return workerOf(runner, () => handlers)
}

/** @param handlersOn what the queue's jobs are handed to; Lamplighter's own handlers work on the ports themselves */
export function workerOf(
  runner: Runner,
  handlersOn: (deps: Deps) => readonly JobHandler[],
): LambdaFunction<SQSEvent, SQSBatchResponse> {
  const names = namesFrom(process.env)
  const telemetry = lambdaTelemetry('worker')
  const deps = { ...withBucket(awsDeps(runner, names, telemetry), names), loggerFor: telemetry.loggerFor }
  const handlers = handlersOn(deps)
  let jobIds: readonly string[] = []
  surviveRejections(telemetry, () => jobIds)
  return lambdaHandler(telemetry, async (event: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
    const endAt = deps.clock.now() + context.getRemainingTimeInMillis()
    const queue = queueOf(event, names.queues)
    telemetry.forQueue(queue)
    const visibilityMs = visibilityTimeoutMs(deps.runner, queue)
    const deliveries = event.Records.map(record => deliveryOf(record, visibilityMs))
    jobIds = deliveries.flatMap(({ body }) => parseMessage(body)?.id ?? [])
    const kept = await runBatch(deps, handlers, { queue, deliveries, endAt })
    return { batchItemFailures: kept.map(itemIdentifier => ({ itemIdentifier })) }
  })
}

function deliveryOf(record: SQSEvent['Records'][number], visibilityMs: number): Delivery {
  const { messageId, receiptHandle, body, attributes } = record
  const receives = Number(attributes.ApproximateReceiveCount)
  const firstReceivedAt = Number(attributes.ApproximateFirstReceiveTimestamp)
  // SQS does not say when it was received for the second time.
  const hiddenUntil = receives === 1 && firstReceivedAt > 0 ? firstReceivedAt + visibilityMs : undefined
  return { messageId, receipt: receiptHandle, body, receives, hiddenUntil }
}

/** An event comes from one queue. Its ARN ends like the queue's URL: in the queue's own name. */
function queueOf(event: SQSEvent, queues: Readonly<Record<string, string>>): string {
  const name = event.Records[0]?.eventSourceARN.split(':').at(-1)
  const found = Object.entries(queues).find(([, url]) => url.split('/').at(-1) === name)
  if (found === undefined) throw new InvalidDefinition(`no queue in LAMPLIGHTER_QUEUES is called '${name}'`)
  return found[0]
}
