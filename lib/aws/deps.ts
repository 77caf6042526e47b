import type { Runner } from '../core/contract.ts'
import type { Deps } from '../ports/deps.ts'
import type { Telemetry } from '../ports/telemetry.ts'
import { dynamoClient, sqsClient } from './clients.ts'
import type { Names } from './environment.ts'
import { SqsJobQueue } from './job-queue.ts'
import { DynamoJobStore } from './job-store.ts'
import { systemClock } from './system-clock.ts'
import { systemRandom } from './system-random.ts'

/** The ports on AWS. Clients are made here, once for the life of the process. */
export const awsDeps = (
  runner: Runner,
  { table, queues }: Names,
  telemetry: Telemetry,
): Deps & { readonly store: DynamoJobStore } => ({
  runner,
  store: new DynamoJobStore({ client: dynamoClient(), table, clock: systemClock }),
  queue: new SqsJobQueue({ client: sqsClient(), urls: queues }),
  clock: systemClock,
  random: systemRandom,
  telemetry,
})
