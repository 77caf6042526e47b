/** The public entry: defining jobs, enqueueing them, and operating them. */
export type { BulkPage, BulkView } from './app/bulk/bulk.ts'
export type { BulkFilter, BulkOptions } from './app/bulk/bulk-request.ts'
export type { BackfillOptions, BackfillOutcome } from './app/bulk/start-backfill.ts'
export type { QueueCounts, StateCounts } from './app/lookup/counts.ts'
export type { ErrorGroups, ErrorGroupView, ErrorOptions } from './app/lookup/error-groups.ts'
export type { Explanation } from './app/lookup/explain-job.ts'
export type { GatePage, GatesOptions, GateView, GateWithLine, HeldPlace, InLine } from './app/lookup/gates.ts'
export type { JobRuns, RunView } from './app/lookup/job-runs.ts'
export type { JobSteps, StepView } from './app/lookup/job-steps.ts'
export type { JobSummary } from './app/lookup/job-summary.ts'
export type { JobPage } from './app/lookup/list-jobs.ts'
export type { Position } from './app/lookup/position.ts'
export type { QueueView } from './app/lookup/queues.ts'
export type { RecentJobs, RecentOptions, RunningJobs } from './app/lookup/running.ts'
export type { Figures, Quantiles, QueueDepths, Stats, StatsOptions, StatsSpan } from './app/lookup/stats.ts'
export type { TaggedJobs, TaggedOptions } from './app/lookup/tagged.ts'
export type { TypeView } from './app/lookup/types.ts'
export type { JobView } from './app/operate/job-view.ts'
export type {
  CancelOptions,
  CancelOutcome,
  DeleteOutcome,
  NotFound,
  NotPossible,
  PlaceOutcome,
  When,
} from './app/operate/operate.ts'
export type { OccurrenceView, RunNowOutcome, SchedulePreview } from './app/schedule/occurrences-of.ts'
export type { PutCondition, ScheduleOutcome, ScheduleRequest } from './app/schedule/operate.ts'
export type { ScheduleView } from './app/schedule/schedule-view.ts'
export type { BulkClient } from './client/bulk.ts'
export type { Client, GetJob, TypedJobView } from './client/client.ts'
export { type ClientOptions, createClient } from './client/create-client.ts'
export type { LookupClient } from './client/lookup.ts'
export type { ScheduleClient } from './client/schedules.ts'
export type { TransactedJob } from './client/transact.ts'
export type { BackoffOption } from './core/definition/backoff.ts'
export { type AllOptions, ChildFailed, type ChildOutcome } from './core/definition/children.ts'
export type { InputOf, JobContract, OutputOf, ResultOf } from './core/definition/contract.ts'
export { type FailedJob, type FailureContract, failedJob, type StoredFailure } from './core/definition/failed-job.ts'
export {
  CommitRefused,
  FailForGood,
  RetryAfter,
  type RetryAfterOptions,
  RunStopped,
} from './core/definition/handler-errors.ts'
export type { Enqueued, EnqueueOutcome } from './core/definition/job-request.ts'
export { type EnqueuedJob, type EnqueueOptions, type JobRequest, jobRequest } from './core/definition/job-request.ts'
export type { JobPolicy } from './core/definition/policy.ts'
export type { Committed, Written } from './core/definition/result-type.ts'
export type {
  CommitEnd,
  Logger,
  RunContext,
  RunningJob,
} from './core/definition/run-context.ts'
export {
  type Halt,
  type HookedRun,
  halt,
  type JobHandler,
  type Middleware,
  type RunFailure,
  type RunHooks,
  type Surroundings,
} from './core/definition/run-hooks.ts'
export type { QueuePolicy, Runner } from './core/definition/runner.ts'
export type { TransactItem } from './core/definition/transact-item.ts'
export type { OnConflict, UniqueAction, UniqueContract, UniqueOptions } from './core/definition/unique.ts'
export {
  StepFailed,
  StepMisused,
  type StepOptions,
  type StepRun,
  type WaitOptions,
} from './core/definition/workflow.ts'
export type { JobState } from './core/job/job.ts'
export type { JobContext } from './core/job/job-context.ts'
export type { Reason } from './core/lookup/explain.ts'
export type { ListOptions } from './core/lookup/job-filter.ts'
export type { ReasonCode } from './core/lookup/reason-codes.ts'
export type {
  MisfireOption,
  Overlap,
  ScheduleDeclaration,
  ScheduledTime,
  ScheduleEnqueueOptions,
  ScheduleOptions,
} from './core/schedule/definition.ts'
export type { PreviewRow } from './core/schedule/preview.ts'
export type { Duration } from './core/values/duration.ts'
export {
  CommitTooLarge,
  IdempotencyConflict,
  InputRefused,
  InvalidDefinition,
  InvalidInput,
  JobTooLarge,
  LamplighterError,
  PayloadExpires,
  ResultRefused,
  type SchemaIssue,
  SignalRefused,
  Unavailable,
  UniqueConflict,
  UnknownType,
  Unwritable,
} from './core/values/errors.ts'
export { defineJob, type JobOptions } from './define/define-job.ts'
export { defineRunner, type RunnerOptions } from './define/define-runner.ts'
export { type ScheduleOf, schedule } from './define/define-schedule.ts'
export { handle } from './define/handle.ts'
export type { JobEvent } from './ports/events.ts'
export type { Telemetry, TelemetryEvent } from './ports/telemetry.ts'
