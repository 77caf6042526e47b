import { expect, it } from 'vitest'
import { sqsEvent } from '../../../../lib/dev/sources/queue-poller.ts'

it('gives each message the fields that a Lambda function sees', () => {
  const event = sqsEvent(
    [
      {
        MessageId: 'm1',
        ReceiptHandle: 'r1',
        Body: '{"v":1}',
        MD5OfBody: 'md5',
        Attributes: {
          ApproximateReceiveCount: '2',
          SentTimestamp: '1',
          SenderId: 's',
          ApproximateFirstReceiveTimestamp: '2',
        },
        MessageAttributes: {
          text: { DataType: 'String', StringValue: 'a' },
          bytes: { DataType: 'Binary', BinaryValue: new Uint8Array([1, 2]) },
        },
      },
    ],
    'arn:aws:sqs:us-east-1:000000000000:q',
    'us-east-1',
  )
  expect(event).toEqual({
    Records: [
      {
        messageId: 'm1',
        receiptHandle: 'r1',
        body: '{"v":1}',
        attributes: {
          ApproximateReceiveCount: '2',
          SentTimestamp: '1',
          SenderId: 's',
          ApproximateFirstReceiveTimestamp: '2',
        },
        messageAttributes: {
          text: { dataType: 'String', stringValue: 'a', stringListValues: [], binaryListValues: [] },
          bytes: { dataType: 'Binary', binaryValue: 'AQI=', stringListValues: [], binaryListValues: [] },
        },
        md5OfBody: 'md5',
        eventSource: 'aws:sqs',
        eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:q',
        awsRegion: 'us-east-1',
      },
    ],
  })
})
