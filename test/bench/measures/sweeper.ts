/** How much of its own CPU time the sweeper spends on a due job, and how much memory large jobs take. */

import { fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BatchWriteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { chunksOf, mapBounded } from '../../../lib/core/values/lists.ts'
import { bundled } from '../bundled.ts'
import type { AwsEngines } from '../engines/aws.ts'
import { type Item, number, sampleItem } from '../sample-item.ts'
import type { Tick } from '../sweeper-process.ts'

/** As deployed: without the compiler and the modules of a development tree, which take memory of their own. */
const source = "import { serveTicks } from './test/bench/sweeper-process.ts'\nserveTicks()"
const visibilitySeconds = 600
const overdueMs = 60_000
const itemsPerCall = 25

/** Jobs of 380 KB that are due at once, for the memory. */
const largeJobs = 1_600
const largeBytes = 380_000
const maxTicks = 10

/** @returns due jobs per second of the sweeper's own CPU time, after a tick that warms it up */
export async function dueJobsPerCpuSecond(engines: AwsEngines, jobs: number): Promise<number> {
  const environment = await engines.place('bench-sweeper', visibilitySeconds)
  const sweeper = await startSweeper(environment)
  await seed(engines.dynamo, 'bench-sweeper', jobs)
  await sweeper.tick()
  await seed(engines.dynamo, 'bench-sweeper', jobs)
  const { dispatched, cpuMicroseconds } = await sweeper.tick()
  sweeper.stop()
  if (dispatched !== jobs) throw new Error(`the sweeper dispatched ${dispatched} jobs of ${jobs}`)
  return (jobs * 1_000_000) / cpuMicroseconds
}

/** @returns the most memory that a tick over large jobs took, in bytes */
export async function largeJobsPeakBytes(engines: AwsEngines): Promise<number> {
  const environment = await engines.place('bench-memory', visibilitySeconds)
  await seed(engines.dynamo, 'bench-memory', largeJobs, { S: JSON.stringify('x'.repeat(largeBytes)) })
  const sweeper = await startSweeper(environment)
  let tick = await sweeper.tick()
  // As in production, the next tick takes what was left. Each has read its share of large items.
  for (let ticks = 1; tick.dispatched !== 0; ticks += 1) {
    if (ticks === maxTicks) throw new Error('the engine is too slow to read the large items')
    tick = await sweeper.tick()
  }
  sweeper.stop()
  return tick.peakBytes
}

async function startSweeper(environment: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'lamplighter-bench-'))
  const child = fork(await bundled(folder, 'sweeper', source), [], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const gone = once(child, 'exit').then(() => Promise.reject(new Error('the sweeper ended without an answer')))
  gone.catch(() => {})
  return {
    async tick(): Promise<Tick> {
      child.send('tick')
      const [tick] = (await Promise.race([once(child, 'message'), gone])) as [Tick]
      return tick
    },
    stop() {
      child.disconnect()
      rmSync(folder, { recursive: true })
    },
  }
}

/** Jobs as the sweeper finds them: scheduled, due, and no message sent yet. */
async function seed(client: DynamoDBClient, table: string, jobs: number, input?: Item['input']): Promise<void> {
  const dueAt = Date.now() - overdueMs
  const items = Array.from({ length: jobs }, (_, index): Item => {
    const { dispatches: _dispatches, ...item } = sampleItem(randomUUID(), index, { dueAt, lookAt: dueAt })
    const scheduled = { ...item, state: { S: 'SCHEDULED' }, fence: number(0) }
    return input === undefined ? scheduled : { ...scheduled, input }
  })
  await mapBounded(chunksOf(items, itemsPerCall), 2, async some => {
    const requests = some.map(item => ({ PutRequest: { Item: item } }))
    await client.send(new BatchWriteItemCommand({ RequestItems: { [table]: requests } }))
  })
}
