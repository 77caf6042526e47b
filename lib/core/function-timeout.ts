import type { Runner } from './contract.ts'
import { leaseMs } from './policy.ts'

/** Room after the longest lease of a queue: to record outcomes and answer before Lambda ends the function. */
const recordMs = 6_000

/** AWS's advice for a queue that feeds a function. docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html */
const visibilityFactor = 6

/**
 * How long the worker function of a queue may take: the longest lease of its jobs, and room to record. In whole
 * seconds, as Lambda wants them; at most 15 minutes, because `defineJob` bounds every timeout.
 */
export function functionTimeoutMs(runner: Runner, queue: string): number {
  const leases = Object.values(runner.jobs).flatMap(job => (job.queue === queue ? leaseMs(job.policy) : []))
  return Math.ceil((Math.max(0, ...leases) + recordMs) / 1_000) * 1_000
}

/**
 * The queue's own visibility timeout. It only matters when a worker could not even say how long a message shall stay
 * hidden: a run sets it to its lease.
 */
export const visibilityTimeoutMs = (runner: Runner, queue: string): number =>
  functionTimeoutMs(runner, queue) * visibilityFactor
