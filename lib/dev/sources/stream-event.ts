import type { _Record as StreamRecord } from '@aws-sdk/client-dynamodb-streams'
import type { DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda'

/** What Lambda's event source mapping makes of stream records. */
export const streamEvent = (
  records: readonly StreamRecord[],
  streamArn: string,
  region: string,
): DynamoDBStreamEvent => ({
  Records: records.map(record => recordOf(record, streamArn, region)),
})

function recordOf(record: StreamRecord, eventSourceARN: string, awsRegion: string): DynamoDBRecord {
  const { ApproximateCreationDateTime: createdAt, ...change } = record.dynamodb ?? {}
  const event = {
    eventID: record.eventID,
    eventName: record.eventName,
    eventVersion: record.eventVersion,
    eventSource: 'aws:dynamodb',
    awsRegion,
    eventSourceARN,
    dynamodb: {
      ...(createdAt === undefined ? {} : { ApproximateCreationDateTime: createdAt.getTime() / 1_000 }),
      ...change,
    },
  }
  return JSON.parse(JSON.stringify(event, binaryAsText)) as DynamoDBRecord
}

/** An event is JSON: binary attributes travel in base64. */
const binaryAsText = (_: string, value: unknown): unknown =>
  value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value
