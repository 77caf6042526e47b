/** T29: the job that follows under a unique key begins, right after the one before it has ended. */
import { homeOf } from '../core/definition/home.ts'
import { policyOf } from '../core/definition/runner.ts'
import { isTerminal, type Job } from '../core/job/job.ts'
import { beginNextIfEnded, nextOf } from '../core/transitions/unique.ts'
import type { Deps } from '../ports/deps.ts'
import { type Sending, sendOrPull } from './send.ts'
import { write } from './write.ts'

/** The message of a job that was placed at its time; none for one beyond SQS's delay. */
export const sendingOf = (job: Job, now: number): readonly Sending[] =>
  (job.dispatches ?? 0) === 0 ? [] : [{ job, delayMs: Math.max(0, job.scheduledAt - now) }]

/** After a write that may have ended the job: begins what follows, if anything does. */
export const followedUp = async (deps: Deps, job: Job): Promise<void> => {
  if (job.next !== undefined && isTerminal(job.state)) await beginNext(deps, job)
}

/** Best effort: where it fails, the sweeper does it when it looks at the job. */
export async function beginNext(deps: Deps, ended: Job): Promise<void> {
  const next = nextOf(ended)
  const home = homeOf(deps.runner, ended)
  if (next === undefined || home === undefined) return
  const now = deps.clock.now()
  const transition = beginNextIfEnded(ended, next, { home, now, policy: policyOf(deps.runner, ended.type) })
  const written = await write(deps, { id: ended.id, transition, seen: ended }, { delaysMs: [200] })
  if (written.kind === 'written') await sendOrPull(deps, sendingOf(written.job, now))
}
