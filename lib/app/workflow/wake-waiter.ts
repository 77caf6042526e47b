/** T25 for whoever waits for a group: all of its jobs have ended. */
import { policyOf } from '../../core/definition/runner.ts'
import { generationOf, isTerminal, isUnderstood, type Job, lifeOf } from '../../core/job/job.ts'
import { batchLife, type GroupName } from '../../core/job/parent.ts'
import { wakeIfSeen } from '../../core/transitions/suspend.ts'
import { Unavailable } from '../../core/values/errors.ts'
import type { Deps } from '../../ports/deps.ts'
import { sendOrPull } from '../send.ts'
import { newRequestToken } from '../tokens.ts'
import { write } from '../write.ts'

/** The job changes under the wake: each of its starts and ends is one. */
const maxTries = 8
const delaysMs = [200]

/** Done again it is harmless: the job looks once more. @throws Unavailable */
export async function wakeWaiter(deps: Deps, group: GroupName): Promise<void> {
  for (let tries = 0; tries < maxTries; tries += 1) {
    const [job] = await deps.store.get([group.id], 'control')
    if (job === undefined || !waitsFor(job, group)) return
    const asked = {
      now: deps.clock.now(),
      request: newRequestToken(deps.random),
      policy: policyOf(deps.runner, job.type),
    }
    const change = { id: job.id, transition: wakeIfSeen(job, asked), seen: job }
    const written = await write(deps, change, { delaysMs })
    if (written.kind === 'failed') throw new Unavailable('wake', written.error)
    if (written.kind === 'refused') continue
    // It is written: where no message goes out, the sweeper hands the job out.
    if (job.state === 'WAITING') await sendOrPull(deps, [{ job: written.job, delayMs: 0 }])
    return
  }
  throw new Unavailable('wake', `job ${group.id} keeps changing`)
}

/** Nobody waits any more where the job has ended, or is in another life or generation. */
export function isPast(job: Job, { life, generation }: GroupName): boolean {
  if (isTerminal(job.state) && job.next === undefined) return true
  return life !== batchLife && (lifeOf(job).life !== life || generationOf(job) !== generation)
}

function waitsFor(job: Job, group: GroupName): boolean {
  if (!isUnderstood(job) || isPast(job, group)) return false
  return group.life !== batchLife || job.batch !== undefined
}
