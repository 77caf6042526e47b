/** The public entry: defining jobs, enqueueing them, and operating them. */
export type { Enqueued, EnqueueOutcome } from './app/enqueue/enqueue.ts'
export type { JobView } from './app/operate/job-view.ts'
export type {
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
export type { Client } from './client/client.ts'
export { type ClientOptions, createClient } from './client/create-client.ts'
export type { ScheduleClient } from './client/schedules.ts'
export type { TransactedJob } from './client/transact.ts'
export { CommitRefused } from './core/definition/commit-refused.ts'
export type { InputOf, JobContract, OutputOf } from './core/definition/contract.ts'
export { FailForGood, RetryAfter, type RetryAfterOptions } from './core/definition/handler-errors.ts'
export { type EnqueuedJob, type EnqueueOptions, type JobRequest, jobRequest } from './core/definition/job-request.ts'
export type { JobPolicy } from './core/definition/policy.ts'
export type {
  CommitEnd,
  JobHandler,
  Logger,
  Middleware,
  RunContext,
  RunningJob,
} from './core/definition/run-context.ts'
export { RunStopped } from './core/definition/run-stopped.ts'
export type { QueuePolicy, Runner } from './core/definition/runner.ts'
export type { TransactItem } from './core/definition/transact-item.ts'
export type { JobState } from './core/job/job.ts'
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
  Unavailable,
  UnknownType,
  Unwritable,
} from './core/values/errors.ts'
export { type BackoffOption, defineJob, type JobOptions } from './define/define-job.ts'
export { defineRunner, type RunnerOptions } from './define/define-runner.ts'
export { type ScheduleOf, schedule } from './define/define-schedule.ts'
export { handle } from './define/handle.ts'
export type { JobEvent } from './ports/events.ts'
export type { Telemetry, TelemetryEvent } from './ports/telemetry.ts'
