/** What the jobs of a group have left: read from their own items once all have ended. */
import { ChildFailed, type ChildOutcome } from '../../core/definition/children.ts'
import type { JobRequest } from '../../core/definition/job-request.ts'
import { contractOf } from '../../core/definition/runner.ts'
import { StepMisused } from '../../core/definition/workflow.ts'
import { storedError } from '../../core/history/stored-error.ts'
import { childJobId } from '../../core/job/ids.ts'
import type { Job } from '../../core/job/job.ts'
import { normaliseError } from '../../core/job/job-error.ts'
import type { GroupName } from '../../core/job/parent.ts'
import { type Cell, valueOf } from '../../core/records/cell.ts'
import { fromJsonText, utf8Bytes } from '../../core/values/json.ts'
import { mapBounded } from '../../core/values/lists.ts'
import type { Deps } from '../../ports/deps.ts'
import { checkResult } from '../check-input.ts'
import type { RunLease } from '../worker/run-lease.ts'
import { groupOf, hasEnded, readMembers } from './members.ts'

/** Kept with the step: every run sees the same. What takes more is read from the children in each run. */
const maxKeptBytes = 32 * 1024
/** Of the results of one group, in the memory of a worker. */
const maxResultsBytes = 32 * 1024 * 1024

/** @throws Unavailable */
export async function joinedContent(deps: Deps, group: GroupName, of: number): Promise<Pick<Cell, 'value'>> {
  const text = JSON.stringify(await outcomesOf(deps, group, [...Array(of).keys()]))
  return utf8Bytes(text) <= maxKeptBytes ? { value: text } : {}
}

interface Wanted {
  readonly jobs: readonly JobRequest[]
  /** An outcome for each; else the results alone. */
  readonly collects: boolean
}

/**
 * In the order of the requests, checked against the contracts' `output`.
 * @throws ChildFailed, Unavailable, StepMisused
 */
export async function outcomesIn(lease: RunLease, cell: Cell, { jobs, collects }: Wanted): Promise<readonly unknown[]> {
  const { deps } = lease.run.batch
  const kept = valueOf(cell)
  const { of = jobs.length } = cell
  const outcomes = Array.isArray(kept)
    ? (kept as ChildOutcome[])
    : await outcomesOf(deps, groupOf(lease, cell.name), [...Array(of).keys()])
  const fit = await mapBounded(outcomes, 1, async (outcome, index) => fitting(deps, outcome, jobs[index]))
  return collects ? fit : resultsOf(cell.name, fit)
}

/** @throws ChildFailed for the first that has not completed */
function resultsOf(name: string, outcomes: readonly ChildOutcome[]): readonly unknown[] {
  return outcomes.map((outcome, index) => {
    if (outcome.kind === 'completed') return outcome.result
    throw new ChildFailed(name, index, outcome)
  })
}

/** @throws Unavailable; StepMisused for more than a worker can hold */
async function outcomesOf(
  deps: Pick<Deps, 'store'>,
  group: GroupName,
  indexes: readonly number[],
): Promise<readonly ChildOutcome[]> {
  let bytes = 0
  const of = (job: Job | undefined, index: number): ChildOutcome => {
    bytes += job?.result?.length ?? 0
    if (bytes > maxResultsBytes) {
      const allowed = `at most ${maxResultsBytes}; put large ones where others can read them, and return where they are`
      throw new StepMisused(group.name, `the results of its jobs take more than that; allowed: ${allowed}`)
    }
    return outcomeOf(childJobId(group, index), job)
  }
  return readMembers(deps, group, indexes, { parts: 'all', of })
}

/** What became of one. */
export function outcomeOf(id: string, job: Job | undefined): ChildOutcome {
  if (job === undefined || !hasEnded(job)) return { kind: 'gone', id }
  if (job.state === 'COMPLETED') {
    return { kind: 'completed', id, result: job.result === undefined ? undefined : fromJsonText(job.result) }
  }
  if (job.state === 'CANCELLED') return { kind: 'cancelled', id, ...(job.code === undefined ? {} : { code: job.code }) }
  const { name, message } = storedError(job.error ?? '{}')
  return { kind: 'failed', id, error: { name, message } }
}

/** A result that an earlier release stored, and that the contract does not take any more, is no result. */
async function fitting(deps: Deps, outcome: ChildOutcome, request: JobRequest | undefined): Promise<ChildOutcome> {
  if (outcome.kind !== 'completed' || request === undefined) return outcome
  const { id, result } = outcome
  try {
    return { kind: 'completed', id, result: await checkResult(contractOf(deps.runner, request.type), result) }
  } catch (error) {
    const { name, message } = normaliseError(error)
    return { kind: 'failed', id, error: { name, message } }
  }
}
