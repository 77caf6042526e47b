import { DescribeTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  DescribeStreamCommand,
  type DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type ShardIteratorType,
  type _Record as StreamRecord,
} from '@aws-sdk/client-dynamodb-streams'
import { systemClock } from '../../system/clock.ts'

const pauseAfterErrorMs = 1_000

/** @throws Error when the table has none */
export async function streamArnOf(client: DynamoDBClient, table: string): Promise<string> {
  const { Table: description } = await client.send(new DescribeTableCommand({ TableName: table }))
  const arn = description?.LatestStreamArn
  if (arn === undefined) throw new Error(`table ${table} has no stream`)
  return arn
}

export interface StreamReading {
  readonly client: DynamoDBStreamsClient
  readonly streamArn: string
  /** Records in one batch. */
  readonly batchSize: number
  /** How long to wait after a batch that was not full. */
  readonly pauseMs: number
  readonly onTrouble: (text: string) => void
}

/** Where to read on. */
export interface StreamPosition {
  readonly shardId: string
  readonly iterator: string
}

/** dynoxide's streams have one shard, which never ends. */
export async function openStream(
  { client, streamArn }: StreamReading,
  from: Extract<ShardIteratorType, 'TRIM_HORIZON' | 'LATEST'>,
): Promise<StreamPosition> {
  const { StreamDescription: stream } = await client.send(new DescribeStreamCommand({ StreamArn: streamArn }))
  const shardId = stream?.Shards?.[0]?.ShardId
  const { ShardIterator: iterator } = await client.send(
    new GetShardIteratorCommand({
      StreamArn: streamArn,
      ShardId: shardId,
      ShardIteratorType: from,
    }),
  )
  if (iterator === undefined || shardId === undefined) throw new Error(`stream ${streamArn} has no shard to read`)
  return { shardId, iterator }
}

/**
 * Hands on batch after batch, in order. A batch is not left before it was taken. Once the signal aborts, what the
 * stream holds by then is read to its end.
 */
export async function readStream(
  reading: StreamReading,
  start: StreamPosition,
  signal: AbortSignal,
  take: (records: readonly StreamRecord[]) => Promise<void>,
): Promise<void> {
  let { iterator } = start
  for (;;) {
    const isLast = signal.aborted
    try {
      const { Records: records = [], NextShardIterator: next } = await reading.client.send(
        new GetRecordsCommand({ ShardIterator: iterator, Limit: reading.batchSize }),
      )
      if (records.length > 0) await take(records)
      const isAtEnd = records.length < reading.batchSize
      if (next === undefined || (isLast && isAtEnd)) return
      iterator = next
      if (isAtEnd) await systemClock.sleep(reading.pauseMs, signal)
    } catch (error) {
      if (isLast) return
      reading.onTrouble(`reading ${reading.streamArn} failed: ${String(error)}`)
      await systemClock.sleep(pauseAfterErrorMs, signal)
    }
  }
}
