import { enqueueMany } from '../../lib/app/enqueue/enqueue.ts'
import { cancel, remove, requeue, reschedule, runNow } from '../../lib/app/operate/operate.ts'
import { recordBatch } from '../../lib/app/record/record-batch.ts'
import { type ReconcileDeps, reconcile } from '../../lib/app/sweeper/reconcile.ts'
import { resendAll } from '../../lib/app/sweeper/resend-all.ts'
import { startAvailable } from '../../lib/app/sweeper/start-available.ts'
import { tick } from '../../lib/app/sweeper/tick.ts'
import { runBatch } from '../../lib/app/worker/run-batch.ts'
import { sendSignal } from '../../lib/app/workflow/signal.ts'
import type { Runner } from '../../lib/core/definition/runner.ts'
import type { StoredSchedule } from '../../lib/core/records/schedule-record.ts'
import type { WorkerDeps } from '../../lib/ports/deps.ts'
import type { JobQueue } from '../../lib/ports/job-queue.ts'
import type { JobStore } from '../../lib/ports/job-store.ts'
import type { Random } from '../../lib/ports/random.ts'
import type { RecordStore } from '../../lib/ports/record-store.ts'
import type { TelemetryEvent } from '../../lib/ports/telemetry.ts'
// oxlint-disable-next-line import/no-unassigned-import -- for what it loads
import '../../lib/testing/loaded-late.ts'
import type { MemoryRecordStore } from '../../lib/testing/memory-record-store.ts'
import type { Bank } from './bank.ts'
import type { Chance } from './chance.ts'
import type { Facts } from './facts.ts'
import type { Faults } from './faults.ts'
import type { IndexView } from './index-view.ts'
import type { Loop } from './loop.ts'
import type { Plan } from './plan.ts'
import type { Proc, ProcKind } from './proc.ts'
import type { Sqs } from './sqs.ts'
import type { Refusal, Table, Write } from './table.ts'

/** The use cases that a world runs. */
export const realUses = {
  enqueueMany,
  startAvailable,
  runBatch,
  tick,
  reconcile,
  resendAll,
  recordBatch,
  cancel,
  requeue,
  reschedule,
  runNow,
  remove,
  sendSignal,
}
export type Uses = typeof realUses

/** What the parts of a simulated world know of each other. */
export interface Sim {
  readonly plan: Plan
  readonly loop: Loop
  readonly chance: Chance
  readonly faults: Faults
  readonly facts: Facts
  readonly table: Table
  readonly records: MemoryRecordStore
  readonly bank: Bank
  readonly index: IndexView
  readonly queues: Sqs
  readonly mapping: {
    currentReceipt(receipt: string): string
    nudge(queue: string): void
  }
  readonly uses: Uses
  readonly runner: Runner
  readonly random: Random
  /** When the faults stopped; infinite before. */
  readonly quietAt: number
  readonly isQuiet: boolean
  readonly watchers: Watcher[]
  spawn(kind: ProcKind): Proc
  depsFor(proc: Proc): WorkerDeps & ReconcileDeps
  /** As a defect leaves them. */
  tampered(records: RecordStore, proc: Proc): RecordStore
  readonly count: (name: string) => void
  readonly trace: (text: string) => void
  violate(invariant: string, text: string): void
}

/** How a deliberate defect gets in: in front of a port, or instead of a use case. */
export interface Tamper {
  store?(store: JobStore, proc: Proc, sim: Sim): JobStore
  queue?(queue: JobQueue, proc: Proc, sim: Sim): JobQueue
  records?(records: RecordStore, proc: Proc, sim: Sim): RecordStore
  uses?(real: Uses, sim: Sim): Partial<Uses>
}

/** A schedule, as it was and as it became. */
export interface ScheduleWrite {
  readonly name: string
  readonly before: StoredSchedule | undefined
  readonly after: StoredSchedule | undefined
  readonly writer: Proc
}

/** Sees everything, before the facts are brought up to date. */
export interface Watcher {
  wrote?(write: Write): void
  refused?(refusal: Refusal): void
  told?(proc: Proc, event: TelemetryEvent): void
  scheduled?(write: ScheduleWrite): void
}

/** 2027-01-01T00:00:00Z. */
export const startAt = 1_798_761_600_000
