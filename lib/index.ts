/** The public entry: defining jobs, enqueueing them, and building the functions that run them. */
export type { EnqueueOutcome } from './app/enqueue.ts'
export type { CancelOutcome, DeleteOutcome, PlaceOutcome, When } from './app/manage.ts'
export type { EnqueueOptions } from './app/prepare.ts'
export { RunStopped } from './app/run-control.ts'
export type { JobView } from './app/view.ts'
export { type Client, type ClientOptions, createClient, type JobRequest } from './client/create-client.ts'
export type {
  InputOf,
  JobContract,
  JobHandler,
  Logger,
  Middleware,
  QueuePolicy,
  RunContext,
  Runner,
} from './core/contract.ts'
export type { Duration } from './core/duration.ts'
export {
  IdempotencyConflict,
  InputRefused,
  InvalidDefinition,
  InvalidInput,
  JobTooLarge,
  LamplighterError,
  Unavailable,
  UnknownType,
} from './core/errors.ts'
export type { JobState } from './core/job.ts'
export { FailForGood, RetryAfter } from './core/steer.ts'
export {
  type BackoffOption,
  defineJob,
  defineRunner,
  handle,
  type JobOptions,
  type RunnerOptions,
} from './define-job.ts'
export type { Telemetry, TelemetryEvent } from './ports/telemetry.ts'
