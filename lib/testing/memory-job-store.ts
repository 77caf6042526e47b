import { completeJob, type Job, type RawJob } from '../core/job/job.ts'
import { shardOf } from '../core/job/lane.ts'
import { refusedBy } from '../core/transitions/clause.ts'
import { applyTransition, jobAfter } from '../core/transitions/transition.ts'
import type { Clock } from '../ports/clock.ts'
import type { JobScan, ScanPage } from '../ports/job-scan.ts'
import type { Change, ChangeOutcome, InsertOutcome, JobParts, JobStore, TimelinePage } from '../ports/job-store.ts'

/** Small, so that tests see more than one page. */
const scanPageSize = 10

/** A whole JobStore in a Map: for users' tests and for the simulation. Holds what DynamoDB would hold, nothing else. */
export class MemoryJobStore implements JobStore, JobScan {
  readonly #items = new Map<string, RawJob>()
  readonly #shards = new Map<string, number>()
  readonly #clock: Pick<Clock, 'now'>

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  async insert(jobs: readonly Job[]): Promise<readonly InsertOutcome[]> {
    return jobs.map(job => {
      if (this.#items.has(job.id)) return { kind: 'exists', job: this.read(job.id) }
      this.put(job)
      return { kind: 'inserted' }
    })
  }

  async apply(changes: readonly Change[]): Promise<readonly ChangeOutcome[]> {
    return changes.map(change => this.#applyOne(change))
  }

  async get(ids: readonly string[], parts: JobParts = 'all'): Promise<readonly (Job | undefined)[]> {
    const jobs = ids.map(id => this.read(id))
    return parts === 'all' ? jobs : jobs.map(job => job && controlOf(job))
  }

  async due(lane: string, until: number, limit: number, from?: string): Promise<TimelinePage> {
    const rows = [...this.#items.values()]
      .flatMap(({ id, lane: its, lookAt }) =>
        its === lane && id !== undefined && lookAt !== undefined && lookAt <= until ? [{ id, lookAt }] : [],
      )
      .toSorted((a, b) => a.lookAt - b.lookAt || (a.id < b.id ? -1 : 1))
    // The place of the last row, as DynamoDB's LastEvaluatedKey: rows may come and go between two pages.
    const [at, id] = from === undefined ? [] : (JSON.parse(from) as [number, string])
    const start =
      at === undefined ? 0 : rows.findIndex(row => row.lookAt > at || (row.lookAt === at && row.id > (id ?? '')))
    const page = start === -1 ? [] : rows.slice(start, start + limit)
    const last = page.at(-1)
    const isMore = start !== -1 && start + limit < rows.length
    return { rows: page, next: isMore && last !== undefined ? JSON.stringify([last.lookAt, last.id]) : undefined }
  }

  async shardsEverUsed(shards: Readonly<Record<string, number>>): Promise<Readonly<Record<string, number>>> {
    for (const [queue, count] of Object.entries(shards)) {
      this.#shards.set(queue, Math.max(count, this.#shards.get(queue) ?? 0))
    }
    return Object.fromEntries(this.#shards)
  }

  async scan(segment: number, segments: number, from = ''): Promise<ScanPage> {
    const ids = [...this.#items.keys()].filter(id => shardOf(id, segments) === segment && id > from).toSorted()
    const page = ids.slice(0, scanPageSize)
    return {
      jobs: page.flatMap(id => this.read(id) ?? []),
      looked: page.length,
      readUnits: 0,
      next: page.length < ids.length ? page.at(-1) : undefined,
    }
  }

  /** Writes an item as a foreign writer or the console would: unconditionally, in any shape. */
  put(item: RawJob | Job): void {
    const { missing: _, ...stored } = item as Job
    if (stored.id !== undefined) this.#items.set(stored.id, stored)
  }

  /** The stored item as a job, or undefined. */
  read(id: string): Job | undefined {
    const item = this.#items.get(id)
    return item === undefined ? undefined : completeJob(item, this.#clock.now())
  }

  /** The earliest instant at which some item asks to be looked at; undefined when none does. */
  nextLookAt(): number | undefined {
    let earliest: number | undefined
    for (const { lane, lookAt } of this.#items.values()) {
      if (lane === undefined || lookAt === undefined || !lane.includes('#live#')) continue
      if (earliest === undefined || lookAt < earliest) earliest = lookAt
    }
    return earliest
  }

  /** Deletes every item whose time to live is over, which DynamoDB does within days. */
  expireEnded(): void {
    const nowSeconds = this.#clock.now() / 1_000
    for (const [id, { ttl }] of this.#items) if (ttl !== undefined && ttl < nowSeconds) this.#items.delete(id)
  }

  /** Every item, as stored. */
  all(): readonly RawJob[] {
    return [...this.#items.values()]
  }

  #applyOne({ id, transition, seen }: Change): ChangeOutcome {
    const item = this.#items.get(id)
    if (item === undefined || refusedBy(transition.guard, item).length > 0) {
      return { kind: 'refused', job: this.read(id) }
    }
    const before = this.read(id)
    if (transition.deletes === true) this.#items.delete(id)
    else this.put(applyTransition(transition, item))
    if (transition.deletes !== true && seen !== undefined) return { kind: 'applied', job: jobAfter(transition, seen) }
    const job = transition.deletes === true ? before : this.read(id)
    return job === undefined
      ? { kind: 'failed', error: new Error(`item ${id} cannot be read as a job`) }
      : { kind: 'applied', job }
  }
}

/** Without what decides nothing: whoever used it would find out here, not on AWS. */
function controlOf(job: Job): Job {
  const { result: _, ...control } = job
  return { ...control, input: '' }
}
