import type { Job } from '../core/job/job.ts'
import type { Transition } from '../core/transitions/transition.ts'

/** One change of one item. Several changes of one item in one call are carried out in their order. */
export interface Change {
  readonly id: string
  readonly transition: Transition
  /**
   * The job as the caller last saw it. The store then answers with this job and the changes on it, and need not hand
   * the item back, which may take 400 KB. Only for a transition whose guard holds what its caller goes on to use.
   */
  readonly seen?: Job
}

/** `control`: everything but input and result, which decide nothing and may take 400 KB; an empty text stands for them. */
export type JobParts = 'all' | 'control'

export type InsertOutcome =
  | { readonly kind: 'inserted' }
  /** The id is taken; by whom, the item tells. */
  | { readonly kind: 'exists'; readonly job: Job | undefined }
  /** Not known whether it was carried out. */
  | { readonly kind: 'failed'; readonly error: Error }

export type ChangeOutcome =
  /** The item as it is now; as it was, when the change deleted it. */
  | { readonly kind: 'applied'; readonly job: Job }
  /** A clause of the guard did not hold. The stored item, or undefined when there is none. */
  | { readonly kind: 'refused'; readonly job: Job | undefined }
  | { readonly kind: 'failed'; readonly error: Error }

/** A row of the timeline index. A candidate, never the truth; the index may be behind. */
export interface TimelineRow {
  readonly id: string
  readonly lookAt: number
  /** Absent where the item has none that can be read. */
  readonly type?: string
  /** Name and fingerprint of the error of a failed job: what lists of failures are grouped by. */
  readonly why?: string
}

export interface TimelinePage {
  readonly rows: readonly TimelineRow[]
  /** Where the next page starts; undefined after the last. */
  readonly next: string | undefined
}

export interface CountPage {
  readonly count: number
  /** As of a page. */
  readonly next: string | undefined
}

/** Rows of one lane whose time lies within bounds. */
export interface LaneQuery {
  readonly lane: string
  /** Both bounds are included. */
  readonly since: number
  readonly until: number
  /** Rows of one page; a page may end earlier. 1 or more. */
  readonly limit: number
  /** The latest first. @default false */
  readonly isDescending?: boolean
  /** What the page before gave as `next`, or `placeAfter` of a row, which need not be there any more. */
  readonly from?: string
}

/** Holds every job. Answers per entry, in the order asked; an entry's failure is its outcome, never an exception. */
export interface JobStore {
  /** Writes those whose id is absent. */
  insert(jobs: readonly Job[]): Promise<readonly InsertOutcome[]>
  apply(changes: readonly Change[]): Promise<readonly ChangeOutcome[]>
  /**
   * Consistent reads; undefined where there is no such item, or none that can be read as a job.
   * @param parts `all` by default
   * @throws Unavailable
   */
  get(ids: readonly string[], parts?: JobParts): Promise<readonly (Job | undefined)[]>
  /**
   * Rows of one lane with `at ≤ until`, the earliest first, a page at a time; nothing is filtered after the limit.
   * @throws Unavailable
   */
  due(lane: string, until: number, limit: number, from?: string): Promise<TimelinePage>
  /**
   * Rows of a lane in the order of their times, for lists. A row whose time nobody can read is left out.
   * @throws Unavailable
   */
  lane(query: LaneQuery): Promise<TimelinePage>
  /**
   * How many rows `lane` would give, those whose time nobody can read included: the same read units, hardly any CPU.
   * @throws Unavailable
   */
  count(query: LaneQuery): Promise<CountPage>
}
