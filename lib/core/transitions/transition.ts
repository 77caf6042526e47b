import type { JobPolicy } from '../definition/policy.ts'
import type { Job, JobAttribute } from '../job/job.ts'
import type { Clause } from './clause.ts'

/**
 * What is reported once the change has been carried out. The writer adds what the item itself says: id, type, queue,
 * attempt, times and counters (see `reportsOf`).
 */
export type TransitionEvent =
  | {
      readonly name:
        | 'job_started'
        | 'job_completed'
        | 'job_snoozed'
        | 'job_suspended'
        | 'job_woken'
        | 'job_cancelled'
        | 'job_cancel_requested'
        | 'job_crashed'
        | 'job_dispatched'
        | 'job_parked'
        | 'job_booked'
        | 'job_adopted'
        | 'job_moved'
        | 'job_tidied'
        | 'job_requeued'
        | 'job_rescheduled'
        | 'job_deleted'
    }
  | ({ readonly name: 'job_retry' } & ReportedError)
  | ({ readonly name: 'job_failed' } & ReportedError)

interface ReportedError {
  /** Name and message, bounded. */
  readonly error: string
  readonly stack?: string
}

/** With what a change is asked for that is not the outcome of a run. */
export interface Asked {
  /** One reading of the clock for all instants of the change. */
  readonly now: number
  /** Token by which whoever asks recognises the own write. */
  readonly request: string
  /** Of the job's type. */
  readonly policy: JobPolicy
}

/** Values to write. Only stored attributes; never undefined, which would be a removal in disguise. */
export type Changes = { readonly [K in JobAttribute]?: NonNullable<Job[K]> }

/**
 * A change of one item, as data. The memory store evaluates it, lib/aws renders it to a conditional statement: the
 * simulation tests the very guards that production sends. Nothing anywhere else sets a state.
 */
export interface Transition {
  /** The guard is in the name: `completeIfOwner`. */
  readonly name: string
  /** The row of the table in docs/architecture.md. */
  readonly row: `T${number}`
  /** Must all hold, or nothing is written and the stored item comes back. */
  readonly guard: readonly Clause[]
  readonly set: Changes
  /** Counters changed by an amount, where the writer has not read the item. They must exist. */
  readonly add?: { readonly [K in 'attempt' | 'attemptsLeft']?: number }
  readonly remove: readonly JobAttribute[]
  /** The item itself goes. */
  readonly deletes?: true
  /** What happened to the job; absent where nobody needs to know. */
  readonly event?: TransitionEvent
}

/** A job that was seen, after a change of it that was carried out. */
export function jobAfter(transition: Transition, seen: Job): Job {
  const missing = (seen.missing ?? []).filter(name => transition.set[name] === undefined)
  // What a job must have is never removed.
  const next = applyTransition(transition, seen) as Job
  return missing.length === 0 ? next : { ...next, missing }
}

/** The item after the change. The guard is not looked at: see `refusedBy`. */
export function applyTransition(transition: Transition, job: Partial<Job>): Partial<Job> {
  const next: Record<string, unknown> = {}
  // Copied without what goes: a property that is deleted makes each later use of the object slow.
  for (const [name, value] of Object.entries(job)) {
    if (name !== 'missing' && !transition.remove.includes(name as JobAttribute)) next[name] = value
  }
  Object.assign(next, transition.set)
  for (const [name, amount] of Object.entries(transition.add ?? {})) {
    next[name] = (job[name as 'attempt' | 'attemptsLeft'] ?? 0) + amount
  }
  return next
}
