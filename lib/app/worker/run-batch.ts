/**
 * A batch of messages becomes runs.
 *
 * - each message goes its own way: startJob, runJob, recordOutcome; what the messages of a batch ask in one turn of the
 *   event loop shares one request (see batched)
 * - a handler's failure is recorded state: only infrastructure faults, and messages kept for a retry, are handed back
 * - an outcome is written under the run's owner, or not at all
 */
import type { JobHandler } from '../../core/definition/run-context.ts'
import { parseMessage } from '../../core/job/message.ts'
import { maxDelayMs } from '../../core/values/quotas.ts'
import { maxReceives } from '../../core/values/times.ts'
import type { WorkerDeps } from '../../ports/deps.ts'
import { type Sending, sendOrPull } from '../send.ts'
import { batched } from './batched.ts'
import { quarantineOf } from './quarantine.ts'
import { recordOutcome } from './record-outcome.ts'
import { type Arrival, type Batch, type Delivery, hide, type Verdict } from './run.ts'
import { runJob } from './run-job.ts'
import { startJob } from './start-job.ts'

/** What the worker function was invoked with. */
export interface Invocation {
  readonly queue: string
  readonly deliveries: readonly Delivery[]
  /** Epoch milliseconds at which the function itself must be done. */
  readonly endAt: number
}

/** @returns the messageIds to hand back; all others may be deleted */
export async function runBatch(
  deps: WorkerDeps,
  handlers: readonly JobHandler[],
  invocation: Invocation,
): Promise<readonly string[]> {
  const best = bestById(deps, invocation.deliveries)
  const batch = batchOf(deps, handlers, invocation, best.length)
  const kept = await Promise.all(best.map(one => settle({ batch, ...one })))
  return kept.filter(messageId => messageId !== undefined)
}

function batchOf(deps: WorkerDeps, handlers: readonly JobHandler[], { queue, endAt }: Invocation, size: number): Batch {
  const { clock, store, telemetry } = deps
  const apply = batched(clock, store.apply.bind(store))
  const get = batched(clock, store.get.bind(store))
  return {
    deps,
    queue,
    handlers: new Map(handlers.map(handler => [handler.contract.type, handler])),
    endAt,
    quarantine: quarantineOf(size),
    writing: {
      store: { apply: changes => Promise.all(changes.map(apply)), get: ids => Promise.all(ids.map(get)) },
      clock,
      telemetry,
    },
    hide: batched(clock, changes => deps.queue.setVisibility(queue, changes)),
    send: batched(clock, async (sendings: readonly Sending[]) => {
      await sendOrPull(deps, sendings)
      return sendings.map(() => undefined)
    }),
  }
}

type Parsed = Pick<Arrival, 'delivery' | 'message'>

/** One message per job: of several, the one with the highest fence. The others are of no use, and are deleted. */
function bestById({ telemetry }: WorkerDeps, deliveries: readonly Delivery[]): readonly Parsed[] {
  const best = new Map<string, Parsed>()
  for (const delivery of deliveries) {
    const message = parseMessage(delivery.body)
    if (message === undefined) {
      telemetry.emit({ name: 'message_dropped', why: `not a message of ours (${delivery.messageId})` })
      continue
    }
    const other = best.get(message.id)
    if (other === undefined || other.message.fence < message.fence) best.set(message.id, { delivery, message })
  }
  return [...best.values()]
}

/** @returns the messageId when the message must come back */
async function settle(arrival: Arrival): Promise<string | undefined> {
  const verdict = await verdictOf(arrival)
  arrival.batch.quarantine.settled()
  if (verdict.kind === 'acknowledge' || (await isReplaced(arrival, verdict.visibleInMs ?? 0))) return undefined
  if (verdict.visibleInMs !== undefined) await hide(arrival, verdict.visibleInMs)
  return arrival.delivery.messageId
}

/** A fault of ours in one run must not take its nine neighbours along: its message comes back. */
async function verdictOf(arrival: Arrival): Promise<Verdict> {
  try {
    const started = await startJob(arrival)
    if (started.kind === 'settled') return started.verdict
    const { lease, outcome } = await runJob(started.run, started.job)
    return await recordOutcome(lease, outcome)
  } catch (error) {
    arrival.batch.deps.telemetry.emit({ name: 'job_set_aside', id: arrival.message.id, error: String(error) })
    return { kind: 'keep' }
  }
}

/**
 * SQS counts each receive, also of a message that only waits, and moves it to the dead-letter queue in the end. A message
 * near that end is sent anew and deleted.
 */
async function isReplaced({ batch, delivery, message }: Arrival, visibleInMs: number): Promise<boolean> {
  if (delivery.receives <= maxReceives) return false
  const delayMs = Math.min(visibleInMs, maxDelayMs)
  const [outcome] = await batch.deps.queue.send(batch.queue, [{ message, delayMs }])
  return outcome?.kind === 'sent'
}
