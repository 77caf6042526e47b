/** Use cases on the tables `jobs` and `records` of an engine, with a queue in memory and a clock that the test moves. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { createTables } from '../../lib/aws/dynamodb/create-table.ts'
import { DynamoJobStore } from '../../lib/aws/dynamodb/job-store.ts'
import { DynamoRecordStore } from '../../lib/aws/dynamodb/record-store.ts'
import type { Runner } from '../../lib/core/definition/runner.ts'
import { startDynoxide } from '../../lib/dev/engines/dynoxide.ts'
import type { Deps } from '../../lib/ports/deps.ts'
import { MemoryJobQueue } from '../../lib/testing/memory-job-queue.ts'
import { SeededRandom } from '../../lib/testing/seeded-random.ts'
import { VirtualClock } from '../../lib/testing/virtual-clock.ts'
import { countUnits } from '../unit/aws/dynamodb/capacity.ts'

export function depsOn(client: DynamoDBClient, runner: Runner, clock: VirtualClock): Deps {
  const random = new SeededRandom(7)
  return {
    runner,
    store: new DynamoJobStore({ client, table: 'jobs', clock, random }),
    records: new DynamoRecordStore({ client, table: 'records', jobTable: 'jobs', clock, random }),
    queue: new MemoryJobQueue(clock),
    clock,
    random,
    telemetry: { emit() {} },
  }
}

/** The same on an embedded engine of its own, which counts what is written. */
export async function countedDeps(runner: Runner, begin: number) {
  const dynoxide = await startDynoxide()
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const client = new DynamoDBClient({ endpoint: dynoxide.endpoint, region: 'us-east-1', credentials })
  await createTables(client, { table: 'jobs', records: 'records' })
  // Writes alone: the engine reports read units under the same name.
  const consumed = countUnits(client, command => !/^(?:BatchGet|Get|Query)/.test(command))
  const clock = new VirtualClock(begin)
  return {
    deps: depsOn(client, runner, clock),
    clock,
    /** Write units since the last call. */
    units() {
      const { table, index } = consumed()
      return table + index
    },
    async stop() {
      client.destroy()
      await dynoxide.stop()
    },
  }
}
