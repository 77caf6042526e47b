/** Receives messages and deletes them: what Lambda's event source mapping does, the same for the floor and for Lamplighter. */

import { setTimeout as delay } from 'node:timers/promises'
import { DeleteMessageBatchCommand, type Message, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'

/** Batches under way at the same time; in the cloud each has a sandbox of its own. */
export const sandboxes = 8
const batchSize = 10
const emptyPauseMs = 5

export type Batch = readonly Message[]

export interface Source {
  readonly client: SQSClient
  readonly queueUrl: string
}

/**
 * Feeds so many messages to handlers, one handler per sandbox.
 * @param handlers each answers the messages that may be deleted
 */
export async function drain(
  { client, queueUrl }: Source,
  jobs: number,
  handlers: readonly ((batch: Batch) => Promise<Batch>)[],
): Promise<void> {
  let done = 0
  await Promise.all(
    handlers.map(async handle => {
      while (done < jobs) {
        const { Messages: batch = [] } = await client.send(
          new ReceiveMessageCommand({
            QueueUrl: queueUrl,
            MaxNumberOfMessages: batchSize,
            MessageSystemAttributeNames: ['ApproximateReceiveCount', 'ApproximateFirstReceiveTimestamp'],
          }),
        )
        if (batch.length === 0) {
          await delay(emptyPauseMs)
          continue
        }
        const finished = await handle(batch)
        await deleteAll(client, queueUrl, finished)
        done += finished.length
      }
    }),
  )
}

async function deleteAll(client: SQSClient, queueUrl: string, batch: Batch): Promise<void> {
  if (batch.length === 0) return
  const Entries = batch.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }))
  const { Failed: failed = [] } = await client.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }))
  if (failed.length > 0) throw new Error(`${failed.length} messages were not deleted: ${failed[0]?.Message}`)
}
