import { resendAll } from '../app/sweeper/resend-all.ts'
import { DynamoJobStore } from '../aws/dynamodb/job-store.ts'
import { DynamoRecordStore } from '../aws/dynamodb/record-store.ts'
import { SqsJobQueue } from '../aws/sqs/job-queue.ts'
import type { Runner } from '../core/definition/runner.ts'
import { systemClock } from '../system/clock.ts'
import { systemRandom } from '../system/random.ts'
import type { Engines } from './engines/engines.ts'

/** After a restart the queues are empty: every message that was in them is known to be lost. */
export async function resendLost(runner: Runner, { dynamo, sqs, names }: Engines): Promise<void> {
  const [client, clock, random] = [dynamo, systemClock, systemRandom]
  await resendAll({
    runner,
    store: new DynamoJobStore({ client, table: names.table, clock, random }),
    records: new DynamoRecordStore({ client, table: names.records, jobTable: names.table, clock, random }),
    queue: new SqsJobQueue({ client: sqs, urls: names.queues }),
    clock,
    random,
    telemetry: { emit: () => {} },
  })
}
