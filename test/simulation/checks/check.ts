import type { EnqueueOutcome } from '../../../lib/core/definition/job-request.ts'
import type { RunContext } from '../../../lib/core/definition/run-context.ts'
import type { TelemetryEvent } from '../../../lib/ports/telemetry.ts'
import type { JobFacts, Run } from '../job-facts.ts'
import type { Proc } from '../proc.ts'
import type { ScheduleWrite, Sim } from '../sim.ts'
import type { Write } from '../table.ts'

/** What went wrong, in words; undefined when nothing did. */
export type Finding = string | undefined

/** Where a check may look. Each is asked at the instant it names. */
export interface Looks {
  /** At every write, before the facts are brought up to date. */
  wrote?(write: Write): Finding
  /** A handler is called. */
  handler?(run: Run, ctx: RunContext): Finding
  /** A worker, a client, a sweeper or dispatcher has got to its end. */
  batchEnded?(worker: Proc): Finding
  clientEnded?(client: Proc, outcomes: readonly EnqueueOutcome[]): Finding
  placerEnded?(placer: Proc): Finding
  told?(proc: Proc, event: TelemetryEvent): Finding
  /** At every write of a schedule. */
  scheduled?(write: ScheduleWrite): Finding
  sent?(job: JobFacts): Finding
  /** The signal of a run aborts. */
  aborted?(run: Run, reason: unknown): Finding
  /** A handler takes its process down. */
  takedown?(worker: Proc, run: Run): Finding
  /** Each minute, from the first on. */
  everyMinute?(): Finding
  /** Each minute of the quiet. */
  eachMinute?(): Finding
  /** When all is drained. */
  atEnd?(): Finding
}

export interface Check {
  readonly invariant: string
  readonly what: string
  looks(sim: Sim): Looks
}

export const isStart = ({ transition }: Write): boolean =>
  transition?.set.owner !== undefined && transition.set.state === 'IN_PROGRESS'
