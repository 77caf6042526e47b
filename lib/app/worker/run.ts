import type { FailedRun } from '../../core/decide/failed-run.ts'
import type { JobHandler } from '../../core/definition/run-hooks.ts'
import type { Job } from '../../core/job/job.ts'
import type { Message } from '../../core/job/message.ts'
import type { RecordKey, StoredRecord } from '../../core/records/record.ts'
import type { Start } from '../../core/transitions/start.ts'
import type { JobContent } from '../../core/transitions/unique.ts'
import type { WorkerDeps } from '../../ports/deps.ts'
import type { SendOutcome, Visibility } from '../../ports/job-queue.ts'
import type { Sending } from '../send.ts'
import type { WriteDeps } from '../write.ts'
import type { Quarantine } from './quarantine.ts'

/** A message as the queue delivered it. */
export interface Delivery {
  readonly messageId: string
  readonly receipt: string
  readonly body: string
  /** How often it was received, this time included. */
  readonly receives: number
  /** Until when its queue hides it of its own accord, epoch milliseconds; undefined when that cannot be known. */
  readonly hiddenUntil?: number | undefined
}

/** Everything that the messages of one batch share. What they ask in one turn of the event loop is one request. */
export interface Batch {
  readonly deps: WorkerDeps
  readonly queue: string
  readonly handlers: ReadonlyMap<string, JobHandler>
  /** Epoch milliseconds at which the function itself must be done. */
  readonly endAt: number
  readonly quarantine: Quarantine
  /** Nothing starts; every message waits. */
  readonly isPaused: boolean
  readonly writing: WriteDeps
  /** Reads a job without input and result, which decide nothing and may take 400 KB. @throws Unavailable */
  look(id: string): Promise<Job | undefined>
  /** @throws Unavailable */
  readRecord(key: RecordKey): Promise<StoredRecord | undefined>
  hide(visibility: Visibility): Promise<SendOutcome>
  /** Sends a message for a job that is written already; best effort, and the sweeper steps in when it fails. */
  send(sending: Sending): Promise<void>
}

/** One message of a batch. */
export interface Arrival {
  readonly batch: Batch
  readonly delivery: Delivery
  readonly message: Message
}

/** The place in its gate that a run holds. */
export interface Place {
  /** Before the lease itself is prolonged. False when the place is the run's no more. @throws Unavailable */
  prolong(until: number): Promise<boolean>
  /** Once the run is over, never before. Hands the place on where others may wait for it. */
  free(): Promise<void>
}

/** A run: a message, and the start that it was given. It goes through start-job, run-job and record-outcome. */
export interface Run extends Arrival {
  readonly start: Start
  /** Absent: the job has no gate, or holds no place in it. */
  readonly place?: Place
  /** The slot that the message says it has is gone. */
  readonly hasNoSlot?: true
}

export interface SuspendedRun {
  readonly kind: 'suspended'
  /** When it goes on at the latest. */
  readonly dueAt: number
  /** A signal makes it go on sooner. */
  readonly isWaiting: boolean
  /** `wakes` of the job before the run read what had come. */
  readonly wakes: number | undefined
  readonly hasProgressed: boolean
}

/** What became of a run. */
export type RunOutcome =
  | { readonly kind: 'completed'; readonly result: string | undefined }
  /** The run's own transaction has completed the job: there is nothing left to write. */
  | { readonly kind: 'committed' }
  | FailedRun
  /** The handler sleeps or waits: the job goes on later, from what its steps have left. */
  | SuspendedRun
  /** The job begins anew, in its next generation. */
  | { readonly kind: 'continued'; readonly next: JobContent }
  | { readonly kind: 'cancelled' }
  /** The job of the occurrence before has not ended. `after`: whom the next occurrence must look at. */
  | { readonly kind: 'skipped'; readonly after: string }
  /** The start came after the job's `startBy`: the handler was not called. */
  | { readonly kind: 'expired' }
  /** The job that it was made for has ended: the handler was not called. */
  | { readonly kind: 'orphaned' }
  /** The job is somebody else's: nothing may be written. */
  | { readonly kind: 'lost' }

/** What becomes of a message: deleted, or handed back to be seen again when its visibility timeout ends. */
export type Verdict = { readonly kind: 'acknowledge' } | { readonly kind: 'keep'; readonly visibleInMs?: number }

export const acknowledge: Verdict = { kind: 'acknowledge' }

/** Reports why a message is kept or dropped although nothing ran. */
export function reported({ deps }: Batch, id: string, verdict: Verdict, why: string): Verdict {
  deps.telemetry.emit(
    verdict.kind === 'keep'
      ? { name: 'message_waits', id, waitMs: verdict.visibleInMs ?? 0, why }
      : { name: 'message_dropped', id, why },
  )
  return verdict
}

/** How soon a message comes back when nothing says how long to wait. */
export const soonMs = 2_000

/** Best effort: a message that could not be hidden comes early, is refused and waits then. */
export async function hide(
  { batch, delivery }: Pick<Arrival, 'batch' | 'delivery'>,
  visibleInMs: number,
): Promise<void> {
  const outcome = await batch.hide({ receipt: delivery.receipt, visibleInMs })
  if (outcome.kind === 'failed') {
    batch.deps.telemetry.emit({ name: 'visibility_failed', queue: batch.queue, error: outcome.error.message })
  }
}
