import { isHiddenForLease } from '../../core/definition/deployment.ts'
import { type JobPolicy, leaseMs } from '../../core/definition/policy.ts'
import type { JobHandler } from '../../core/definition/run-context.ts'
import type { Job } from '../../core/job/job.ts'
import type { WorkerDeps } from '../../ports/deps.ts'
import type { SendOutcome, Visibility } from '../../ports/job-queue.ts'
import type { Change, ChangeOutcome } from '../../ports/job-store.ts'

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

/** Everything that the runs of one batch share. */
export interface Batch {
  readonly deps: WorkerDeps
  readonly queue: string
  readonly handlers: ReadonlyMap<string, JobHandler>
  /** Epoch milliseconds at which the function itself must be done. */
  readonly endAt: number
  apply(change: Change): Promise<ChangeOutcome>
  read(id: string): Promise<Job | undefined>
  hide(visibility: Visibility): Promise<SendOutcome>
}

/** What becomes of a message: deleted, or handed back to be seen again when its visibility timeout ends. */
export type Verdict = { readonly kind: 'acknowledge' } | { readonly kind: 'keep'; readonly visibleInMs?: number }

export const acknowledge: Verdict = { kind: 'acknowledge' }

/** Best effort: a message that could not be hidden comes early, is refused and waits then. */
export async function hide(batch: Batch, delivery: Delivery, visibleInMs: number): Promise<void> {
  const outcome = await batch.hide({ receipt: delivery.receipt, visibleInMs })
  if (outcome.kind === 'failed') {
    batch.deps.telemetry.emit({ name: 'visibility_failed', queue: batch.queue, error: outcome.error.message })
  }
}

/**
 * The message stays hidden as long as its job's lease lasts: a crash is noticed when the lease is over, not later. No
 * call where the queue's own visibility timeout does that already.
 */
export async function hideForLease(batch: Batch, delivery: Delivery, policy: JobPolicy): Promise<void> {
  const lease = leaseMs(policy)
  const { hiddenUntil } = delivery
  if (hiddenUntil !== undefined && isHiddenForLease(hiddenUntil, batch.deps.clock.now() + lease)) return
  await hide(batch, delivery, lease)
}
