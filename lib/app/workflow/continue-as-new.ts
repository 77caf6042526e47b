/** `ctx.continueAsNew`: what the job is in its next generation. */
import type { JobContract } from '../../core/definition/contract.ts'
import { atGate } from '../../core/definition/limit.ts'
import { tenantOf } from '../../core/definition/tenant.ts'
import type { Job } from '../../core/job/job.ts'
import { normaliseError } from '../../core/job/job-error.ts'
import { contentOf, type JobContent } from '../../core/transitions/unique.ts'
import { InvalidInput, Unavailable } from '../../core/values/errors.ts'
import { fromJsonText, toJsonText } from '../../core/values/json.ts'
import { chainHopMs, maxChainDepth, maxTransactInputBytes } from '../../core/values/times.ts'
import { checkInput } from '../check-input.ts'
import { placedInput, putPayloads } from '../payloads.ts'
import { newRequestToken } from '../tokens.ts'
import type { RunOutcome } from '../worker/run.ts'
import type { RunLease } from '../worker/run-lease.ts'
import { unrun } from '../worker/unrun.ts'

/** An input that is refused fails the job for good: each run would bring it. */
export async function continuedWith(lease: RunLease, contract: JobContract, input: unknown): Promise<RunOutcome> {
  try {
    return { kind: 'continued', next: await nextGeneration(lease, contract, input) }
  } catch (error) {
    if (!(error instanceof Unavailable)) return { kind: 'failed', error: normaliseError(error) }
    return unrun(lease)
  }
}

/** @throws InvalidInput, InputRefused, JobTooLarge, Unavailable */
async function nextGeneration(lease: RunLease, contract: JobContract, input: unknown): Promise<JobContent> {
  const { deps } = lease.run.batch
  const text = toJsonText('continueAsNew', input, maxTransactInputBytes)
  // What is stored is checked, not what was given: the handler gets what JSON text gives back.
  const output = await checkInput(contract, fromJsonText(text))
  const { ref: _, startBy: __, tenant: ___, gate: ____, depth: _____, next: ______, ...kept } = lease.job
  const [tenant, depth] = [tenantOf(contract, output), depthOf(lease)]
  const whole: Job = {
    ...kept,
    input: text,
    scheduledAt: deps.clock.now(),
    request: newRequestToken(deps.random),
    ...(depth === 0 ? {} : { depth }),
    ...(tenant === undefined ? {} : { tenant }),
    ...atGate(deps.runner, contract, output),
  }
  // Never in a bucket: workers may not write there.
  const { job, payload } = placedInput({}, contract, whole)
  const [lost] = await putPayloads(deps, payload === undefined ? [] : [payload])
  if (lost !== undefined) throw lost
  return contentOf(job)
}

/** Only a job that begins anew within a minute, and has never rested, can run away. @throws InvalidInput */
function depthOf({ job, run }: RunLease): number {
  const isHop = job.attempt === 1 && run.batch.deps.clock.now() - run.start.now < chainHopMs
  const depth = isHop ? (job.depth ?? 0) + 1 : 0
  if (depth <= maxChainDepth) return depth
  const allowed = `at most ${maxChainDepth} generations in a row that take less than a minute each`
  throw new InvalidInput('continueAsNew', depth, allowed)
}
