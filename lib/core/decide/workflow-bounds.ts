/** How long a job may go on from its steps, and how often it may start. Pure. */
import { type JobPolicy, maxDurationOf } from '../definition/policy.ts'
import type { Job } from '../job/job.ts'
import type { JobError } from '../job/job-error.ts'
import { formatMs } from '../values/duration.ts'
import { formatInstant } from '../values/instant.ts'

/** Starts of one generation, of a job that has steps. Each costs a write unit and a message: more of them is a loop. */
export const maxStarts = 10_000

/** What is kept of one step, sleep or signal. */
interface Kept {
  readonly kind: string
  readonly isLate?: boolean
  readonly madeAt: number
}

/** When the handler did the first thing that is kept; undefined: nothing yet. What others have sent is not its own. */
export function beganAt(cells: Iterable<Kept>): number | undefined {
  let first: number | undefined
  for (const { kind, isLate, madeAt } of cells) {
    const isOwn = kind !== 'signal' || isLate === true
    if (isOwn && (first === undefined || madeAt < first)) first = madeAt
  }
  return first
}

export interface Bounded {
  readonly job: Pick<Job, 'type' | 'attempt'>
  readonly policy: JobPolicy
  readonly cells: Iterable<Kept>
  readonly now: number
}

/** Why the job may not go on; undefined where it may. */
export function decideBounds({ job: { type, attempt }, policy, cells, now }: Bounded): JobError | undefined {
  const began = beganAt(cells)
  const maxMs = maxDurationOf(policy)
  if (began !== undefined && now > began + maxMs) {
    const message = `its first step was at ${formatInstant(began)}; maxDuration of job type '${type}': ${formatMs(maxMs)}`
    return { name: 'TooOld', message }
  }
  if (attempt <= maxStarts) return undefined
  const message = `the job has started ${attempt} times; allowed: at most ${maxStarts}, unless it begins anew by continueAsNew`
  return { name: 'TooManyStarts', message }
}

/** The instant until which the job may rest. */
export const latestRest = ({ policy, cells, now }: Omit<Bounded, 'job'>): number =>
  (beganAt(cells) ?? now) + maxDurationOf(policy)
