/** Many lanes as one list: the merge of their rows by time, and within an instant by lane. */
import { placeAfter } from '../../core/job/lane.ts'
import type { ListPlace } from '../../core/lookup/cursor.ts'
import type { JobFilter } from '../../core/lookup/job-filter.ts'
import { mapBounded } from '../../core/values/lists.ts'
import type { JobStore, TimelineRow } from '../../ports/job-store.ts'

/** Rows of a lane's first page: 2 KB, which is less than the smallest read that DynamoDB charges. */
const firstPageRows = 8
/** 1,000 rows take some 100 KB. */
const maxPageRows = 256
/** Queries under way. */
const parallelQueries = 16

export interface LaneRow extends TimelineRow {
  readonly lane: string
}

interface Lane {
  readonly name: string
  readonly rows: LaneRow[]
  readonly since: number
  readonly until: number
  /** Undefined before the first page. */
  from: string | undefined
  isRead: boolean
  pageRows: number
}

export interface LaneWalk {
  /** In any order, no two alike. */
  readonly lanes: readonly string[]
  readonly filter: Pick<JobFilter, 'since' | 'until' | 'isDescending'>
  /** The row after which it goes on. */
  readonly after?: ListPlace
  /** Whether most rows will be passed over, so that larger pages pay. */
  readonly isSparse: boolean
}

/**
 * The rows of all lanes in one order, as few pages as that needs. A place is `(time, lane, order within the lane)`, so rows
 * of one instant are never read twice and never left out, however many there are.
 */
export async function* walkLanes(
  { store }: { readonly store: JobStore },
  { lanes: names, filter, after, isSparse }: LaneWalk,
): AsyncGenerator<LaneRow, void> {
  const pageRows = isSparse ? maxPageRows / 4 : firstPageRows
  const lanes = names.toSorted().flatMap(name => laneFrom(name, filter, after, pageRows) ?? [])
  const sign = filter.isDescending ? -1 : 1
  for (;;) {
    await refill(store, lanes, filter.isDescending)
    const open = lanes.filter(({ rows }) => rows.length > 0)
    const [first, ...others] = open
    if (first === undefined) return
    const next = others.reduce((best, lane) => (sign * (timeOf(lane) - timeOf(best)) < 0 ? lane : best), first)
    const row = next.rows.shift()
    if (row !== undefined) yield row
  }
}

const timeOf = ({ rows: [first] }: Lane): number => first?.lookAt ?? 0

/** Lanes before that of the place have shown their rows of its instant; those behind have not. */
function laneFrom(
  name: string,
  { since, until, isDescending }: LaneWalk['filter'],
  after: ListPlace | undefined,
  pageRows: number,
): Lane | undefined {
  const lane = { name, rows: [], since, until, from: undefined, isRead: false, pageRows }
  if (after === undefined) return lane
  if (name === after.lane) return { ...lane, from: placeAfter(after) }
  const step = name < after.lane ? 1 : 0
  const bounds = isDescending
    ? { since, until: Math.min(until, after.lookAt - step) }
    : { since: Math.max(since, after.lookAt + step), until }
  return bounds.since > bounds.until ? undefined : { ...lane, ...bounds }
}

/** Reads on where a lane has run dry; those that soon will have, are read on in the same round. */
async function refill(store: JobStore, lanes: readonly Lane[], isDescending: boolean): Promise<void> {
  while (lanes.some(lane => !lane.isRead && lane.rows.length === 0)) {
    const low = lanes.filter(lane => !lane.isRead && lane.rows.length <= lane.pageRows / 4)
    await mapBounded(low, parallelQueries, lane => readOn(store, lane, isDescending))
  }
}

async function readOn(store: JobStore, lane: Lane, isDescending: boolean): Promise<void> {
  const { name, since, until, from, pageRows } = lane
  const page = await store.lane({
    lane: name,
    since,
    until,
    limit: pageRows,
    isDescending,
    ...(from === undefined ? {} : { from }),
  })
  lane.rows.push(...page.rows.map(row => ({ ...row, lane: name })))
  lane.from = page.next
  lane.isRead = page.next === undefined
  lane.pageRows = Math.min(maxPageRows, pageRows * 2)
}
