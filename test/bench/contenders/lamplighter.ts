/** Lamplighter as its users run it: the client, and the worker function with its telemetry. */
import { SQSClient } from '@aws-sdk/client-sqs'
import type { Context, SQSEvent } from 'aws-lambda'
import { createClient } from '../../../lib/client/create-client.ts'
import { handle } from '../../../lib/define/handle.ts'
import { createWorker } from '../../../lib/lambda/worker.ts'
import type { Contender } from '../contender.ts'
import { type Batch, drain, sandboxes } from '../mapping.ts'
import { runner, sample, sampleInput } from '../sample.ts'

const functionMs = 60_000

const context = {
  functionName: 'worker',
  functionVersion: '1',
  memoryLimitInMB: '1769',
  awsRequestId: '00000000-0000-0000-0000-000000000000',
  invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:worker',
  getRemainingTimeInMillis: () => functionMs,
} as unknown as Context

export async function open(): Promise<Contender> {
  const queueUrl = process.env['BENCH_QUEUE'] ?? ''
  const source = { client: new SQSClient({}), queueUrl }
  const client = createClient({ runner })
  const workers = Array.from({ length: sandboxes }, () => batchHandler(queueUrl))
  return {
    async enqueue(jobs) {
      const requests = Array.from({ length: jobs }, () => client.job(sample, sampleInput))
      const outcomes = await client.enqueueMany(requests)
      const refused = outcomes.find(outcome => outcome.kind === 'refused')
      if (refused !== undefined) throw refused.error
    },
    process: jobs => drain(source, jobs, workers),
    async close() {},
  }
}

function batchHandler(queueUrl: string): (batch: Batch) => Promise<Batch> {
  const worker = createWorker({ runner, handlers: [handle(sample, () => {})] })
  return async batch => {
    const { batchItemFailures } = await worker(eventOf(batch, queueUrl), context)
    const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier))
    return failed.size === 0 ? batch : batch.filter(({ MessageId }) => !failed.has(MessageId ?? ''))
  }
}

function eventOf(batch: Batch, queueUrl: string): SQSEvent {
  const eventSourceARN = `arn:aws:sqs:us-east-1:000000000000:${queueUrl.split('/').at(-1)}`
  const records = batch.map(({ MessageId: messageId, ReceiptHandle: receiptHandle, Body: body, Attributes }) => ({
    messageId,
    receiptHandle,
    body,
    attributes: Attributes,
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN,
    awsRegion: 'us-east-1',
  }))
  return { Records: records } as unknown as SQSEvent
}
