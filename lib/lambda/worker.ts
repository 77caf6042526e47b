import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda'
import type { Delivery } from '../app/worker/run.ts'
import { runBatch } from '../app/worker/run-batch.ts'
import { awsDeps, namesFrom } from '../aws/connect.ts'
import { withBucket } from '../aws/s3-payloads.ts'
import { checkHandlers } from '../core/definition/check-handlers.ts'
import { visibilityTimeoutMs } from '../core/definition/deployment.ts'
import type { JobHandler } from '../core/definition/run-hooks.ts'
import type { Runner } from '../core/definition/runner.ts'
import { normaliseError, reportedError } from '../core/job/job-error.ts'
import { parseMessage } from '../core/job/message.ts'
import { InvalidDefinition } from '../core/values/errors.ts'
import type { Deps } from '../ports/deps.ts'
import type { Telemetry } from '../ports/telemetry.ts'
import { type LambdaFunction, lambdaHandler } from './lambda-handler.ts'
import { lambdaTelemetry } from './telemetry.ts'

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

let listener: ((reason: unknown) => void) | undefined

/**
 * Keeps a worker's process alive when a promise rejects that no handler awaits, and reports it as an error.
 *
 * The runtime would end the process. That costs each job of the batch an attempt, and most of them have nothing to do
 * with the promise: nobody can even tell whose it was. A rejection interrupts no code that runs, and the runs of a batch
 * share nothing of ours, so they can go on. An exception that nobody catches is another matter: it breaks off whatever
 * was at work, and the process ends as the runtime wants.
 *
 * @param jobIds of the jobs that are at work now: one of them, or an earlier one of this process, left the promise behind
 */
function surviveRejections(telemetry: Telemetry, jobIds: () => readonly string[]): void {
  // Lambda's runtime has put its own listener there before it loads the function: the one that ends the process.
  // github.com/aws/aws-lambda-nodejs-runtime-interface-client, src/index.ts
  if (process.env['AWS_LAMBDA_RUNTIME_API'] !== undefined) process.removeAllListeners('unhandledRejection')
  if (listener !== undefined) process.off('unhandledRejection', listener)
  listener = reason => {
    telemetry.emit({ name: 'unhandled_rejection', ...reportedError(normaliseError(reason)), jobIds: jobIds() })
  }
  process.on('unhandledRejection', listener)
}
