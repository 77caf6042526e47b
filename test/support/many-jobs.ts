/** A data folder of a local stack that holds very many jobs of this repository before it starts. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { createTables } from '../../lib/aws/dynamodb/create-table.ts'
import { toItem } from '../../lib/aws/dynamodb/item.ts'
import { DynamoRecordStore } from '../../lib/aws/dynamodb/record-store.ts'
import { errorDerivations } from '../../lib/core/history/error-group.ts'
import type { JobChange } from '../../lib/core/history/job-change.ts'
import { stockDerivations } from '../../lib/core/history/stock.ts'
import type { Job, JobState, RawJob } from '../../lib/core/job/job.ts'
import { laneOf, type Phase, shardOf } from '../../lib/core/job/lane.ts'
import { startDynoxide } from '../../lib/dev/engines/dynoxide.ts'
import { systemClock } from '../../lib/system/clock.ts'
import { systemRandom } from '../../lib/system/random.ts'
import { engineSettings } from '../contract/conformance/dynamo-harness.ts'
import { seedEngine } from './seed-engine.ts'

const shards = 16
const day = 86_400_000

/** Of ten jobs, so many are in each state. Those that wait are due from tomorrow on. */
const states: readonly (readonly [state: JobState, phase: Phase])[] = [
  ...Array.from({ length: 4 }, () => ['SCHEDULED', 'live'] as const),
  ...Array.from({ length: 4 }, () => ['FAILED', 'failed'] as const),
  ['COMPLETED', 'completed'],
  ['CANCELLED', 'cancelled'],
]

export const hostileText = '<img src=x onerror="document.title=1">\u001b[31mred\u202e'

/** Errors of a few jobs among the many: what is left of a thousand → error. */
const rareErrors: ReadonlyMap<number, string> = new Map([
  [5, 'RangeError'],
  [15, 'SyntaxError'],
])

/** Two of a thousand jobs have failed with errors of their own, and can run; the first of them is hostile. */
export function manyJob(n: number, start: number): RawJob {
  const id = `01900000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`
  const [state, phase] = states[n % states.length] ?? ['FAILED', 'failed']
  const name = rareErrors.get(n % 1_000) ?? 'TypeError'
  const shard = shardOf(id, shards)
  const isLive = phase === 'live'
  const lookAt = isLive ? start + day + n * 10 : start - day + n * 500
  const message = n === 5 ? `${hostileText}${'W'.repeat(50_000)}` : 'no such column'
  return {
    id,
    type: 'summarise-csv',
    queue: 'default',
    state,
    input: JSON.stringify({ csv: n === 5 ? `a\n${hostileText}${'W'.repeat(200_000)}\n` : 'a\n1\n' }),
    attempt: isLive ? 0 : 1,
    attemptsLeft: 3,
    fence: 1,
    shard,
    insertedAt: start - day,
    scheduledAt: isLive ? lookAt : start - day,
    lane: laneOf('default', phase, shard),
    lookAt,
    ...(isLive ? {} : { finishedAt: lookAt }),
    ...(state === 'FAILED'
      ? {
          error: JSON.stringify({ name, message }),
          why: `${name}#00000001`,
        }
      : {}),
  }
}

/** Puts the jobs into the folder's table, and their counts beside it, in some seconds. The stack must not run. */
export async function seedFolder(folder: string, jobs: number, start: number): Promise<void> {
  const path = join(folder, 'table.db')
  rmSync(path, { force: true })
  const engine = await startDynoxide({ dbPath: path })
  const client = new DynamoDBClient({ ...engineSettings, endpoint: engine.endpoint })
  await createTables(client, { table: 'lamplighter', records: 'lamplighter-records' })
  const sample = toItem(manyJob(0, start))
  await client.send(new PutItemCommand({ TableName: 'lamplighter', Item: sample }))
  await count(client, jobs, start)
  client.destroy()
  await engine.stop()
  function* rest() {
    for (let n = 1; n < jobs; n += 1) yield toItem(manyJob(n, start))
  }
  await seedEngine({ path, table: 'lamplighter', sample, items: rest() })
}

/** A stretch of the stream, as the recorder counts one. */
const batch = 10_000

/** What the recorder would have counted, had the jobs come through the stream. */
async function count(client: DynamoDBClient, jobs: number, start: number): Promise<void> {
  const tables = { table: 'lamplighter-records', jobTable: 'lamplighter' }
  const records = new DynamoRecordStore({ client, ...tables, clock: systemClock, random: systemRandom })
  for (let first = 0; first < jobs; first += batch) {
    const changes = Array.from({ length: Math.min(batch, jobs - first) }, (_, index): JobChange => {
      const after = manyJob(first + index, start) as Job
      return { sequence: String(first + index), at: after.finishedAt ?? after.insertedAt, after }
    })
    for (const { key, changes: some, actions } of [...stockDerivations(changes), ...errorDerivations(changes)]) {
      const [stored] = await records.get([key])
      const [action, ...more] = actions(stored, some)
      if (action === undefined) continue
      const change = { name: 'seed', guard: [], actions: [action, ...more] as const, makes: true } as const
      const [outcome] = await records.update([{ key, change }])
      if (outcome?.kind !== 'applied') throw new Error(`the counts cannot be written: ${JSON.stringify(outcome)}`)
    }
  }
}
