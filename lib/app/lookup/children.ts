/** The jobs that somebody waits for, a page at a time. */
import type { ChildOutcome } from '../../core/definition/children.ts'
import { childJobId } from '../../core/job/ids.ts'
import { generationOf, type Job, type JobState, lifeOf } from '../../core/job/job.ts'
import type { JobError } from '../../core/job/job-error.ts'
import { batchOf, type GroupName } from '../../core/job/parent.ts'
import { groupFrom, nameOfRoot, pendingIn } from '../../core/records/group.ts'
import { partsOf } from '../../core/records/keys.ts'
import type { StoredRecord } from '../../core/records/record.ts'
import { integerIn, objectIn, refuseUnknownKeys } from '../../core/values/check-options.ts'
import { InvalidInput } from '../../core/values/errors.ts'
import { maxChildren } from '../../core/values/times.ts'
import type { Deps } from '../../ports/deps.ts'
import { checkId } from '../operate/operate.ts'
import { outcomeOf } from '../workflow/child-outcomes.ts'
import { hasEnded } from '../workflow/members.ts'

export interface ChildrenOptions {
  /** What the page before gave as `next`. @default the first page */
  readonly cursor?: string
  /** 1 to 100. @default 100 */
  readonly limit?: number
}

/** One job of a group. */
export interface ChildView {
  /** Of its group. */
  readonly group: string
  /** Its place there, from 0. */
  readonly index: number
  readonly id: string
  /** Absent of one that is not there: not yet, or not any more. */
  readonly state?: JobState
  /** How it ended; absent as long as it has not. */
  readonly outcome?: ChildOutcome['kind']
  readonly result?: unknown
  readonly error?: JobError
}

export interface Children {
  readonly id: string
  /** `left`: those that have not ended, as far as the recorder has come. */
  readonly groups: readonly { readonly name: string; readonly of: number; readonly left: number }[]
  readonly children: readonly ChildView[]
  /** Absent on the last page. */
  readonly next?: string
}

/**
 * The children of a job's present generation, or the jobs of a batch.
 * @returns undefined when there is no such job, and no such batch
 * @throws InvalidInput, Unavailable
 */
export async function listChildren(
  deps: Deps,
  id: string,
  options: ChildrenOptions = {},
): Promise<Children | undefined> {
  checkId(id)
  objectIn('children', options)
  refuseUnknownKeys('children', options, ['cursor', 'limit'])
  const { cursor = '0', limit = 100 } = options
  integerIn('children.limit', limit, 1, 100)
  const from = offsetIn(cursor)
  const [job] = await deps.store.get([id], 'control')
  const place: Omit<GroupName, 'name'> =
    job === undefined || job.batch !== undefined ? batchOf(id) : { ...lifeOf(job), generation: generationOf(job) }
  const groups = await groupsOf(deps, place)
  if (job === undefined && groups.length === 0) return undefined
  const all = groups.flatMap(({ name, of }) => Array.from({ length: of }, (_, index) => ({ ...place, name, index })))
  const page = all.slice(from, from + limit)
  const jobs = await deps.store.get(page.map(one => childJobId(one, one.index)))
  return {
    id,
    groups: groups.map(({ name, of, left }) => ({ name, of, left })),
    children: page.map((one, index) => viewOf(one, jobs[index])),
    ...(from + limit < all.length ? { next: String(from + limit) } : {}),
  }
}

/** Groups of one job: more than a hundred of the largest are none of ours. */
const maxOffset = 100 * maxChildren

function offsetIn(cursor: string): number {
  const offset = /^\d{1,9}$/.test(cursor) ? Number(cursor) : Number.NaN
  if (offset <= maxOffset) return offset
  throw new InvalidInput('children.cursor', cursor, 'what a page gave as next')
}

function viewOf({ name, index, ...place }: GroupName & { readonly index: number }, job: Job | undefined): ChildView {
  const id = childJobId({ ...place, name }, index)
  const known = { group: name, index, id, ...(job === undefined ? {} : { state: job.state }) }
  if (job === undefined || !hasEnded(job)) return known
  const outcome = outcomeOf(id, job)
  return {
    ...known,
    outcome: outcome.kind,
    ...(outcome.kind === 'completed' && outcome.result !== undefined ? { result: outcome.result } : {}),
    ...(outcome.kind === 'failed' ? { error: outcome.error } : {}),
  }
}

/** One group. */
export interface GroupCount {
  readonly name: string
  readonly of: number
  /** Those that have not ended, as far as the recorder has come. */
  readonly left: number
  readonly madeAt: number
}

const pageSize = 100

/** All groups of one generation of a job, or of a batch, by their names. @throws Unavailable */
export async function groupsOf({ records }: Deps, place: Omit<GroupName, 'name'>): Promise<readonly GroupCount[]> {
  const all: StoredRecord[] = []
  let from: string | undefined
  do {
    const query = { id: place.id, prefix: partsOf('group', place, place.generation), limit: pageSize }
    const page = await records.query({ ...query, ...(from === undefined ? {} : { from }) })
    all.push(...page.records)
    from = page.next
  } while (from !== undefined)
  return all.flatMap(record => {
    const name = nameOfRoot(record)
    const root = groupFrom(record)
    if (name === undefined || root === undefined) return []
    // Its chunks follow it: its own part, and a number of four digits.
    const chunks = all.filter(({ part }) => part.startsWith(`${record.part}#`))
    const left = chunks.reduce((sum, chunk) => sum + pendingIn(chunk).length, 0)
    return [{ name, of: root.of, left, madeAt: root.madeAt }]
  })
}
