import type { Job } from '../../lib/core/job/job.ts'
import type {
  Change,
  ChangeOutcome,
  CountPage,
  InsertOutcome,
  JobParts,
  JobStore,
  LaneQuery,
  TimelinePage,
} from '../../lib/ports/job-store.ts'

/** How one statement shall go wrong. */
export type Fault =
  /** Carried out, but the answer says that nobody knows. */
  | 'executedThenFailed'
  /** Carried out, answer lost, retried inside the SDK and refused: what a guard makes of an ambiguous write. */
  | 'executedThenRefused'
  /** Not carried out. */
  | 'failed'

/** What a test wants to see, or to fail for good. */
export interface Watch {
  onDue?(lane: string, limit: number): unknown
  /** Such a change is not carried out. */
  isThrottled?(change: Change): boolean
}

/** A store in front of another: the next statement of a given transition goes wrong once per fault that was set. */
export class FlakyStore implements JobStore {
  readonly #inner: JobStore
  readonly #faults = new Map<string, Fault[]>()

  readonly #watch: Watch
  #brokenLane: string | undefined

  constructor(inner: JobStore, watch: Watch = {}) {
    this.#inner = inner
    this.#watch = watch
  }

  /** No read of this lane is answered from now on. */
  breakLane(lane: string | undefined): void {
    this.#brokenLane = lane
  }

  /** @param name of a transition, or `insert` */
  breakNext(name: string, ...faults: Fault[]): void {
    this.#faults.set(name, [...(this.#faults.get(name) ?? []), ...faults])
  }

  async insert(jobs: readonly Job[]): Promise<readonly InsertOutcome[]> {
    const fault = this.#take('insert')
    if (fault === undefined) return this.#inner.insert(jobs)
    if (fault === 'failed') return jobs.map(() => ({ kind: 'failed', error: new Error('not carried out') }))
    await this.#inner.insert(jobs)
    if (fault === 'executedThenRefused') return this.#inner.insert(jobs)
    return jobs.map(() => ({ kind: 'failed', error: new Error('answer lost') }))
  }

  async apply(changes: readonly Change[]): Promise<readonly ChangeOutcome[]> {
    const outcomes: ChangeOutcome[] = []
    for (const change of changes) outcomes.push(await this.#applyOne(change))
    return outcomes
  }

  get(ids: readonly string[], parts?: JobParts): Promise<readonly (Job | undefined)[]> {
    if (this.#take('get') !== undefined) return Promise.reject(new Error('the store does not answer'))
    return this.#inner.get(ids, parts)
  }

  due(lane: string, until: number, limit: number, from?: string): Promise<TimelinePage> {
    this.#watch.onDue?.(lane, limit)
    if (lane === this.#brokenLane || this.#take('due') !== undefined)
      return Promise.reject(new Error('the store does not answer'))
    return this.#inner.due(lane, until, limit, from)
  }

  lane(query: LaneQuery): Promise<TimelinePage> {
    if (query.lane === this.#brokenLane || this.#take('lane') !== undefined)
      return Promise.reject(new Error('the store does not answer'))
    return this.#inner.lane(query)
  }

  count(query: LaneQuery): Promise<CountPage> {
    return this.#inner.count(query)
  }

  async #applyOne(change: Change): Promise<ChangeOutcome> {
    if (this.#watch.isThrottled?.(change) === true) return { kind: 'failed', error: new Error('throttled') }
    const fault = this.#take(change.transition.name)
    const once = async (): Promise<ChangeOutcome> => {
      const [outcome] = await this.#inner.apply([change])
      return outcome ?? { kind: 'failed', error: new Error('no answer') }
    }
    if (fault === undefined) return once()
    if (fault === 'failed') return { kind: 'failed', error: new Error('not carried out') }
    await once()
    return fault === 'executedThenRefused' ? once() : { kind: 'failed', error: new Error('answer lost') }
  }

  #take(name: string): Fault | undefined {
    return this.#faults.get(name)?.shift()
  }
}
