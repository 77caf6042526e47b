import { atGate } from '../../core/definition/limit.ts'
import type { Job } from '../../core/job/job.ts'
import { fromJsonText } from '../../core/values/json.ts'
import type { Deps } from '../../ports/deps.ts'
import { checkInput } from '../check-input.ts'

/**
 * What a job that is adopted has of its gate: what it has already, or what its contract gives to its input. A foreign writer
 * need not know of gates. Costs a read only where the input is needed and was not read.
 *
 * An input that the schema refuses has none: the job's start ends it.
 * @throws InvalidInput when the contract gives no key; Unavailable
 */
export async function gateFor(
  { runner, store }: Pick<Deps, 'runner' | 'store'>,
  job: Job,
): Promise<ReturnType<typeof atGate>> {
  const contract = Object.hasOwn(runner.jobs, job.type) ? runner.jobs[job.type] : undefined
  if (contract === undefined || job.gate !== undefined) return {}
  // That of its queue asks for no input.
  if (contract.limit === undefined) return atGate(runner, contract, undefined)
  // An input that lies elsewhere is one of our own jobs', which got its gate when it was enqueued.
  if (job.ref !== undefined) return {}
  const input = job.input === '' ? (await store.get([job.id]))[0]?.input : job.input
  let output: unknown
  try {
    output = await checkInput(contract, fromJsonText(input ?? ''))
  } catch {
    return {}
  }
  return atGate(runner, contract, output)
}
