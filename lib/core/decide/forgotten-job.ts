/** What the reconciler does with a job that a scan of the whole table shows. */
import { type Home, homeOf } from '../definition/home.ts'
import type { Runner } from '../definition/runner.ts'
import { isTerminal, isUnderstood, type Job } from '../job/job.ts'
import { isStray } from '../transitions/adopt.ts'
import { homeless } from './due-job.ts'

export type ScanDecision =
  /** T19: nobody would ever look at it. */
  | { readonly kind: 'adopt'; readonly home: Home }
  /** T22: the sweeper should have looked at it long ago. */
  | { readonly kind: 'forgotten'; readonly home: Home; readonly lateMs: number }
  /** Nobody here can handle the job. */
  | { readonly kind: 'setAside'; readonly why: string }
  | { readonly kind: 'leave' }

/**
 * A tick looks at every due job each minute, and half an hour after the worst of days. A look that is an hour past means
 * that no tick finds the job: its queue is gone, the index lost its row, a lane is starved.
 */
const forgottenAfterMs = 3_600_000

/** @param isExcused its queue is paused, or was until a short time ago: no tick looks at its jobs, and none is forgotten */
export function decideScanned(job: Job, now: number, runner: Runner, isExcused = false): ScanDecision {
  if (!isUnderstood(job) || (isTerminal(job.state) && job.next === undefined)) return { kind: 'leave' }
  const lateMs = now - (job.lookAt ?? now)
  const isLost = isStray(job)
  if (!isLost && (isExcused || lateMs <= forgottenAfterMs)) return { kind: 'leave' }
  const home = homeOf(runner, job)
  if (home === undefined) return { kind: 'setAside', why: homeless(job) }
  return isLost ? { kind: 'adopt', home } : { kind: 'forgotten', home, lateMs }
}
