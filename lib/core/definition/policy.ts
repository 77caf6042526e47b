import { killLagMs, maxHoldMs, minHoldMs, skewBudgetMs, tickMs } from '../values/times.ts'
import type { Backoff } from './backoff.ts'

/** What a job's contract decides about its runs; fully populated. */
export interface JobPolicy {
  /** How long a run may take between its start (or its last heartbeat) and its outcome. */
  readonly timeoutMs: number
  readonly maxAttempts: number
  readonly maxSnoozes: number
  /** From the first step of a generation to its end. Absent: 30 days. */
  readonly maxDurationMs?: number
  readonly backoff: Backoff
  /** Keep completed jobs in the index: one write unit more per job. */
  readonly listCompleted: boolean
  /** Whether jobs are found by their tags: one write unit more for each tag of a job. Absent: no. */
  readonly tagIndex?: true
  readonly keepCompletedMs: number
  /** Also for cancelled jobs. */
  readonly keepFailedMs: number
}

export const defaultPolicy: JobPolicy = {
  timeoutMs: 60_000,
  maxAttempts: 5,
  maxSnoozes: 1_000,
  backoff: { kind: 'exponential', baseMs: 15_000, factor: 2, capMs: 3_600_000 },
  listCompleted: false,
  keepCompletedMs: 7 * 86_400_000,
  keepFailedMs: 30 * 86_400_000,
}

const dayMs = 86_400_000

export const maxDurationOf = ({ maxDurationMs = 30 * dayMs }: JobPolicy): number => maxDurationMs

/** timeout + kill lag + twice the skew budget: when it is over on any machine's clock, the run has stopped on its own. */
export const leaseMs = (policy: JobPolicy): number => policy.timeoutMs + killLagMs + 2 * skewBudgetMs

/** The first hold: at least two minutes, and always a tick longer than the lease. */
export const firstHoldMs = (policy: JobPolicy): number => Math.max(minHoldMs, leaseMs(policy) + tickMs)

/** Doubled with each message sent since the last start, at most an hour; never below the first. */
export const holdMs = (policy: JobPolicy, dispatches: number): number =>
  Math.max(firstHoldMs(policy), Math.min(maxHoldMs, firstHoldMs(policy) * 2 ** dispatches))

/** The instant after which a run must not work any more, on its own clock. */
export const lastWorkingInstant = (leaseUntil: number): number => leaseUntil - killLagMs - 2 * skewBudgetMs
