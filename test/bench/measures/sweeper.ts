/** How much of its own CPU time the sweeper spends on a due job, and how much memory large jobs take. */

import { fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { BatchWriteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { chunksOf, mapBounded } from '../../../lib/core/values/lists.ts'
import type { AwsEngines } from '../engines/aws.ts'
import { type Item, number, sampleItem } from '../sample-item.ts'
import type { Tick } from '../sweeper-process.ts'

const program = fileURLToPath(new URL('../sweeper-process.ts', import.meta.url))
const visibilitySeconds = 600
const overdueMs = 60_000
const itemsPerCall = 25

/** Jobs of 380 KB that are due at once, for the memory. */
const largeJobs = 1_600
const largeBytes = 380_000

/** @returns due jobs per second of the sweeper's own CPU time, after a tick that warms it up */
export async function dueJobsPerCpuSecond(engines: AwsEngines, jobs: number): Promise<number> {
  const environment = await engines.place('bench-sweeper', visibilitySeconds)
  const sweeper = startSweeper(environment)
  await seed(engines.dynamo, 'bench-sweeper', jobs)
  await sweeper.tick(jobs)
  await seed(engines.dynamo, 'bench-sweeper', jobs)
  const { cpuMicroseconds } = await sweeper.tick(jobs)
  sweeper.stop()
  return (jobs * 1_000_000) / cpuMicroseconds
}

/** @returns the most memory that a tick over large jobs took, in bytes */
export async function largeJobsPeakBytes(engines: AwsEngines): Promise<number> {
  const environment = await engines.place('bench-memory', visibilitySeconds)
  await seed(engines.dynamo, 'bench-memory', largeJobs, { S: JSON.stringify('x'.repeat(largeBytes)) })
  const sweeper = startSweeper(environment)
  const { peakBytes } = await sweeper.tick(largeJobs)
  sweeper.stop()
  return peakBytes
}

function startSweeper(environment: Readonly<Record<string, string>>) {
  const child = fork(program, [], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  return {
    async tick(jobs: number): Promise<Tick> {
      child.send('tick')
      const [tick] = (await once(child, 'message')) as [Tick]
      if (tick.dispatched !== jobs) throw new Error(`the sweeper dispatched ${tick.dispatched} jobs of ${jobs}`)
      return tick
    },
    stop: () => child.disconnect(),
  }
}

/** Jobs that wait in the far future's way: scheduled, no message sent, and due. */
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
