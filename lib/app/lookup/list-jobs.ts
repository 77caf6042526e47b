/** Lists of jobs, without a Scan: the index is read in its lanes, items only for what is shown. */
import type { Job } from '../../core/job/job.ts'
import { cursorText, type ListPlace, placeFrom } from '../../core/lookup/cursor.ts'
import { checkFilter, isRowWanted, type JobFilter, type ListOptions, statesIn } from '../../core/lookup/job-filter.ts'
import type { Deps } from '../../ports/deps.ts'
import { type JobSummary, summaryOf } from './job-summary.ts'
import { checkQueue, lanesOf, queuesKnown, readControl } from './lanes.ts'
import { type LaneRow, walkLanes } from './walk-lanes.ts'

/** Rows that one page looks at, at most. */
const maxRows = 2_000
/** Where the item decides (state, tag, parked) each costs a read unit, and a tenth of a millisecond of CPU. */
export const maxItems = 1_000
/** Items of one read. */
const maxRead = 100

export interface JobPage {
  readonly jobs: readonly JobSummary[]
  /** Rows of the index that were looked at, up to 2,000; up to 1,000 where `state`, `tag` or `parked` is given. A page can be short, or empty, and still have a `next`. */
  readonly looked: number
  /** For the next page; undefined after the last. */
  readonly next: string | undefined
}

/**
 * Jobs of a phase, a page at a time. What is shown is as the items are now; the index behind the list is up to a second
 * late. A page of 50 costs about 8 read units for 16 lanes, and one for each item read.
 *
 * @example
 * const { jobs, next } = await listJobs(deps, { queue: 'mails', phase: 'failed', type: 'send-mail' })
 * @throws InvalidInput for an option out of its range, an unknown queue, or a cursor of another list; Unavailable
 */
export async function listJobs(deps: Deps, options: ListOptions = {}): Promise<JobPage> {
  const { filter, limit } = checkFilter(options)
  const after = options.cursor === undefined ? undefined : placeFrom(filter, options.cursor)
  const control = await readControl(deps)
  if (filter.queue !== undefined) checkQueue(deps.runner, control, filter.queue)
  const queues = filter.queue === undefined ? queuesKnown(deps.runner, control) : [filter.queue]
  const lanes = lanesOf(deps.runner, control, queues, filter.phase)
  const rows = walkLanes(deps, { lanes, filter, isSparse: isSparse(filter), ...(after === undefined ? {} : { after }) })
  return pageOf(deps, rows, filter, limit)
}

const isItemNeeded = ({ state, tag, parked }: JobFilter): boolean =>
  state !== undefined || tag !== undefined || parked !== undefined
const isSparse = (filter: JobFilter): boolean =>
  filter.type !== undefined || filter.why !== undefined || isItemNeeded(filter)

interface Page {
  readonly jobs: JobSummary[]
  looked: number
  place: ListPlace | undefined
}

async function pageOf(
  deps: Deps,
  rows: AsyncGenerator<LaneRow, void>,
  filter: JobFilter,
  limit: number,
): Promise<JobPage> {
  const page: Page = { jobs: [], looked: 0, place: undefined }
  const most = isItemNeeded(filter) ? maxItems : maxRows
  let isOver = false
  while (page.jobs.length < limit && page.looked < most && !isOver) {
    const wanted = isItemNeeded(filter) ? maxRead : limit - page.jobs.length
    const chunk = await chunkOf(rows, filter, { wanted, looked: most - page.looked })
    const isAllTaken = await take(deps, page, chunk.rows, filter, limit)
    isOver = chunk.isLast && isAllTaken
  }
  return {
    jobs: page.jobs,
    looked: page.looked,
    next: isOver || page.place === undefined ? undefined : cursorText(filter, page.place),
  }
}

/** The next rows, up to so many whose items are to be read. */
async function chunkOf(
  rows: AsyncGenerator<LaneRow, void>,
  filter: JobFilter,
  most: { readonly wanted: number; readonly looked: number },
): Promise<{ readonly rows: readonly LaneRow[]; readonly isLast: boolean }> {
  const chunk: LaneRow[] = []
  for (let wanted = 0; wanted < most.wanted && chunk.length < most.looked; ) {
    const next = await rows.next()
    if (next.done === true) return { rows: chunk, isLast: true }
    chunk.push(next.value)
    if (isRowWanted(filter, next.value)) wanted += 1
  }
  return { rows: chunk, isLast: false }
}

/** @returns whether all of the rows are looked at now; not when the page is full before. */
async function take(
  deps: Deps,
  page: Page,
  rows: readonly LaneRow[],
  filter: JobFilter,
  limit: number,
): Promise<boolean> {
  const ids = rows.filter(row => isRowWanted(filter, row)).map(({ id }) => id)
  const jobs = new Map(
    (await deps.store.get(ids, 'control')).flatMap(job => (job === undefined ? [] : [[job.id, job]])),
  )
  for (const row of rows) {
    if (page.jobs.length === limit) return false
    page.looked += 1
    page.place = { lookAt: row.lookAt, lane: row.lane, id: row.id }
    const job = isRowWanted(filter, row) ? jobs.get(row.id) : undefined
    if (job !== undefined && isWanted(filter, job)) page.jobs.push(summaryOf(job))
  }
  return true
}

/** The index is late: the item may have gone on. */
function isWanted({ phase, state, type, tag, queue, parked }: JobFilter, job: Job): boolean {
  if (queue !== undefined && job.queue !== queue) return false
  if (type !== undefined && job.type !== type) return false
  if (tag !== undefined && job.tags?.includes(tag) !== true) return false
  if (parked === true && (job.state !== 'AVAILABLE' || job.parked === undefined)) return false
  return state === undefined ? isInPhase(phase, job) : job.state === state
}

/** A state of a later release is in no phase that this one knows; its row says that it has not ended. */
const isInPhase = (phase: JobFilter['phase'], { state }: Job): boolean =>
  statesIn(phase).includes(state) || (phase === 'live' && !endStates.has(state))
const endStates: ReadonlySet<string> = new Set(
  (['failed', 'completed', 'cancelled'] as const).flatMap(phase => statesIn(phase)),
)
