/** What the recorder writes and reads, as the embedded engine counts it (I32: a plain job's own units are in cost.test.ts). */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { recordBatch } from '../../../../lib/app/record/record-batch.ts'
import { createTables } from '../../../../lib/aws/dynamodb/create-table.ts'
import { DynamoRecordStore } from '../../../../lib/aws/dynamodb/record-store.ts'
import type { JobChange } from '../../../../lib/core/history/job-change.ts'
import { inStates, stockFrom } from '../../../../lib/core/history/stock.ts'
import { stockKey } from '../../../../lib/core/records/keys.ts'
import { type Dynoxide, startDynoxide } from '../../../../lib/dev/engines/dynoxide.ts'
import { systemClock } from '../../../../lib/system/clock.ts'
import { systemRandom } from '../../../../lib/system/random.ts'
import { jobWith, sunday } from '../../../support/job-changes.ts'
import { recording } from '../../../support/recording.ts'
import { countUnits } from '../../aws/dynamodb/capacity.ts'

let dynoxide: Dynoxide
let client: DynamoDBClient
let records: DynamoRecordStore
let units: ReturnType<typeof countUnits>

beforeAll(async () => {
  dynoxide = await startDynoxide()
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  client = new DynamoDBClient({ endpoint: dynoxide.endpoint, region: 'us-east-1', credentials })
  await createTables(client, { table: 'jobs', records: 'records' })
  units = countUnits(client)
  records = new DynamoRecordStore({
    client,
    table: 'records',
    jobTable: 'jobs',
    clock: systemClock,
    random: systemRandom,
  })
})
afterAll(async () => {
  client.destroy()
  await dynoxide.stop()
})

let sequence = 0

/** Three changes for each of so many plain jobs: enqueued, started, completed. */
function plainJobs(count: number, queue: string): readonly JobChange[] {
  return Array.from({ length: count }, (_, n) => {
    const job = jobWith({ id: `0198c0de-7a61-7c3e-9b1f-${queue}${n}`, queue })
    const run = { ...job, state: 'IN_PROGRESS' as const, owner: 'A', attempt: 1, startedAt: sunday + 200 }
    const versions = [undefined, job, run, { ...run, state: 'COMPLETED' as const, finishedAt: sunday + 900 }]
    return versions.slice(1).map((after, index) => {
      const before = versions[index]
      sequence += 1
      return { sequence: String(sequence), at: sunday, ...(before && { before }), ...(after && { after }) }
    })
  }).flat()
}

async function unitsOf(changes: readonly JobChange[], history: 'failed' | 'all'): Promise<number> {
  units()
  const failed = await recordBatch({ ...recording().deps, records, history }, { shard: 'shard-1', changes })
  expect(failed).toBeUndefined()
  return units().table
}

it('a batch costs some ten units, however many plain jobs are in it', async () => {
  // Five records are read (half a unit each, a whole one consistently) and written: stock, minute, hour, samples, busy.
  expect(await unitsOf(plainJobs(1, 'one'), 'failed')).toBeLessThanOrEqual(11)
  const many = plainJobs(330, 'many')
  expect(await unitsOf(many, 'failed')).toBeLessThanOrEqual(15)
  const [stock] = await records.get([stockKey('many')])
  expect(inStates(stockFrom(stock), 'COMPLETED')).toBe(330)
  // What comes again is read, and not written.
  expect(await unitsOf(many, 'failed')).toBeLessThanOrEqual(8)
})

it('history `all` costs a unit for each run', async () => {
  const without = await unitsOf(plainJobs(40, 'without'), 'failed')
  const all = await unitsOf(plainJobs(40, 'with'), 'all')
  expect(all - without).toBeGreaterThanOrEqual(40)
  expect(all - without).toBeLessThanOrEqual(42)
})

it('changes that move no job, such as heartbeats, cost nothing', async () => {
  const run = jobWith({ state: 'IN_PROGRESS', owner: 'A', startedAt: sunday })
  sequence += 1
  const beat = { sequence: String(sequence), at: sunday, before: run, after: { ...run, leaseUntil: sunday + 9 } }
  expect(await unitsOf([beat], 'all')).toBe(0)
})
