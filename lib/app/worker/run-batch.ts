/**
 * A batch of messages becomes runs.
 *
 * - each message goes its own way: startJob, runJob, recordOutcome; what the messages of a batch ask in one turn of the
 *   event loop shares one request (see batched)
 * - a handler's failure is recorded state: only infrastructure faults, and messages kept for a retry, are handed back
 * - an outcome is written under the run's owner, or not at all
 */
import type { JobHandler } from '../../core/definition/run-hooks.ts'
import { windowOf } from '../../core/definition/runner.ts'
import { slotOf } from '../../core/job/job.ts'
import { idInNewerMessage, parseMessage } from '../../core/job/message.ts'
import { pausedWaitMs } from '../../core/records/pause.ts'
import { maxDelayMs } from '../../core/values/quotas.ts'
import { maxReceives } from '../../core/values/times.ts'
import type { WorkerDeps } from '../../ports/deps.ts'
import { isPaused } from '../known-control.ts'
import { type Sending, sendAgain, sendOrPull } from '../send.ts'
import { batched } from './batched.ts'
import { leaveNewer, type NewerArrival } from './leave-message.ts'
import { quarantineOf } from './quarantine.ts'
import { recordOutcome } from './record-outcome.ts'
import { type Arrival, type Batch, type Delivery, hide, reported, type Verdict } from './run.ts'
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
  const { ours, newer } = parsed(deps, invocation.deliveries)
  const isPausedNow = await isPaused(deps, invocation.queue)
  const batch = { ...batchOf(deps, handlers, invocation, ours.length), isPaused: isPausedNow }
  const kept = await Promise.all([
    ...ours.map(one => settle({ batch, ...one })),
    ...newer.map(one => settleNewer({ batch, ...one })),
  ])
  const handedBack = kept.filter(messageId => messageId !== undefined)
  if (windowOf(deps.runner, invocation.queue) !== undefined && !isPausedNow) {
    const { handOn } = await import('../gates/window.ts')
    await handOn(deps, invocation.queue, invocation.deliveries.length - handedBack.length)
  }
  return handedBack
}

function batchOf(
  deps: WorkerDeps,
  handlers: readonly JobHandler[],
  { queue, endAt }: Invocation,
  size: number,
): Omit<Batch, 'isPaused'> {
  const { clock, store, telemetry } = deps
  const apply = batched(clock, store.apply.bind(store))
  const get = batched(clock, (ids: readonly string[]) => store.get(ids))
  const getControl = batched(clock, (ids: readonly string[]) => store.get(ids, 'control'))
  return {
    deps,
    queue,
    handlers: new Map(handlers.map(handler => [handler.contract.type, handler])),
    endAt,
    quarantine: quarantineOf(size),
    writing: {
      store: {
        apply: changes => Promise.all(changes.map(apply)),
        get: (ids, parts) => Promise.all(ids.map(parts === 'control' ? getControl : get)),
      },
      clock,
      telemetry,
    },
    look: batched(clock, ids => store.get(ids, 'control')),
    readRecord: batched(clock, keys => deps.records.get(keys)),
    hide: batched(clock, changes => deps.queue.setVisibility(queue, changes)),
    send: batched(clock, async (sendings: readonly Sending[]) => {
      await sendOrPull(deps, sendings)
      return sendings.map(() => undefined)
    }),
  }
}

interface Parsed {
  /**
   * One message per job: of several, the one with the highest fence. The others are of no use, and are deleted.
   */
  readonly ours: readonly Pick<Arrival, 'delivery' | 'message'>[]
  readonly newer: readonly Pick<NewerArrival, 'delivery' | 'id'>[]
}

function parsed({ telemetry }: WorkerDeps, deliveries: readonly Delivery[]): Parsed {
  const best = new Map<string, Pick<Arrival, 'delivery' | 'message'>>()
  const newer: Pick<NewerArrival, 'delivery' | 'id'>[] = []
  for (const delivery of deliveries) {
    const message = parseMessage(delivery.body)
    const newerId = message === undefined ? idInNewerMessage(delivery.body) : undefined
    const other = message === undefined ? undefined : best.get(message.id)
    if (newerId !== undefined) newer.push({ delivery, id: newerId })
    else if (message === undefined) {
      telemetry.emit({ name: 'message_dropped', why: `not a message of ours (${delivery.messageId})` })
    } else if (other === undefined || other.message.fence < message.fence) best.set(message.id, { delivery, message })
  }
  return { ours: [...best.values()], newer }
}

/** @returns the messageId when the message must come back */
async function settle(arrival: Arrival): Promise<string | undefined> {
  const { batch, delivery, message } = arrival
  const verdict = await guarded(batch, message.id, () => verdictOf(arrival))
  batch.quarantine.settled()
  if (verdict.kind === 'keep' && (await isReplaced(arrival, verdict.visibleInMs ?? 0))) return undefined
  return carryOut(batch, delivery, verdict)
}

async function settleNewer(arrival: NewerArrival): Promise<string | undefined> {
  const { batch, delivery, id } = arrival
  return carryOut(batch, delivery, await guarded(batch, id, () => leaveNewer(arrival)))
}

async function carryOut(batch: Batch, delivery: Delivery, verdict: Verdict): Promise<string | undefined> {
  if (verdict.kind === 'acknowledge') return undefined
  if (verdict.visibleInMs !== undefined) await hide({ batch, delivery }, verdict.visibleInMs)
  return delivery.messageId
}

/** The way of one message, step by step. */
async function verdictOf(arrival: Arrival): Promise<Verdict> {
  const { batch, message } = arrival
  if (batch.isPaused) return reported(batch, message.id, { kind: 'keep', visibleInMs: pausedWaitMs }, 'queue is paused')
  const started = await startJob(arrival)
  if (started.kind === 'settled') return started.verdict
  try {
    return await recordOutcome(await runJob(started.run, started.job))
  } finally {
    await started.run.place?.free()
  }
}

/** A fault of ours with one message must not take the nine others along: it comes back. */
async function guarded({ deps }: Batch, id: string, judge: () => Promise<Verdict>): Promise<Verdict> {
  try {
    return await judge()
  } catch (error) {
    deps.telemetry.emit({ name: 'job_set_aside', id, error: String(error) })
    return { kind: 'keep' }
  }
}

/**
 * SQS counts each receive, also of a message that only waits, and moves it to the dead-letter queue in the end. A message
 * near that end is sent anew and deleted.
 */
async function isReplaced({ batch, delivery, message }: Arrival, visibleInMs: number): Promise<boolean> {
  if (delivery.receives <= maxReceives) return false
  // The message does not say all. Without an answer it goes out all the same: nothing but its turn hangs on it.
  const job = await batch.look(message.id).catch(() => undefined)
  const slot = job === undefined || job.fence !== message.fence ? undefined : slotOf(job)
  return sendAgain(batch.deps, batch.queue, {
    message: message.v === 3 && slot !== undefined ? { ...message, slot } : message,
    tenant: job?.tenant,
    delayMs: Math.min(visibleInMs, maxDelayMs),
  })
}
