import type { _Record as StreamRecord } from '@aws-sdk/client-dynamodb-streams'
import type { DynamoDBStreamEvent } from 'aws-lambda'
import { describe, expect, it } from 'vitest'
import { streamFilters } from '../../../../lib/aws/dynamodb/stream-filter.ts'
import type { Invocation } from '../../../../lib/dev/lambda/protocol.ts'
import { feed } from '../../../../lib/dev/sources/stream-mapping.ts'

const never = new AbortController().signal

const record = (sequence: string, state: string): StreamRecord => ({
  eventID: sequence,
  eventName: 'INSERT',
  dynamodb: {
    ApproximateCreationDateTime: new Date(1_500),
    NewImage: { state: { S: state }, bytes: { B: new Uint8Array([1, 2]) } },
    SequenceNumber: sequence,
  },
})

async function feedTo(records: readonly StreamRecord[], answers: readonly Invocation[]) {
  const events: DynamoDBStreamEvent[] = []
  const troubles: string[] = []
  await feed(
    {
      streamArn: 'arn:stream',
      region: 'us-east-1',
      filters: streamFilters,
      firstPauseMs: 0,
      invoke: async event => {
        events.push(event)
        return answers[events.length - 1] ?? answers.at(-1) ?? { kind: 'returned', payload: undefined }
      },
      onTrouble: text => troubles.push(text),
    },
    records,
    never,
  )
  return { events, troubles, sequences: events.map(sequencesOf) }
}

const sequencesOf = ({ Records: records }: DynamoDBStreamEvent) => records.map(one => one.dynamodb?.SequenceNumber)
const done: Invocation = { kind: 'returned', payload: undefined }
const failed: Invocation = { kind: 'failed', errorType: 'Oops', errorMessage: 'dark' }
const partly = (itemIdentifier: unknown): Invocation => ({
  kind: 'returned',
  payload: { batchItemFailures: [{ itemIdentifier }] },
})

describe('the stream mapping', () => {
  it('hands over only what passes the filter, in the form of a Lambda event', async () => {
    const { events } = await feedTo([record('1', 'RESERVED'), record('2', 'AVAILABLE')], [done])
    expect(events).toEqual([
      {
        Records: [
          {
            eventID: '2',
            eventName: 'INSERT',
            eventSource: 'aws:dynamodb',
            awsRegion: 'us-east-1',
            eventSourceARN: 'arn:stream',
            dynamodb: {
              ApproximateCreationDateTime: 1.5,
              NewImage: { state: { S: 'AVAILABLE' }, bytes: { B: 'AQI=' } },
              SequenceNumber: '2',
            },
          },
        ],
      },
    ])
  })

  it('does not call the function when nothing passes', async () => {
    const { events } = await feedTo([record('1', 'RESERVED')], [done])
    expect(events).toEqual([])
  })

  it('tries a failed batch again as a whole', async () => {
    const { sequences, troubles } = await feedTo([record('1', 'AVAILABLE'), record('2', 'AVAILABLE')], [failed, done])
    expect(sequences).toEqual([
      ['1', '2'],
      ['1', '2'],
    ])
    expect(troubles).toEqual([])
  })

  it('tries again from the first record that the function names, or all when it names none of them', async () => {
    const three = ['1', '2', '3'].map(sequence => record(sequence, 'AVAILABLE'))
    expect((await feedTo(three, [partly('2'), done])).sequences).toEqual([
      ['1', '2', '3'],
      ['2', '3'],
    ])
    expect((await feedTo(three, [partly('9'), done])).sequences).toEqual([
      ['1', '2', '3'],
      ['1', '2', '3'],
    ])
  })

  it('gives up after ten tries, with a report', async () => {
    const { sequences, troubles } = await feedTo([record('1', 'AVAILABLE')], [failed])
    expect(sequences).toHaveLength(10)
    expect(troubles).toEqual(['1 records of arn:stream were given up after 10 tries: Oops: dark'])
  })

  it('names the shard in the event where it is told its name, and lets every record through without filters', async () => {
    const events: unknown[] = []
    const invoke = async (event: unknown) => {
      events.push(event)
      return done
    }
    const mapping = { streamArn: 'arn:stream', region: 'us-east-1', shardId: 'shard-1', invoke, onTrouble: () => {} }
    await feed(mapping, [record('1', 'RESERVED')], never)
    expect(events).toMatchObject([{ shardId: 'shard-1', state: {}, Records: [{ eventID: '1' }] }])
  })
})
