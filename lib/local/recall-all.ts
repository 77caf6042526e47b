import { recall } from '../app/recall.ts'
import { SqsJobQueue } from '../aws/job-queue.ts'
import { DynamoJobStore } from '../aws/job-store.ts'
import { systemClock } from '../aws/system-clock.ts'
import { systemRandom } from '../aws/system-random.ts'
import type { Runner } from '../core/contract.ts'
import type { Engines } from './engines.ts'

/** After a restart the queues are empty: every message that was in them is known to be lost. */
export async function recallAll(runner: Runner, { dynamo, sqs, names }: Engines): Promise<void> {
  await recall({
    runner,
    store: new DynamoJobStore({ client: dynamo, table: names.table, clock: systemClock }),
    queue: new SqsJobQueue({ client: sqs, urls: names.queues }),
    clock: systemClock,
    random: systemRandom,
    telemetry: { emit: () => {} },
  })
}
