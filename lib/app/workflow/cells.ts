/** Reads and writes cells for a run. */
import { StepMisused } from '../../core/definition/workflow.ts'
import { type Cell, cellFrom, cellId, cellsOf, maxCells, maxCellsBytes } from '../../core/records/cell.ts'
import type { StoredRecord } from '../../core/records/record.ts'
import type { RunLease } from '../worker/run-lease.ts'

/** Pauses between two tries. Beyond the SDK's own retries. */
const pausesMs = [200, 1_000, 3_000] as const

/**
 * What earlier runs of the generation have left, by name. The first run of a job that nobody has woken finds nothing, and
 * does not ask.
 * @throws StepMisused for more than a run can hold; Unavailable
 */
export async function loadCells({ job, run }: RunLease): Promise<Map<string, Cell>> {
  const cells = new Map<string, Cell>()
  if (job.attempt <= 1 && job.wakes === undefined) return cells
  const { records } = run.batch.deps
  let bytes = 0
  let from: string | undefined
  do {
    const page = await records.query({
      ...cellsOf(job),
      limit: maxCells,
      isConsistent: true,
      ...(from === undefined ? {} : { from }),
    })
    for (const record of page.records) {
      const cell = cellFrom(record)
      if (cell === undefined) continue
      cells.set(cellId(cell), cell)
      bytes += (cell.value?.length ?? 0) + (cell.error?.length ?? 0)
    }
    if (bytes > maxCellsBytes) {
      throw new StepMisused('…', `the steps of this job hold ${bytes} bytes; allowed: at most ${maxCellsBytes}`)
    }
    from = page.next
  } while (from !== undefined)
  return cells
}

/** The last attempt that made a cell; undefined: none has. @throws as `loadCells` */
export async function lastProgress(lease: RunLease): Promise<number | undefined> {
  const attempts = [...(await loadCells(lease)).values()].flatMap(({ attempt }) => attempt ?? [])
  return attempts.length === 0 ? undefined : Math.max(...attempts)
}

/** @returns the cell that is stored under the name, whoever wrote it; undefined when the table does not answer */
export async function putCell({ run }: RunLease, record: StoredRecord): Promise<Cell | undefined> {
  const { records, clock } = run.batch.deps
  for (let tries = 0; ; tries += 1) {
    const [outcome] = await records.putIfAbsent([record])
    if (outcome?.kind === 'put') return cellFrom(record)
    if (outcome?.kind === 'exists') return cellFrom(outcome.record)
    const pauseMs = pausesMs[tries]
    if (pauseMs === undefined) return undefined
    await clock.sleep(pauseMs)
  }
}
