/** Runs that are put off at no cost, and how far a job has got where that decides whether it may be. */
import { decideUnrun } from '../../core/decide/failed-run.ts'
import { maxSnoozesOf } from '../../core/job/job.ts'
import { type RunOutcome, soonMs } from './run.ts'
import type { RunLease } from './run-lease.ts'

/**
 * The last attempt that left something from which later ones go on. Looked up only for a job that was put off as often as it
 * may be in a row; so no other run reads for it.
 * @param known what the run has seen so far
 */
export async function progressOf(lease: RunLease, known?: number): Promise<number | undefined> {
  const { job } = lease
  const most = maxSnoozesOf(job)
  if (known !== undefined || most === 0 || (job.snoozes ?? 0) < most) return known
  try {
    const { lastProgress } = await import('../workflow/run-steps.ts')
    return await lastProgress(lease)
  } catch {
    // Nobody can look. A job must not fail for that: the next run looks again.
    return job.attempt
  }
}

/** Another invocation must run the job: no attempt is charged. */
export async function unrun(lease: RunLease, delayMs: number = soonMs, known?: number): Promise<RunOutcome> {
  const { run, job } = lease
  const progressedAt = await progressOf(lease, known)
  const fraction = run.batch.deps.random.fraction()
  return decideUnrun({ job, policy: run.start.policy, fraction, progressedAt }, delayMs)
}
