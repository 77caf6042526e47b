import type { Logger } from '../core/definition/run-context.ts'
import type { Runner } from '../core/definition/runner.ts'
import type { Clock } from './clock.ts'
import type { JobQueue } from './job-queue.ts'
import type { JobStore } from './job-store.ts'
import type { Mappings } from './mappings.ts'
import type { PayloadStore } from './payload-store.ts'
import type { Random } from './random.ts'
import type { RecordStore } from './record-store.ts'
import type { Telemetry } from './telemetry.ts'

/** Everything the use cases touch outside themselves; built once, in a composition root. */
export interface Deps {
  readonly runner: Runner
  readonly store: JobStore
  readonly records: RecordStore
  /** For inputs and values of steps that are too large for a table. Absent: there is no bucket, and such are refused. */
  readonly payloads?: PayloadStore
  readonly queue: JobQueue
  /** Absent: nobody here may look at them, and the sweeper or an operator with rights does. */
  readonly mappings?: Mappings
  readonly clock: Clock
  readonly random: Random
  readonly telemetry: Telemetry
  /** Version of the time zones' data, such as `2026c`; without it nobody asks whether their rules changed. */
  readonly timeZones?: string
  /** Whether this deployment has an event bus; the sweeper writes it down. Absent: who runs here does not know. */
  readonly isPublishing?: boolean
}

/** What a worker needs beside: a logger of its own for each run. */
export interface WorkerDeps extends Deps {
  readonly loggerFor: (fields: Readonly<Record<string, unknown>>) => Logger
}
