import type { History } from '../../core/definition/runner.ts'
import type { Deps } from '../../ports/deps.ts'
import type { Events } from '../../ports/events.ts'

/** What the recorder touches to count and to publish: nothing of the jobs' table. */
export interface RecorderDeps extends Pick<Deps, 'runner' | 'records' | 'clock' | 'telemetry'> {
  /** Where events go; absent: nowhere. */
  readonly events?: Events
  /** Of queues that say nothing. @default 'failed' */
  readonly history?: History
}

/** What it touches in addition: jobs that wait for others, which it wakes. */
export interface JoiningDeps extends RecorderDeps, Deps {}
