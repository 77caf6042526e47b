/**
 * A batch of messages becomes runs.
 *
 * - each message is worked off on its own, one step after the other; what the messages of a batch ask in one turn of
 *   the event loop shares one request (see coalesce)
 * - a handler's failure is recorded state: only infrastructure faults, and messages kept for a retry, are handed back
 * - an outcome is written under the run's owner, or not at all
 */
import type { JobHandler } from '../../core/definition/run-context.ts'
import { type Message, parseMessage } from '../../core/job/message.ts'
import type { WorkerDeps } from '../../ports/deps.ts'
import { batched } from './batched.ts'
import { type Batch, type Delivery, hide, type Verdict } from './run.ts'
import { startJob } from './start-job.ts'

/** @returns the messageIds to hand back; all others may be deleted */
export async function runBatch(
  deps: WorkerDeps,
  handlers: readonly JobHandler[],
  queue: string,
  deliveries: readonly Delivery[],
  endAt: number,
): Promise<readonly string[]> {
  const batch: Batch = {
    deps,
    queue,
    handlers: new Map(handlers.map(handler => [handler.contract.type, handler])),
    endAt,
    apply: batched(deps.clock, changes => deps.store.apply(changes)),
    read: batched(deps.clock, ids => deps.store.get(ids)),
    hide: batched(deps.clock, changes => deps.queue.setVisibility(queue, changes)),
  }
  const kept = await Promise.all(mergeById(batch, deliveries).map(one => settle(batch, one)))
  return kept.filter(messageId => messageId !== undefined)
}

interface Parsed {
  readonly delivery: Delivery
  readonly message: Message
}

/** One message per job: of several, the one with the highest fence. The others are of no use, and are deleted. */
function mergeById(batch: Batch, deliveries: readonly Delivery[]): readonly Parsed[] {
  const best = new Map<string, Parsed>()
  for (const delivery of deliveries) {
    const message = parseMessage(delivery.body)
    if (message === undefined) {
      batch.deps.telemetry.emit({ name: 'message_dropped', why: `not a message of ours (${delivery.messageId})` })
      continue
    }
    const other = best.get(message.id)
    if (other === undefined || other.message.fence < message.fence) best.set(message.id, { delivery, message })
  }
  return [...best.values()]
}

async function settle(batch: Batch, { delivery, message }: Parsed): Promise<string | undefined> {
  const verdict = await verdictOf(batch, delivery, message)
  if (verdict.kind === 'acknowledge') return undefined
  if (verdict.visibleInMs !== undefined) await hide(batch, delivery, verdict.visibleInMs)
  return delivery.messageId
}

/** A fault of ours in one run must not take its nine neighbours along: its message comes back. */
async function verdictOf(batch: Batch, delivery: Delivery, message: Message): Promise<Verdict> {
  try {
    return await startJob(batch, delivery, message)
  } catch (error) {
    batch.deps.telemetry.emit({ name: 'job_set_aside', id: message.id, error: String(error) })
    return { kind: 'keep' }
  }
}
