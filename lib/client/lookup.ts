/** What an application asks about jobs and queues. */

import { type AuditPage, listAudit } from '../app/lookup/audit.ts'
import { type ChangeOptions, type Changes, readChanges } from '../app/lookup/changes.ts'
import { type Children, type ChildrenOptions, listChildren } from '../app/lookup/children.ts'
import { countJobs, type QueueCounts } from '../app/lookup/counts.ts'
import { type ErrorGroups, type ErrorOptions, listErrors } from '../app/lookup/error-groups.ts'
import { type Explanation, explainJob } from '../app/lookup/explain-job.ts'
import { type GatePage, type GatesOptions, type GateWithLine, getGate, listGates } from '../app/lookup/gates.ts'
import { type Health, readHealth } from '../app/lookup/health.ts'
import { type JobRuns, listRuns } from '../app/lookup/job-runs.ts'
import { type JobSteps, listSteps } from '../app/lookup/job-steps.ts'
import { type JobPage, listJobs } from '../app/lookup/list-jobs.ts'
import { type Position, positionOf } from '../app/lookup/position.ts'
import { getQueue, listQueues, type QueueView } from '../app/lookup/queues.ts'
import {
  listRecent,
  listRunning,
  type RecentJobs,
  type RecentOptions,
  type RunningJobs,
} from '../app/lookup/running.ts'
import { readStats, type Stats, type StatsOptions } from '../app/lookup/stats.ts'
import { listTagged, type TaggedJobs, type TaggedOptions } from '../app/lookup/tagged.ts'
import { getType, listTypes, type TypeView } from '../app/lookup/types.ts'
import type { AuditOptions } from '../core/lookup/audit-filter.ts'
import type { ListOptions } from '../core/lookup/job-filter.ts'
import type { Deps } from '../ports/deps.ts'

export type { AuditPage, AuditView } from '../app/lookup/audit.ts'
export type { Changes, ChangeView } from '../app/lookup/changes.ts'
export type { Children, ChildView } from '../app/lookup/children.ts'
export type { ErrorGroups, ErrorGroupView } from '../app/lookup/error-groups.ts'
export type { Explanation } from '../app/lookup/explain-job.ts'
export type { GatePage, GateView, GateWithLine } from '../app/lookup/gates.ts'
export type { Health } from '../app/lookup/health.ts'
export type { JobRuns, RunView } from '../app/lookup/job-runs.ts'
export type { JobSteps, StepView } from '../app/lookup/job-steps.ts'
export type { JobSummary } from '../app/lookup/job-summary.ts'
export type { JobPage } from '../app/lookup/list-jobs.ts'
export type { QueueView } from '../app/lookup/queues.ts'
export type { Figures, Quantiles, Stats } from '../app/lookup/stats.ts'
export type { TypeView } from '../app/lookup/types.ts'
export type { JobView } from '../app/operate/job-view.ts'

/** Every call may throw InvalidInput for an option out of its range, and Unavailable when AWS does not answer. */
export interface LookupClient {
  /**
   * Jobs that have not ended, or those that failed, completed or were cancelled: by queue, state, type, tag, error and time,
   * a page of up to 100 at a time. It never scans the table.
   * @example
   * let cursor: string | undefined
   * do {
   *   const page = await client.list({ queue: 'mails', phase: 'failed', ...(cursor ? { cursor } : {}) })
   *   for (const { id, error } of page.jobs) console.log(id, error?.message)
   *   cursor = page.next
   * } while (cursor)
   * @throws InvalidInput for an option out of its range, an unknown queue or the cursor of another list; Unavailable
   */
  readonly list: (options?: ListOptions) => Promise<JobPage>
  /**
   * What the handler of a job has done so far: its steps, sleeps, waits and signals, in the order in which they were
   * written. Undefined when there is no such job.
   * @example for (const { name, kind, value } of (await client.steps(id))?.steps ?? []) console.log(name, kind, value)
   */
  readonly steps: (id: string) => Promise<JobSteps | undefined>
  /**
   * The jobs that a job waits for, or has waited for, by `ctx.all`; or those of a batch: their states, and what they left. By their
   * places, a page of up to 100 at a time. Undefined when there is no such job, and no such batch.
   * @example const { groups, children, next } = (await client.children(id)) ?? {}
   */
  readonly children: (id: string, options?: ChildrenOptions) => Promise<Children | undefined>
  /** The ended runs of a job, the newest first; undefined when there is no such job. @param limit 1 to 100. @default 100 */
  readonly runs: (id: string, limit?: number) => Promise<JobRuns | undefined>
  /**
   * Why a job is not running: the first reason, until when it holds, and what to do. Undefined when there is no such job.
   * @example const [why] = (await client.explain(id))?.reasons ?? [] // 'Queue 'mails' is paused since …'
   */
  readonly explain: (id: string) => Promise<Explanation | undefined>
  /** How many jobs are ahead of one: counted up to 10,000 while it waits for its time, estimated once it was handed out. */
  readonly position: (id: string) => Promise<Position>
  /** Jobs that run now, as of a few seconds ago. */
  readonly running: (queue?: string) => Promise<RunningJobs>
  /** Some of the jobs that completed, failed, or were cancelled a short while ago: samples, also without `listCompleted`. */
  readonly recent: (options?: RecentOptions) => Promise<RecentJobs>
  /** Jobs that carry a tag, whatever their state; of types with `tagIndex: true`. */
  readonly tagged: (tag: string, options?: TaggedOptions) => Promise<TaggedJobs>
  /** How many jobs each queue holds, by type and state, and as of when. */
  readonly counts: (queue?: string) => Promise<readonly QueueCounts[]>
  /** Totals, rates and p50, p95, p99 of waits and runs, by the minute or by the hour. */
  readonly stats: (options?: StatsOptions) => Promise<Stats>
  /** Failures that are alike, the latest first. */
  readonly errors: (options?: ErrorOptions) => Promise<ErrorGroups>
  /**
   * How the runner is: a verdict with its reasons, the oldest due job, the last tick, the recorder's lag, failures of the
   * last hour. @example if ((await client.health()).verdict === 'alarm') …
   */
  readonly health: () => Promise<Health>
  /**
   * What happens to jobs, followed from one answer to the next: waits up to 20 s for something. Samples: at most 20 jobs of
   * each outcome, queue and minute, some seconds late.
   * @example
   * for (let after; ; ) {
   *   const { changes, next } = await client.changes(after === undefined ? {} : { after })
   *   for (const { kind, id } of changes) console.log(kind, id)
   *   after = next
   * }
   * @throws InvalidInput for an option out of its range, or an `after` that no answer gave; Unavailable
   */
  readonly changes: (options?: ChangeOptions) => Promise<Changes>
  /**
   * Who did what, the newest act first: acts through HTTP, and through clients with an `actor`. Kept for 90 days.
   * @example const { acts } = await client.audit({ queue: 'mails', from: '2027-01-31T00:00:00Z' })
   */
  readonly audit: (options?: AuditOptions) => Promise<AuditPage>
  readonly queues: {
    /** Every queue with its counts, rates, messages and pause. */
    readonly list: () => Promise<readonly QueueView[]>
    /** Undefined for a queue that never was. */
    readonly get: (name: string) => Promise<QueueView | undefined>
    /**
     * The gates of a queue at which jobs wait: what limits them, who holds their places, how many wait. A page of up to 100
     * at a time; undefined for a queue that never was.
     * @example for (const { gate, waiting } of (await client.queues.gates('mails'))?.gates ?? []) console.log(gate, waiting.count)
     * @throws InvalidInput for an option out of its range, or the cursor of another list; Unavailable
     */
    readonly gates: (queue: string, options?: GatesOptions) => Promise<GatePage | undefined>
    /**
     * One gate, also where nobody waits, with the first jobs in its line. Undefined where no job has passed it in the last 30
     * days, and for the gate of another queue.
     * @param options `limit`: jobs of the line, 1 to 100. @default 20
     * @example (await client.queues.gate('mails', 'sync/a42'))?.line
     * @throws InvalidInput, Unavailable
     */
    readonly gate: (
      queue: string,
      gate: string,
      options?: Pick<GatesOptions, 'limit'>,
    ) => Promise<GateWithLine | undefined>
  }
  readonly types: {
    /** The job types that this code knows, with their policies and, where there is one, the JSON Schema of their input. */
    readonly list: () => readonly TypeView[]
    readonly get: (type: string) => TypeView | undefined
  }
}

export const lookupOn = (deps: Deps): LookupClient => ({
  list: options => listJobs(deps, options),
  steps: id => listSteps(deps, id),
  children: (id, options) => listChildren(deps, id, options),
  runs: (id, limit) => listRuns(deps, id, limit),
  explain: id => explainJob(deps, id),
  position: id => positionOf(deps, id),
  running: queue => listRunning(deps, queue),
  recent: options => listRecent(deps, options),
  tagged: (tag, options) => listTagged(deps, tag, options),
  counts: queue => countJobs(deps, queue),
  stats: options => readStats(deps, options),
  errors: options => listErrors(deps, options),
  health: () => readHealth(deps),
  changes: options => readChanges(deps, options),
  audit: options => listAudit(deps, options),
  queues: {
    list: () => listQueues(deps),
    get: name => getQueue(deps, name),
    gates: (queue, options) => listGates(deps, queue, options),
    gate: (queue, gate, options) => getGate(deps, queue, gate, options),
  },
  types: { list: () => listTypes(deps), get: type => getType(deps, type) },
})
