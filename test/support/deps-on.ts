/** Use cases on the tables `jobs` and `records` of an engine, with a queue in memory and a clock that the test moves. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoJobStore } from '../../lib/aws/dynamodb/job-store.ts'
import { DynamoRecordStore } from '../../lib/aws/dynamodb/record-store.ts'
import type { Runner } from '../../lib/core/definition/runner.ts'
import type { Deps } from '../../lib/ports/deps.ts'
import { MemoryJobQueue } from '../../lib/testing/memory-job-queue.ts'
import { SeededRandom } from '../../lib/testing/seeded-random.ts'
import type { VirtualClock } from '../../lib/testing/virtual-clock.ts'

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
