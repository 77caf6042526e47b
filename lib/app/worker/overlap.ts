/** Lets a job run only if the occurrence before it allows that: one read, two after a job that was skipped. */
import { decideOverlap, type OverlapDecision } from '../../core/decide/overlap.ts'
import { policyOf } from '../../core/definition/runner.ts'
import type { Job } from '../../core/job/job.ts'
import { cancelIfSeen, requestCancelIfRunning } from '../../core/transitions/cancel.ts'
import { newRequestToken } from '../tokens.ts'
import { write } from '../write.ts'
import type { RunOutcome } from './run.ts'
import type { RunLease } from './run-lease.ts'
import { unrun } from './unrun.ts'

/**
 * Jobs that one look follows: a skipped one names the job that it was skipped for, so two are usual. More were cancelled one
 * after the other while they waited for one that does not stop; the job runs when it does not find that one.
 */
const maxLooks = 100

/** Undefined: the job runs. Otherwise it is skipped, or put off until the one before it has ended. */
export async function keptByOverlap(lease: RunLease): Promise<RunOutcome | undefined> {
  if (lease.job.after === undefined || lease.job.overlap === undefined) return undefined
  let id = lease.job.after
  try {
    for (let looks = 0; looks < maxLooks; looks += 1) {
      const decision = await look(lease, id)
      switch (decision.kind) {
        case 'run':
          return undefined
        case 'skip':
          return { kind: 'skipped', after: decision.after }
        case 'wait':
          return await unrun(lease, decision.delayMs)
        case 'lookAt':
          id = decision.id
          break
        case 'cancelBefore':
          // One that runs gets a moment to stop. One that waited has ended: whom it waited for is next.
          if (!(await cancelBefore(lease, decision.before))) return await unrun(lease, decision.delayMs)
      }
    }
  } catch {
    // The store does not answer: nobody knows whether the job may run.
    return unrun(lease)
  }
  return undefined
}

async function look({ job, run }: RunLease, id: string): Promise<OverlapDecision> {
  const { writing, deps } = run.batch
  const [before] = await writing.store.get([id])
  return decideOverlap(job, before, deps.clock.now())
}

/** T15. @returns whether the job before has ended */
async function cancelBefore({ run: { batch } }: RunLease, before: Job): Promise<boolean> {
  if (before.cancelRequestedAt !== undefined && before.state === 'IN_PROGRESS') return false
  const { clock, random, runner } = batch.deps
  const asked = { now: clock.now(), request: newRequestToken(random), policy: policyOf(runner, before.type) }
  const isRunning = before.state === 'IN_PROGRESS'
  const transition = isRunning ? requestCancelIfRunning(asked.now, asked.request) : cancelIfSeen(before, asked)
  const written = await write(batch.writing, { id: before.id, transition }, { delaysMs: [] })
  return written.kind === 'written' && !isRunning
}
