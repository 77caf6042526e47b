import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb'
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from '@aws-sdk/client-dynamodb-streams'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createTable } from '../../../../lib/aws/dynamodb/create-table.ts'
import { type Dynoxide, startDynoxide } from '../../../../lib/dev/engines/dynoxide.ts'
import { careForStreams } from '../../../../lib/dev/engines/stream-index.ts'
import { streamArnOf } from '../../../../lib/dev/sources/stream-reader.ts'
import { engineSettings } from '../../../contract/conformance/dynamo-harness.ts'

const dayMs = 86_400_000
let folder: string
let path: string
let engine: Dynoxide | undefined
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lamplighter-test-'))
  path = join(folder, 'table.db')
})
afterEach(async () => {
  await engine?.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function started(): Promise<DynamoDBClient> {
  engine = await startDynoxide({ dbPath: path })
  return new DynamoDBClient({ ...engineSettings, endpoint: engine.endpoint })
}

async function putAll(client: DynamoDBClient, table: string, ids: readonly string[]): Promise<void> {
  for (const id of ids) await client.send(new PutItemCommand({ TableName: table, Item: { id: { S: id } } }))
}

function sql(text: string, ...values: readonly (string | number)[]): readonly Record<string, unknown>[] {
  const database = new DatabaseSync(path)
  try {
    return database.prepare(text).all(...values)
  } finally {
    database.close()
  }
}

/** Ids and sequence numbers of what the stream still holds. */
async function streamOf(client: DynamoDBClient, table: string) {
  const streams = new DynamoDBStreamsClient({ ...engineSettings, endpoint: engine?.endpoint ?? '' })
  const StreamArn = await streamArnOf(client, table)
  const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn }))
  const { ShardIterator } = await streams.send(
    new GetShardIteratorCommand({
      StreamArn,
      ShardId: StreamDescription?.Shards?.[0]?.ShardId,
      ShardIteratorType: 'TRIM_HORIZON',
    }),
  )
  const { Records: records = [] } = await streams.send(new GetRecordsCommand({ ShardIterator }))
  return records.map(({ dynamodb: change }) => `${change?.Keys?.['id']?.S} ${change?.SequenceNumber}`)
}

const highest = 'SELECT MAX(CAST(sequence_number AS INTEGER)) FROM _stream_records WHERE table_name = ?'
const planOf = (): string => JSON.stringify(sql(`EXPLAIN QUERY PLAN ${highest}`, 'lamps'))

describe('care for the streams of the embedded engine', () => {
  it('gives the question that the engine asks before each write an index', async () => {
    await createTable(await started(), 'lamps')
    await engine?.stop()
    expect(planOf()).not.toContain('INDEX')
    expect(await careForStreams(path, Date.now())).toEqual({ kind: 'indexed', trimmed: 0 })
    expect(planOf()).toContain('USING COVERING INDEX lamplighter_stream_order')
    // At each start again.
    expect(await careForStreams(path, Date.now())).toEqual({ kind: 'indexed', trimmed: 0 })
  })

  it('works on a file that a running engine made a moment ago', async () => {
    const client = await started()
    expect(await careForStreams(path, Date.now())).toEqual({ kind: 'indexed', trimmed: 0 })
    await createTable(client, 'lamps')
    await putAll(client, 'lamps', ['a', 'b'])
    expect(await streamOf(client, 'lamps')).toEqual(['a 1', 'b 2'])
  })

  it('deletes records older than a day but the newest of each table, and numbers go on from there', async () => {
    const client = await started()
    for (const table of ['lamps', 'other']) await createTable(client, table)
    // Ten of them: as texts, 9 is greater than 10.
    await putAll(client, 'lamps', ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10'])
    await putAll(client, 'other', ['x', 'y'])
    await engine?.stop()
    expect(await careForStreams(path, Date.now() + dayMs - 60_000)).toEqual({ kind: 'indexed', trimmed: 0 })
    expect(await careForStreams(path, Date.now() + dayMs + 60_000)).toEqual({ kind: 'indexed', trimmed: 10 })
    const again = await started()
    await putAll(again, 'lamps', ['11'])
    expect(await streamOf(again, 'lamps')).toEqual(['10 10', '11 11'])
    expect(await streamOf(again, 'other')).toEqual(['y 2'])
  })

  it.each([
    ['another version', "UPDATE _config SET value = '10' WHERE key = 'schema_version'", 'version 10: id INTEGER'],
    ['no version', 'DROP TABLE _config', 'version none: id INTEGER'],
    ['another column', 'ALTER TABLE _stream_records ADD COLUMN epoch INTEGER', 'user_identity TEXT, epoch INTEGER'],
    ['no such table', 'DROP TABLE _stream_records', 'version 9: '],
  ])('changes nothing in a file with %s', async (_, change, found) => {
    const client = await started()
    await createTable(client, 'lamps')
    await putAll(client, 'lamps', ['a', 'b'])
    await engine?.stop()
    const database = new DatabaseSync(path)
    database.exec(change)
    database.close()
    const dump = () => [
      sql('SELECT * FROM sqlite_master'),
      change.startsWith('DROP TABLE _stream') || sql('SELECT * FROM _stream_records'),
    ]
    const before = dump()
    const care = await careForStreams(path, Date.now() + 2 * dayMs)
    expect(care).toEqual({ kind: 'unknownSchema', found: expect.stringContaining(found) })
    expect(dump()).toEqual(before)
  })
})
