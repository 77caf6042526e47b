import type { Job, JobAttribute } from '../../../lib/core/job/job.ts'
import type { StoredRecord } from '../../../lib/core/records/record.ts'
import type { Transition } from '../../../lib/core/transitions/transition.ts'
import type {
  Change,
  ChangeOutcome,
  CountPage,
  InsertOutcome,
  JobParts,
  JobStore,
  LaneQuery,
  TimelinePage,
} from '../../../lib/ports/job-store.ts'
import type { RecordStore } from '../../../lib/ports/record-store.ts'
import { recordsOver } from '../../support/store-over.ts'
import type { Plan } from '../plan.ts'
import type { Proc } from '../proc.ts'
import type { Sim, Tamper } from '../sim.ts'

/** A fault that somebody could make in the code, put in from outside. The simulation must notice it. */
export interface Defect {
  readonly name: string
  readonly tamper: Tamper
  /** A plan that gives a rare defect its chance; the seed's own otherwise. */
  readonly direct?: (plan: Plan) => Plan
}

/** A store in front of another that hands everything on; defects replace what they spoil. */
export class SpoiltStore implements JobStore {
  readonly inner: JobStore

  constructor(inner: JobStore) {
    this.inner = inner
  }

  insert(jobs: readonly Job[]): Promise<readonly InsertOutcome[]> {
    return this.inner.insert(jobs)
  }

  apply(changes: readonly Change[]): Promise<readonly ChangeOutcome[]> {
    return this.inner.apply(changes)
  }

  get(ids: readonly string[], parts?: JobParts): Promise<readonly (Job | undefined)[]> {
    return this.inner.get(ids, parts)
  }

  due(lane: string, until: number, limit: number, from?: string): Promise<TimelinePage> {
    return this.inner.due(lane, until, limit, from)
  }

  lane(query: LaneQuery): Promise<TimelinePage> {
    return this.inner.lane(query)
  }

  count(query: LaneQuery): Promise<CountPage> {
    return this.inner.count(query)
  }
}

type Spoil = (transition: Transition, proc: Proc) => Transition

/** Spoils the transitions of these names on their way to the store. */
export const spoiling = (names: readonly string[], spoil: Spoil): Tamper => ({
  store: (inner, proc) =>
    new (class extends SpoiltStore {
      override apply(changes: readonly Change[]) {
        return this.inner.apply(
          changes.map(({ transition, ...change }) => ({
            ...change,
            transition: names.includes(transition.name) ? spoil(transition, proc) : transition,
          })),
        )
      }
    })(inner),
})

/** Spoils what the store answers, item by item. */
export const misreading = (spoil: (job: Job, proc: Proc, sim: Sim) => Job): Tamper => ({
  store: (inner, proc, sim) =>
    new (class extends SpoiltStore {
      override async apply(changes: readonly Change[]) {
        const outcomes = await this.inner.apply(changes)
        return outcomes.map(
          (outcome): ChangeOutcome =>
            outcome.kind === 'refused' && outcome.job !== undefined
              ? { kind: 'refused', job: spoil(outcome.job, proc, sim) }
              : outcome,
        )
      }

      override async get(ids: readonly string[]) {
        const jobs = await this.inner.get(ids)
        return jobs.map(job => (job === undefined ? undefined : spoil(job, proc, sim)))
      }
    })(inner),
})

/** Both, one behind the other. */
export const together = (...tampers: readonly Tamper[]): Tamper => ({
  store: (inner, proc, sim) => tampers.reduce((store, tamper) => tamper.store?.(store, proc, sim) ?? store, inner),
})

/** Without the clauses on these attributes. */
export const unguarded =
  (...attributes: readonly JobAttribute[]): Spoil =>
  transition => ({ ...transition, guard: transition.guard.filter(({ attribute }) => !attributes.includes(attribute)) })

/** Leaves what it should have written as it was. */
export const unset =
  (attribute: JobAttribute): Spoil =>
  transition => ({
    ...transition,
    set: Object.fromEntries(Object.entries(transition.set).filter(([name]) => name !== attribute)),
  })

export function without(job: Job, attribute: JobAttribute): Job {
  const { [attribute]: _, ...rest } = job
  return rest as unknown as Job
}

/** Records whose numbers of shards, as they are read, are others; undefined leaves a queue out. */
export function withShards(
  inner: RecordStore,
  shardsOf: (queue: string, count: number) => number | undefined,
): RecordStore {
  const misread = (record: StoredRecord): StoredRecord => {
    const known = Object.entries((record.attributes['shards'] ?? {}) as Readonly<Record<string, number>>)
    const shards = Object.fromEntries(
      known.flatMap(([queue, count]) => {
        const other = shardsOf(queue, count)
        return other === undefined ? [] : [[queue, other] as const]
      }),
    )
    return { ...record, attributes: { ...record.attributes, shards } }
  }
  return recordsOver(inner, {
    get: async keys => (await inner.get(keys)).map(record => (record === undefined ? undefined : misread(record))),
  })
}
