import { setTimeout as delay } from 'node:timers/promises'
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { SqsJobQueue } from '../../../lib/aws/sqs/job-queue.ts'
import { startFauxqs } from '../../../lib/dev/engines/fauxqs.ts'
import { engineSettings } from './dynamo-harness.ts'
import { describeJobQueue } from './job-queue.ts'

describeJobQueue('fauxqs', async () => {
  const engine = await startFauxqs()
  const client = new SQSClient({ ...engineSettings, endpoint: engine.endpoint })
  const urls: Record<string, string> = {}
  return {
    queue: new SqsJobQueue({ client, urls }),
    newQueue: async () => {
      const name = `queue-${Object.keys(urls).length}`
      urls[name] = engine.queueUrl(name)
      await engine.createQueue(name)
      return name
    },
    receive: async (name, visibilityMs) => {
      const { Messages: messages = [] } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl: urls[name],
          MaxNumberOfMessages: 10,
          VisibilityTimeout: visibilityMs / 1_000,
          MessageSystemAttributeNames: ['ApproximateReceiveCount'],
        }),
      )
      return messages.map(({ ReceiptHandle: receipt = '', Body: body = '', Attributes: attributes }) => ({
        receipt,
        body,
        receives: Number(attributes?.ApproximateReceiveCount),
      }))
    },
    pass: milliseconds => delay(milliseconds),
    stop: async () => {
      client.destroy()
      await engine.stop()
    },
  }
})
