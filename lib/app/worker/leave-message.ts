/** Messages that this worker cannot act on, and must not lose. */
import { isTerminal, type Job } from '../../core/job/job.ts'
import { maxOrphanReceives } from '../../core/values/times.ts'
import { type Arrival, acknowledge, type Batch, type Delivery, reported, soonMs, type Verdict } from './run.ts'

/** How long such a message waits before somebody looks at it again. */
const leftWaitMs = 60_000

/** A message of a later format. */
export interface NewerArrival {
  readonly batch: Batch
  readonly delivery: Delivery
  readonly id: string
}

/**
 * A type that this worker does not know: a deploy in progress, or a handler that was removed. The job is never failed for
 * it. The message is kept while it is the only one of its job; once the sweeper sends others, it would only cycle.
 */
export async function leaveUnknown({ batch, delivery, message }: Arrival): Promise<Verdict> {
  const job = await batch.look(message.id)
  if (job === undefined && delivery.receives < maxOrphanReceives) return { kind: 'keep', visibleInMs: soonMs }
  const isKept = job !== undefined && job.fence === message.fence && isOnlyMessage(job)
  batch.deps.telemetry.emit({ name: 'unknown_type', id: message.id, type: message.type, queue: batch.queue, isKept })
  return isKept ? { kind: 'keep', visibleInMs: leftWaitMs } : acknowledge
}

/** A message of a later release is kept on the same terms. Its fence is not compared: nobody here knows what it means. */
export async function leaveNewer({ batch, delivery, id }: NewerArrival): Promise<Verdict> {
  const job = await batch.look(id)
  if (job === undefined && delivery.receives < maxOrphanReceives) return { kind: 'keep', visibleInMs: soonMs }
  if (job === undefined || isTerminal(job.state) || !isOnlyMessage(job)) {
    return reported(batch, id, acknowledge, 'of a newer release, and of no use any more')
  }
  return reported(batch, id, { kind: 'keep', visibleInMs: leftWaitMs }, 'of a newer release')
}

const isOnlyMessage = (job: Job): boolean => (job.dispatches ?? 0) <= 1
