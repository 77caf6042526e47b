import { EventEmitter, once } from 'node:events'
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTable } from '../../../../lib/aws/dynamodb/create-table.ts'
import { type Dynoxide, startDynoxide } from '../../../../lib/dev/engines/dynoxide.ts'
import {
  openStream,
  readStream,
  type StreamPosition,
  type StreamReading,
  streamArnOf,
} from '../../../../lib/dev/sources/stream-reader.ts'

let dynoxide: Dynoxide
let dynamo: DynamoDBClient
let streams: DynamoDBStreamsClient
let reading: StreamReading

beforeAll(async () => {
  dynoxide = await startDynoxide()
  const settings = {
    endpoint: dynoxide.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  }
  dynamo = new DynamoDBClient(settings)
  streams = new DynamoDBStreamsClient(settings)
  await createTable(dynamo, 'stream-reader')
  reading = {
    client: streams,
    streamArn: await streamArnOf(dynamo, 'stream-reader'),
    batchSize: 2,
    pauseMs: 10,
    onTrouble: text => {
      throw new Error(text)
    },
  }
})
afterAll(async () => {
  dynamo.destroy()
  streams.destroy()
  await dynoxide.stop()
})

const put = (id: string) => dynamo.send(new PutItemCommand({ TableName: 'stream-reader', Item: { id: { S: id } } }))

/** Reads until so many ids were seen. */
async function read(from: StreamPosition, count: number): Promise<string[]> {
  const ids: string[] = []
  const stopping = new AbortController()
  const seen = new EventEmitter()
  const enough = once(seen, 'enough')
  const reader = readStream(reading, from, stopping.signal, async records => {
    ids.push(...records.map(({ dynamodb: change }) => change?.Keys?.['id']?.S ?? ''))
    if (ids.length >= count) seen.emit('enough')
  })
  await enough
  stopping.abort()
  await reader
  return ids
}

describe('the stream reader', () => {
  it('reads in order from the beginning, and from the end only what comes later', async () => {
    for (const id of ['a', 'b', 'c']) await put(id)
    const end = await openStream(reading, 'LATEST')
    await put('d')
    expect(await read(await openStream(reading, 'TRIM_HORIZON'), 4)).toEqual(['a', 'b', 'c', 'd'])
    expect(await read(end, 1)).toEqual(['d'])
  })

  it('reads a batch again that was not taken, and what is left when it is told to stop', async () => {
    await put('e')
    const troubles: string[] = []
    const stopping = new AbortController()
    const seen: string[][] = []
    const start = await openStream(reading, 'TRIM_HORIZON')
    await readStream({ ...reading, onTrouble: text => troubles.push(text) }, start, stopping.signal, async records => {
      seen.push(records.map(({ dynamodb: change }) => change?.Keys?.['id']?.S ?? ''))
      if (seen.length === 1) throw new Error('not now')
      stopping.abort()
    })
    expect(seen).toEqual([['a', 'b'], ['a', 'b'], ['c', 'd'], ['e']])
    expect(troubles).toEqual([expect.stringContaining('not now')])
  })
})
