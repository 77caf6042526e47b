import { generationOf, type Job } from '../../core/job/job.ts'
import type { JobError } from '../../core/job/job-error.ts'
import { type Cell, cellFrom, cellsOf, errorOf, inOrder, valueOf } from '../../core/records/cell.ts'
import { valueKeyOf } from '../../core/records/value-object.ts'
import { formatInstant } from '../../core/values/instant.ts'
import type { Deps } from '../../ports/deps.ts'
import { checkId } from '../operate/operate.ts'

/** What one named step of a job's handler has left. */
export interface StepView {
  readonly name: string
  readonly kind: Cell['kind']
  /** When it was written, ISO 8601. */
  readonly at: string
  /** JSON: what a step returned, what a signal brought, the number of a version, what children left. */
  readonly value?: unknown
  /** Of a value that is in the bucket, and not shown: its size as JSON. */
  readonly bytes?: number
  /** Its key in the bucket. */
  readonly key?: string
  /** With what a step failed for the last time. */
  readonly error?: JobError
  /** Of a sleep and of a wait: its end, ISO 8601. */
  readonly until?: string
  /** Of children: how many. */
  readonly of?: number
  /** Of a signal: the time was up before one came. */
  readonly isLate?: true
}

export interface JobSteps {
  readonly id: string
  readonly generation: number
  /** In the order in which they were written. */
  readonly steps: readonly StepView[]
}

/**
 * What the handler of a job has done so far: its steps, sleeps, waits and signals, of the job's generation as it is now.
 * @returns undefined when there is no such job
 * @throws InvalidInput, Unavailable
 */
export async function listSteps(deps: Deps, id: string): Promise<JobSteps | undefined> {
  checkId(id)
  const [job] = await deps.store.get([id], 'control')
  if (job === undefined) return undefined
  return { id, generation: generationOf(job), steps: (await cellsOfJob(deps, job)).map(viewOf) }
}

/** In the order in which they were written. @throws Unavailable */
export async function cellsOfJob({ records }: Deps, job: Job): Promise<readonly Cell[]> {
  const cells: Cell[] = []
  let from: string | undefined
  do {
    const page = await records.query({ ...cellsOf(job), limit: 1_000, ...(from === undefined ? {} : { from }) })
    cells.push(...page.records.flatMap(record => cellFrom(record) ?? []))
    from = page.next
  } while (from !== undefined)
  return inOrder(cells)
}

function viewOf(cell: Cell): StepView {
  const { name, kind, madeAt, value, ref, bytes, error, dueAt, of, isLate } = cell
  const key = ref === undefined ? undefined : valueKeyOf(ref)
  return {
    name,
    kind,
    at: formatInstant(madeAt),
    ...(value === undefined ? {} : { value: valueOf(cell) }),
    ...(bytes === undefined ? {} : { bytes }),
    ...(key === undefined ? {} : { key }),
    ...(error === undefined ? {} : { error: errorOf(cell) }),
    ...(dueAt === undefined ? {} : { until: formatInstant(dueAt) }),
    ...(of === undefined ? {} : { of }),
    ...(isLate === undefined ? {} : { isLate }),
  }
}
