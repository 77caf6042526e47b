/** The queue of Lamplighter's own jobs: bulk acts and backfills. No application can define its name or its types. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { JobContract } from './contract.ts'
import { defaultPolicy, type JobPolicy } from './policy.ts'
import type { QueuePolicy, Runner } from './runner.ts'

export const systemQueue = 'lamplighter'

const dayMs = 86_400_000

/** How long the record of a bulk act and its job stay, in milliseconds. */
export const bulkKeptMs = 90 * dayMs

/** One shard: nobody starts hundreds of bulk acts a second, and each shard costs the sweeper a query a minute. */
const queuePolicy: QueuePolicy = { concurrency: 2, batchSize: 1, shards: 1, history: 'failed' }

/** A crash is noticed after a minute. A run stops by itself before and goes on in the next one. */
const policy: JobPolicy = {
  ...defaultPolicy,
  timeoutMs: 60_000,
  maxAttempts: 20,
  maxSnoozes: 100_000,
  backoff: { kind: 'linear', stepMs: 10_000, capMs: 300_000 },
  keepCompletedMs: bulkKeptMs,
  keepFailedMs: bulkKeptMs,
}

/** Only code of this package enqueues these jobs, and it checks what it writes. */
const anyInput: StandardSchemaV1 = {
  '~standard': { version: 1, vendor: 'lamplighter', validate: value => ({ value }) },
}

export const bulkJob: JobContract = { type: 'lamplighter.bulk', queue: systemQueue, input: anyInput, policy }
export const backfillJob: JobContract = { type: 'lamplighter.backfill', queue: systemQueue, input: anyInput, policy }

export const hasSystemQueue = ({ queues }: Pick<Runner, 'queues'>): boolean => Object.hasOwn(queues, systemQueue)

/** A runner with the system queue in addition to its own. */
export const withSystemQueue = (runner: Runner): Runner => ({
  ...runner,
  queues: { ...runner.queues, [systemQueue]: queuePolicy },
  jobs: { ...runner.jobs, [bulkJob.type]: bulkJob, [backfillJob.type]: backfillJob },
})
