/** A job's ended runs, as the recorder keeps them. */

import { type History, queuePolicyOf } from '../../core/definition/runner.ts'
import { type RunRecord, runFrom } from '../../core/history/run-record.ts'
import { lifeOf } from '../../core/job/job.ts'
import { partsOf } from '../../core/records/keys.ts'
import { integerIn } from '../../core/values/check-options.ts'
import { formatInstant } from '../../core/values/instant.ts'
import type { Deps } from '../../ports/deps.ts'
import { checkId } from '../operate/operate.ts'
import { readParts } from './read-parts.ts'

export interface RunView extends Omit<RunRecord, 'startedAt' | 'endedAt' | 'runMs' | 'error'> {
  readonly startedAt?: string
  readonly endedAt?: string
  /** Absent of a run that crashed: nobody knows when it stopped. */
  readonly runMs?: number
  readonly error?: RunRecord['error']
}

export interface JobRuns {
  /** The newest first. The run that is under way is not among them: the job itself says since when it runs. */
  readonly runs: readonly RunView[]
  /** Which runs of the job's queue are kept; with `failed`, a job that completed at once has none. */
  readonly history: History
  /** Whether there are more than were asked for. */
  readonly isComplete: boolean
}

const maxRuns = 100

/**
 * Exact, and a few seconds late. Costs 1 read unit for the job and about 1 for ten runs.
 * @param limit 1 to 100. @default 100
 * @returns undefined when there is no such job
 * @throws InvalidInput, Unavailable
 */
export async function listRuns(deps: Deps, id: string, limit = maxRuns): Promise<JobRuns | undefined> {
  checkId(id)
  const most = integerIn('limit', limit, 1, maxRuns)
  const [job] = await deps.store.get([id], 'control')
  if (job === undefined) return undefined
  const prefix = partsOf('run', lifeOf(job))
  const records = await readParts(deps, { id, prefix, most: most + 1, isDescending: true })
  const runs = records.flatMap(record => runFrom(record) ?? [])
  return {
    runs: runs.slice(0, most).map(runView),
    history: queuePolicyOf(deps.runner, job.queue).history ?? 'failed',
    isComplete: runs.length <= most,
  }
}

function runView({ startedAt, endedAt, runMs, error, ...run }: RunRecord): RunView {
  return {
    ...run,
    ...(startedAt === undefined ? {} : { startedAt: formatInstant(startedAt) }),
    ...(endedAt === undefined ? {} : { endedAt: formatInstant(endedAt) }),
    ...(runMs === undefined ? {} : { runMs }),
    ...(error === undefined ? {} : { error }),
  }
}
