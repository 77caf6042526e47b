/** Jobs that a handler, or a batch, waits for: what is asked, and what comes of it. */
import type { JobError } from '../job/job-error.ts'
import { objectIn, refuseUnknownKeys } from '../values/check-options.ts'
import { InvalidInput, LamplighterError, show } from '../values/errors.ts'
import { maxChildren } from '../values/times.ts'
import type { JobRequest } from './job-request.ts'

/** What became of a job that was waited for. */
export type ChildOutcome<Result = unknown> =
  | { readonly kind: 'completed'; readonly id: string; readonly result: Result }
  | { readonly kind: 'failed'; readonly id: string; readonly error: JobError }
  /** `code`: why, where nobody cancelled it: `expired`, `parent`. */
  | { readonly kind: 'cancelled'; readonly id: string; readonly code?: string }
  /** It has ended, but nobody can say how: it was deleted, or retried, before it was looked at. */
  | { readonly kind: 'gone'; readonly id: string }

export interface AllOptions {
  /**
   * What a child that does not complete means. `throw`: `ChildFailed` for the first of them, by their order, once all have
   * ended. `collect`: an outcome for each. @default 'throw'
   */
  readonly failures?: 'throw' | 'collect'
  /**
   * Whether the children end with their parent: a request that cancels it cancels them, as far as its time lasts, and none
   * starts any more once the parent has ended, however. @default false
   */
  readonly cancelChildren?: boolean
}

/** The options after their check. */
export interface CheckedAll {
  readonly collects: boolean
  readonly isBound: boolean
}

/** What to do with more of them. */
const fewer = '; give each job more to do, or make groups of groups'

/** @throws InvalidInput with field, value and what is allowed */
export function checkJobs(field: string, jobs: readonly JobRequest[], least: 0 | 1): void {
  if (!Array.isArray(jobs)) throw new InvalidInput(field, jobs, 'a list of what client.job or jobRequest returns')
  if (jobs.length >= least && jobs.length <= maxChildren) return
  throw new InvalidInput(`${field}.length`, jobs.length, `${least} to ${maxChildren} jobs${fewer}`)
}

/** @throws InvalidInput */
function boundIn(field: string, cancelChildren: unknown = false): boolean {
  if (typeof cancelChildren === 'boolean') return cancelChildren
  throw new InvalidInput(field, cancelChildren, 'true or false')
}

/** @throws InvalidInput */
export function checkAll(name: string, jobs: readonly JobRequest[], options: AllOptions): CheckedAll {
  const where = `all(${name})`
  checkJobs(`${where}.jobs`, jobs, 0)
  objectIn(where, options)
  refuseUnknownKeys(where, options, ['failures', 'cancelChildren'])
  const { failures = 'throw', cancelChildren } = options
  if (failures !== 'throw' && failures !== 'collect') {
    throw new InvalidInput(`${where}.failures`, failures, "'throw' or 'collect'")
  }
  return { collects: failures === 'collect', isBound: boundIn(`${where}.cancelChildren`, cancelChildren) }
}

/**
 * A child of `ctx.all` has not completed. All of its siblings have ended. The handler may catch it and compensate; thrown on,
 * it fails the job for good.
 */
export class ChildFailed extends LamplighterError {
  override readonly name = 'ChildFailed'
  readonly code = 'child_failed'
  readonly step: string
  /** Of the first child that did not complete, from 0, in the order in which they were given. */
  readonly index: number
  /** Its id. */
  readonly id: string
  readonly outcome: Exclude<ChildOutcome, { readonly kind: 'completed' }>
  constructor(step: string, index: number, outcome: ChildFailed['outcome']) {
    const why = outcome.kind === 'failed' ? `failed: ${outcome.error.name}: ${outcome.error.message}` : outcome.kind
    super(`child ${index} of ${show(step)}, job ${outcome.id}, ${outcome.kind === 'failed' ? why : `is ${why}`}`)
    this.step = step
    this.index = index
    this.id = outcome.id
    this.outcome = outcome
  }
}
