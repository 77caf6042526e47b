import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  type MessageAttributeValue,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import type { SQSEvent, SQSMessageAttribute, SQSRecord } from 'aws-lambda'
import { systemClock } from '../../system/clock.ts'
import type { Invocation } from '../lambda/protocol.ts'
import { verdictOf } from './partial-batch.ts'

/** An event source mapping: a queue, and the function that it feeds. */
export interface QueueMapping {
  readonly client: SQSClient
  readonly queueUrl: string
  readonly queueArn: string
  readonly region: string
  readonly batchSize: number
  /** Batches under way at the same time. */
  readonly concurrency: number
  /** Looked at before each receive. @default true */
  readonly isEnabled?: boolean
  readonly invoke: (event: SQSEvent) => Promise<Invocation>
  readonly onTrouble: (text: string) => void
}

export interface Poller {
  /** Receives no more; resolves when the batches in hand have ended. */
  stop(): Promise<void>
}

/** SQS's longest. */
const longPollSeconds = 20
const pauseAfterErrorMs = 1_000
const pauseWhileDisabledMs = 250
/**
 * Messages of a function that does not start come back soon: somebody is about to correct the file. In the cloud they
 * come back after the queue's visibility timeout.
 */
const backAfterSeconds = 2

/**
 * Feeds a queue's messages to its function, as Lambda would. Unlike Lambda it does not slow down after errors: the
 * messages stay hidden until their visibility timeout ends, which is pause enough here.
 */
export function startQueuePoller(mapping: QueueMapping): Poller {
  const stopping = new AbortController()
  const batches = new Set<Promise<void>>()
  const polling = poll(mapping, batches, stopping.signal)
  return {
    async stop() {
      stopping.abort()
      await polling
      await Promise.all(batches)
    },
  }
}

async function poll(mapping: QueueMapping, batches: Set<Promise<void>>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    if (mapping.isEnabled === false) {
      await systemClock.sleep(pauseWhileDisabledMs, signal)
      continue
    }
    if (batches.size >= mapping.concurrency) {
      await Promise.race(batches)
      continue
    }
    const messages = await receive(mapping, signal)
    if (messages.length === 0) continue
    const batch = runBatch(mapping, messages).catch((error: unknown) => mapping.onTrouble(String(error)))
    batches.add(batch)
    void batch.finally(() => batches.delete(batch))
  }
}

async function receive(mapping: QueueMapping, signal: AbortSignal): Promise<readonly Message[]> {
  try {
    const { Messages: messages = [] } = await mapping.client.send(
      new ReceiveMessageCommand({
        QueueUrl: mapping.queueUrl,
        MaxNumberOfMessages: mapping.batchSize,
        WaitTimeSeconds: longPollSeconds,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      }),
      { abortSignal: signal },
    )
    return messages
  } catch (error) {
    if (!signal.aborted) {
      mapping.onTrouble(`receive from ${mapping.queueUrl} failed: ${String(error)}`)
      await systemClock.sleep(pauseAfterErrorMs, signal)
    }
    return []
  }
}

async function runBatch(mapping: QueueMapping, messages: readonly Message[]): Promise<void> {
  const invocation = await mapping.invoke(sqsEvent(messages, mapping.queueArn, mapping.region))
  if (invocation.kind === 'failed' && invocation.atStart === true) return bringBackSoon(mapping, messages)
  const verdict = verdictOf(
    messages.flatMap(({ MessageId: id }) => id ?? []),
    invocation,
  )
  if (verdict.kind === 'keepAll') {
    mapping.onTrouble(
      `${messages.length} messages of ${mapping.queueArn} stay hidden until their timeout: ${verdict.why}`,
    )
    return
  }
  const done = messages.filter(({ MessageId: id }) => id !== undefined && verdict.messageIds.includes(id))
  if (done.length === 0) return
  const { Failed: failed = [] } = await mapping.client.send(
    new DeleteMessageBatchCommand({
      QueueUrl: mapping.queueUrl,
      Entries: done.map(({ ReceiptHandle: handle }, index) => ({ Id: String(index), ReceiptHandle: handle })),
    }),
  )
  for (const { Message: why } of failed) mapping.onTrouble(`a message of ${mapping.queueArn} was not deleted: ${why}`)
}

async function bringBackSoon({ client, queueUrl }: QueueMapping, messages: readonly Message[]): Promise<void> {
  const Entries = messages.map(({ ReceiptHandle: handle }, index) => ({
    Id: String(index),
    ReceiptHandle: handle,
    VisibilityTimeout: backAfterSeconds,
  }))
  await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries }))
}

/** What Lambda's event source mapping makes of received messages. */
export const sqsEvent = (messages: readonly Message[], queueArn: string, region: string): SQSEvent => ({
  Records: messages.map(message => recordOf(message, queueArn, region)),
})

function recordOf(message: Message, eventSourceARN: string, awsRegion: string): SQSRecord {
  return {
    messageId: message.MessageId ?? '',
    receiptHandle: message.ReceiptHandle ?? '',
    body: message.Body ?? '',
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: '',
      SenderId: '',
      ApproximateFirstReceiveTimestamp: '',
      ...message.Attributes,
    },
    messageAttributes: Object.fromEntries(
      Object.entries(message.MessageAttributes ?? {}).map(([name, value]) => [name, attributeOf(value)]),
    ),
    md5OfBody: message.MD5OfBody ?? '',
    eventSource: 'aws:sqs',
    eventSourceARN,
    awsRegion,
  }
}

const attributeOf = (value: MessageAttributeValue): SQSMessageAttribute => ({
  ...(value.StringValue === undefined ? {} : { stringValue: value.StringValue }),
  ...(value.BinaryValue === undefined ? {} : { binaryValue: Buffer.from(value.BinaryValue).toString('base64') }),
  stringListValues: [],
  binaryListValues: [],
  dataType: value.DataType ?? 'String',
})
