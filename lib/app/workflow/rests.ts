/** What a run knows of its steps beside their values: what it rests for, and for how long it may go on. */
import { decideStepTime, type StepTime, type StepTimeDecision } from '../../core/decide/step-time.ts'
import type { Cell } from '../../core/records/cell.ts'
import { functionMarginMs } from '../../core/values/times.ts'
import type { Parting } from '../worker/parting.ts'
import type { RunOutcome } from '../worker/run.ts'
import type { RunLease } from '../worker/run-lease.ts'

/** What a cell holds beside its name. */
export type CellContent = Omit<Cell, 'name' | 'kind' | 'madeAt' | 'attempt' | 'order'>

/** What earlier runs have left. */
export interface Loaded {
  readonly cells: Map<string, Cell>
  /** With what the run ends, because the job may not go on. */
  readonly end?: RunOutcome
}

/** What a handler sleeps or waits for. */
export interface Rest {
  readonly dueAt: number
  /** For a signal, or for other jobs. */
  readonly isWaiting: boolean
}

/** How a run ends that rests for these. */
export function suspendedBy(
  rests: readonly Rest[],
  { job, run, started }: RunLease,
  { progressedAt }: Parting,
): RunOutcome {
  const dueAt = Math.min(...rests.map(one => one.dueAt))
  const isDue = dueAt <= run.batch.deps.clock.now()
  return {
    kind: 'suspended',
    dueAt,
    // What is due goes on at once, whatever else is waited for.
    isWaiting: !isDue && rests.some(({ isWaiting }) => isWaiting),
    wakes: started.wakes,
    hasProgressed: (progressedAt ?? 0) > (job.snoozes ?? 0),
  }
}

/** Whether what is left of the run is enough for its next step. */
export const timeFor = (
  { run, deadline }: RunLease,
  asked: Pick<StepTime, 'now' | 'stepTimeoutMs' | 'longestMs' | 'hasProgressed'>,
): StepTimeDecision =>
  decideStepTime({
    ...asked,
    startedAt: run.start.now,
    deadline,
    functionDeadline: run.batch.endAt - functionMarginMs,
    runTimeoutMs: run.start.policy.timeoutMs,
  })

/** Each run would come as far. */
export const noProgress = (message: string): Error => Object.assign(new Error(message), { name: 'NoProgress' })
