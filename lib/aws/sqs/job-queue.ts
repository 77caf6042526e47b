import { createHash } from 'node:crypto'
import {
  type BatchResultErrorEntry,
  ChangeMessageVisibilityBatchCommand,
  GetQueueAttributesCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import { InvalidInput, Unavailable } from '../../core/values/errors.ts'
import { chunksOf, mapBounded } from '../../core/values/lists.ts'
import { maxDelayMs, maxMessagesPerBatch, maxVisibilityMs } from '../../core/values/quotas.ts'
import type { JobQueue, Outgoing, QueueDepth, SendOutcome, Visibility } from '../../ports/job-queue.ts'

/** Calls to SQS that one call of the queue may have under way. */
const parallelCalls = 4

export interface SqsJobQueueOptions {
  readonly client: SQSClient
  /** Name of a queue → its URL. */
  readonly urls: Readonly<Record<string, string>>
}

/** What an entry of a batch is answered with: nothing about it, or its failure. */
interface BatchAnswer {
  readonly Successful?: readonly { readonly Id?: string | undefined }[] | undefined
  readonly Failed?: readonly BatchResultErrorEntry[] | undefined
}

/** The JobQueue on SQS, ten entries in a call. */
export class SqsJobQueue implements JobQueue {
  readonly #client: SQSClient
  readonly #urls: Readonly<Record<string, string>>

  constructor({ client, urls }: SqsJobQueueOptions) {
    this.#client = client
    this.#urls = urls
  }

  async send(queue: string, messages: readonly Outgoing[]): Promise<readonly SendOutcome[]> {
    return this.#inBatches(queue, messages, refusalOf, (url, batch) =>
      this.#client.send(
        new SendMessageBatchCommand({
          QueueUrl: url,
          Entries: batch.map(({ message, tenant, delayMs }, index) => ({
            Id: String(index),
            MessageBody: JSON.stringify(message),
            ...(delayMs > 0 ? { DelaySeconds: wholeSeconds(delayMs) } : {}),
            ...messageGroup(tenant),
          })),
        }),
      ),
    )
  }

  async setVisibility(queue: string, changes: readonly Visibility[]): Promise<readonly SendOutcome[]> {
    return this.#inBatches(
      queue,
      changes,
      () => undefined,
      (url, batch) =>
        this.#client.send(
          new ChangeMessageVisibilityBatchCommand({
            QueueUrl: url,
            Entries: batch.map(({ receipt, visibleInMs }, index) => ({
              Id: String(index),
              ReceiptHandle: receipt,
              VisibilityTimeout: wholeSeconds(Math.min(maxVisibilityMs, Math.max(0, visibleInMs))),
            })),
          }),
        ),
    )
  }

  async depth(queue: string): Promise<QueueDepth> {
    try {
      const { Attributes: attributes } = await this.#client.send(
        new GetQueueAttributesCommand({ QueueUrl: this.#urlOf(queue), AttributeNames: [...depthAttributes] }),
      )
      const [visible = 0, inFlight = 0, delayed = 0] = depthAttributes.map(name => Number(attributes?.[name] ?? 0))
      return { visible, inFlight, delayed }
    } catch (error) {
      throw new Unavailable(`queue ${queue}`, error)
    }
  }

  /** Answers per entry, in order. Entries that SQS would refuse are kept out, so that their batch mates go. */
  async #inBatches<Entry>(
    queue: string,
    entries: readonly Entry[],
    refusal: (entry: Entry) => Error | undefined,
    call: (url: string, batch: readonly Entry[]) => Promise<BatchAnswer>,
  ): Promise<readonly SendOutcome[]> {
    const outcomes = new Array<SendOutcome>(entries.length)
    const good = entries.flatMap((entry, place) => {
      const error = refusal(entry)
      if (error === undefined) return [{ place, entry }]
      outcomes[place] = { kind: 'failed', error }
      return []
    })
    await mapBounded(chunksOf(good, maxMessagesPerBatch), parallelCalls, async batch => {
      const answers = await this.#batch(
        queue,
        batch.map(({ entry }) => entry),
        call,
      )
      for (const [index, { place }] of batch.entries()) outcomes[place] = answers[index] as SendOutcome
    })
    return outcomes
  }

  async #batch<Entry>(
    queue: string,
    batch: readonly Entry[],
    call: (url: string, batch: readonly Entry[]) => Promise<BatchAnswer>,
  ): Promise<readonly SendOutcome[]> {
    try {
      const answer = await call(this.#urlOf(queue), batch)
      return batch.map((_, index) => outcomeOf(queue, answer, String(index)))
    } catch (error) {
      return batch.map(() => ({ kind: 'failed', error: new Unavailable(`queue ${queue}`, error) }))
    }
  }

  #urlOf(queue: string): string {
    const url = Object.hasOwn(this.#urls, queue) ? this.#urls[queue] : undefined
    if (url === undefined) throw new InvalidInput('queue', queue, Object.keys(this.#urls).join(', ') || 'none')
    return url
  }
}

const depthAttributes = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed',
] as const

function outcomeOf(queue: string, { Successful: sent, Failed: failed }: BatchAnswer, id: string): SendOutcome {
  if (sent?.some(entry => entry.Id === id) === true) return { kind: 'sent' }
  const why = failed?.find(entry => entry.Id === id)
  const text = why === undefined ? 'no answer' : `${why.Code ?? 'unknown error'}: ${why.Message ?? ''}`
  return { kind: 'failed', error: new Unavailable(`queue ${queue}`, text) }
}

const refusalOf = ({ delayMs }: Outgoing): Error | undefined =>
  delayMs >= 0 && delayMs <= maxDelayMs ? undefined : new InvalidInput('delayMs', delayMs, `0 to ${maxDelayMs}`)

/** SQS counts whole seconds; rounded up, nothing comes early. */
const wholeSeconds = (milliseconds: number): number => Math.ceil(milliseconds / 1_000)

/** Letters, digits and punctuation of ASCII. docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const groupIds = /^[!-~]{1,128}$/

/**
 * What makes SQS treat messages of one tenant as one group, on a standard queue (fair queues). Only where there is a
 * tenant: each request with a group costs more.
 *
 * A tenant that SQS would refuse (a name with a space or an umlaut, or whatever somebody wrote into the item) is sent as
 * its hash: it is a group as good as any, and a message that is refused would cost its job minutes.
 */
export function messageGroup(tenant: string | undefined): { readonly MessageGroupId?: string } {
  if (tenant === undefined || tenant === '') return {}
  return { MessageGroupId: groupIds.test(tenant) ? tenant : hashOf(tenant) }
}

const hashOf = (tenant: string): string => `sha256:${createHash('sha256').update(tenant).digest('base64url')}`
