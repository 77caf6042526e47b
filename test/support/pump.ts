import { DeleteMessageBatchCommand, type Message, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { runBatch } from '../../lib/app/worker/run-batch.ts'
import { visibilityTimeoutMs } from '../../lib/core/definition/deployment.ts'
import type { JobHandler } from '../../lib/core/definition/run-hooks.ts'
import type { WorkerDeps } from '../../lib/ports/deps.ts'

/** One poll of a queue, as the event source mapping does it: receive, run, delete what is not handed back. */
export async function pump(
  deps: WorkerDeps,
  handlers: readonly JobHandler[],
  queue: string,
  url: string,
  waitSeconds = 2,
) {
  const client = new SQSClient({})
  const visibilityMs = visibilityTimeoutMs(deps.runner, queue)
  const { Messages: messages = [] } = await client.send(
    new ReceiveMessageCommand({
      QueueUrl: url,
      MaxNumberOfMessages: 10,
      WaitTimeSeconds: waitSeconds,
      // As deployed; the tests' queues have SQS's default.
      VisibilityTimeout: visibilityMs / 1_000,
      MessageSystemAttributeNames: ['ApproximateReceiveCount', 'ApproximateFirstReceiveTimestamp'],
    }),
  )
  if (messages.length === 0) return 0
  const deliveries = messages.map(message => deliveryOf(message, visibilityMs))
  const kept = new Set(await runBatch(deps, handlers, { queue, deliveries, endAt: deps.clock.now() + 900_000 }))
  const done = messages.filter(({ MessageId = '' }) => !kept.has(MessageId))
  if (done.length > 0) {
    const entries = done.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }))
    await client.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries: entries }))
  }
  client.destroy()
  return messages.length
}

const deliveryOf = ({ MessageId = '', ReceiptHandle = '', Body = '', Attributes }: Message, visibilityMs: number) => {
  const receives = Number(Attributes?.ApproximateReceiveCount ?? 1)
  const firstReceivedAt = Number(Attributes?.ApproximateFirstReceiveTimestamp)
  const hiddenUntil = receives === 1 ? firstReceivedAt + visibilityMs : undefined
  return { messageId: MessageId, receipt: ReceiptHandle, body: Body, receives, hiddenUntil }
}
