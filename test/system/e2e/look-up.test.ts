/** Questions to a table of 100,000 jobs: what each costs in read units, requests and CPU of this process. */
import { BatchWriteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { object } from 'valibot'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { awsDeps } from '../../../lib/aws/connect.ts'
import { createTables } from '../../../lib/aws/dynamodb/create-table.ts'
import { toItem } from '../../../lib/aws/dynamodb/item.ts'
import { type Client, clientOn } from '../../../lib/client/client.ts'
import type { RawJob } from '../../../lib/core/job/job.ts'
import { laneOf, shardOf } from '../../../lib/core/job/lane.ts'
import { stockKey } from '../../../lib/core/records/keys.ts'
import { chunksOf, mapBounded } from '../../../lib/core/values/lists.ts'
import { defineJob } from '../../../lib/define/define-job.ts'
import { defineRunner } from '../../../lib/define/define-runner.ts'
import { startDynoxide } from '../../../lib/dev/engines/dynoxide.ts'
import { engineSettings } from '../../contract/conformance/dynamo-harness.ts'

const jobs = 100_000
const maxCpuMs = 200
const start = Date.now() - 3_600_000
const runner = defineRunner({ jobs: [defineJob({ type: 'mail', input: object({}) })] })
const names = { table: 'lookup', records: 'lookup-records', queues: { default: 'http://127.0.0.1:9/none' } }

interface Sent {
  readonly command: string
  readonly readUnits: number
}
const sent: Sent[] = []
let client: Client
let stop: () => Promise<void>

/** Every second job waits for its time, the others have failed: one in a hundred of another type, with an error of its own. */
function jobAt(n: number): RawJob {
  const id = `job-${String(n).padStart(6, '0')}`
  const isFailed = n % 2 === 0
  const isRare = n % 100 === 0
  const shard = shardOf(id, 16)
  return {
    id,
    type: isRare ? 'rare' : 'mail',
    queue: 'default',
    state: isFailed ? 'FAILED' : 'SCHEDULED',
    input: '{}',
    attempt: 0,
    attemptsLeft: 5,
    fence: 1,
    shard,
    insertedAt: start,
    scheduledAt: start + 86_400_000 + n * 10,
    lane: laneOf('default', isFailed ? 'failed' : 'live', shard),
    lookAt: start + 86_400_000 + n * 10,
    ...(isFailed ? { why: isRare ? 'RangeError#00000001' : 'TypeError#00000002' } : {}),
  }
}

beforeAll(async () => {
  const engine = await startDynoxide()
  const dynamo = new DynamoDBClient({ ...engineSettings, endpoint: engine.endpoint })
  await createTables(dynamo, names)
  const batches = chunksOf(
    Array.from({ length: jobs }, (_, n) => jobAt(n)),
    25,
  )
  await mapBounded(batches, 8, batch =>
    dynamo.send(
      new BatchWriteItemCommand({
        RequestItems: { [names.table]: batch.map(job => ({ PutRequest: { Item: toItem(job) } })) },
      }),
    ),
  )
  dynamo.middlewareStack.add(
    (next, context) => async args => {
      const input = { ...args.input, ReturnConsumedCapacity: 'TOTAL' }
      const answer = await next({ ...args, input })
      const { ConsumedCapacity: consumed } = answer.output as {
        ConsumedCapacity?: { CapacityUnits?: number } | { CapacityUnits?: number }[]
      }
      const readUnits = [consumed ?? []].flat().reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0)
      sent.push({ command: String(context.commandName), readUnits })
      return answer
    },
    { step: 'initialize' },
  )
  const deps = awsDeps(runner, names, { emit: () => {} }, { dynamodb: dynamo })
  const counted = { 'mail:SCHEDULED': jobs / 2, 'mail:FAILED': jobs / 2, asOfAt: start }
  await deps.records.putIfAbsent([{ ...stockKey('default'), attributes: counted }])
  client = clientOn(deps, names)
  // The first call of each kind pays for what the process loads once.
  await client.list({ limit: 1 })
  stop = async () => {
    dynamo.destroy()
    await engine.stop()
  }
}, 180_000)

afterAll(() => stop())

/** The answer, and what it took. */
async function measured<Answer>(ask: () => Promise<Answer>) {
  sent.length = 0
  const before = process.cpuUsage()
  const answer = await ask()
  const { user, system } = process.cpuUsage(before)
  return {
    answer,
    cpuMs: (user + system) / 1_000,
    readUnits: sent.reduce((sum, { readUnits }) => sum + readUnits, 0),
    requests: sent.length,
  }
}

describe(`questions to a table of ${jobs.toLocaleString('en')} jobs`, () => {
  const last = `job-${String(jobs - 1).padStart(6, '0')}`
  const questions: readonly (readonly [string, number, () => Promise<unknown>])[] = [
    // 16 lanes at half a unit, the control record, and 50 items.
    ['live jobs, the next that are due', 70, () => client.list()],
    ['failed jobs, the newest', 70, () => client.list({ phase: 'failed' })],
    ['failed jobs of a rare type', 140, () => client.list({ phase: 'failed', type: 'rare' })],
    ['failed jobs with a rare error', 140, () => client.list({ phase: 'failed', why: 'RangeError' })],
    ['counts', 3, () => client.counts()],
    ['why a job is not running', 12, () => client.explain(last)],
    ['how many are ahead of a job', 320, () => client.position(last)],
  ]

  it.each(questions)('%s: at most %d read units', async (title, most, ask) => {
    const { cpuMs, readUnits, requests } = await measured(ask)
    console.log(`${title.padEnd(36)} ${readUnits} read units, ${requests} requests, ${cpuMs.toFixed(0)} ms CPU`)
    expect(readUnits).toBeGreaterThan(0)
    expect(readUnits).toBeLessThanOrEqual(most)
    expect(cpuMs).toBeLessThan(maxCpuMs)
    expect(new Set(sent.map(({ command }) => command))).not.toContain('ScanCommand')
  })

  it('pages show each job of a rare type once, and stop', async () => {
    const found: string[] = []
    let cursor: string | undefined
    do {
      const page = await client.list({ phase: 'failed', type: 'rare', limit: 100, ...(cursor && { cursor }) })
      found.push(...page.jobs.map(({ id }) => id))
      cursor = page.next
    } while (cursor !== undefined && found.length <= jobs)
    expect(found).toHaveLength(jobs / 100)
    expect(new Set(found).size).toBe(found.length)
    expect(found.toSorted((a, b) => (a < b ? 1 : -1))).toEqual(found)
    expect(new Set(sent.map(({ command }) => command))).not.toContain('ScanCommand')
  }, 60_000)

  it('counts come from the recorder, not from the rows', async () => {
    expect(await client.counts('default')).toMatchObject([{ states: { SCHEDULED: jobs / 2, FAILED: jobs / 2 } }])
  })

  it('a position beyond 10,000 is no longer counted', async () => {
    expect(await client.position(last)).toMatchObject({ kind: 'counted', ahead: 10_000, isExact: false })
  })
})
