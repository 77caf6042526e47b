/** One message, from its receipt to the job's start: T6, or what its refusal calls for. */

import { decideRefusedStart, type StartDecision } from '../../core/decide/refused-start.ts'
import { policyOf } from '../../core/definition/runner.ts'
import { type Job, notifyOf } from '../../core/job/job.ts'
import type { Message } from '../../core/job/message.ts'
import { cancelIfLeaseOver } from '../../core/transitions/cancel.ts'
import { isOwnRequest, isOwnRun, signed } from '../../core/transitions/own-write.ts'
import { failIfExhausted, failIfLeaseOver } from '../../core/transitions/recover.ts'
import { mayLeaveAt, type Start, startIfDispatched, takeOverIfLeaseOver } from '../../core/transitions/start.ts'
import { maxOrphanReceives } from '../../core/values/times.ts'
import type { ChangeOutcome } from '../../ports/job-store.ts'
import { crashedText, exhaustedText } from '../sweeper/handle-due.ts'
import { newOwner, newRequestToken } from '../tokens.ts'
import { acknowledge, type Batch, type Delivery, type Verdict } from './run.ts'
import { runJob } from './run-job.ts'

/** Refused again and again by a moving item: the message comes back a little later. */
const maxDecisions = 4
const soonMs = 2_000
/** After a fault of the store: 5 to 30 s, spread, or the message would sleep for the queue's own timeout. */
const faultWaitMs = (fraction: number): number => 5_000 + Math.round(fraction * 25_000)
/** A type that this worker does not know (yet): how long its message waits. */
const unknownTypeWaitMs = 60_000

export async function startJob(batch: Batch, delivery: Delivery, message: Message): Promise<Verdict> {
  const { deps } = batch
  if (!batch.handlers.has(message.type)) return leaveUnknown(batch, delivery, message)
  if (deps.clock.now() >= batch.endAt) return { kind: 'keep', visibleInMs: soonMs }
  const start: Start = {
    now: deps.clock.now(),
    owner: newOwner(deps.random),
    policy: policyOf(deps.runner, message.type),
  }
  let outcome = await batch.apply({
    id: message.id,
    transition: startIfDispatched(message.fence, start, mayLeaveAt(message.at, start)),
  })
  let isTakenOver = false
  for (let decisions = 0; decisions < maxDecisions; decisions += 1) {
    if (outcome.kind === 'applied') return runJob(batch, delivery, message, outcome.job, start, isTakenOver)
    const item: Job | 'unreadable' | undefined =
      outcome.kind === 'failed' ? await readOnce(batch, message.id, 'startIfDispatched', outcome) : outcome.job
    if (item === 'unreadable') return { kind: 'keep', visibleInMs: faultWaitMs(deps.random.fraction()) }
    // The answer got lost, but not the write: without this look the attempt would be charged and never run.
    if (outcome.kind === 'failed' && !isOwnRun(item, start.owner)) {
      return { kind: 'keep', visibleInMs: faultWaitMs(deps.random.fraction()) }
    }
    const decision = decideRefusedStart(item, message, delivery.receives, start)
    const next = await act(batch, delivery, message, start, decision, isTakenOver)
    if ('verdict' in next) return next.verdict
    outcome = next.outcome
    isTakenOver = decision.kind === 'takeOver'
  }
  return { kind: 'keep', visibleInMs: soonMs }
}

/** What became of a write whose answer never came. */
async function readOnce(batch: Batch, id: string, transition: string, outcome: ChangeOutcome & { kind: 'failed' }) {
  const { message: error } = outcome.error
  batch.deps.telemetry.emit({ name: 'store_failed', id, transition, error })
  try {
    return await batch.read(id)
  } catch {
    return 'unreadable' as const
  }
}

type Next = { readonly verdict: Verdict } | { readonly outcome: ChangeOutcome }

async function act(
  batch: Batch,
  delivery: Delivery,
  message: Message,
  start: Start,
  decision: StartDecision,
  isTakenOver: boolean,
): Promise<Next> {
  const { telemetry } = batch.deps
  switch (decision.kind) {
    case 'run':
      return { verdict: await runJob(batch, delivery, message, decision.job, start, isTakenOver) }
    case 'startMovingAt':
      return {
        outcome: await batch.apply({ id: message.id, transition: startIfDispatched(message.fence, start, false) }),
      }
    case 'takeOver':
      return {
        outcome: await batch.apply({
          id: message.id,
          transition: takeOverIfLeaseOver(decision.job, message.fence, start),
        }),
      }
    case 'cancel':
      return { verdict: await endWithoutRun(batch, decision.job, start, 'cancel') }
    case 'fail':
      return {
        verdict: await endWithoutRun(batch, decision.job, start, decision.isLeaseOver ? 'crashed' : 'exhausted'),
      }
    case 'wait':
      telemetry.emit({ name: 'message_waits', id: message.id, waitMs: decision.waitMs, why: decision.why })
      return { verdict: { kind: 'keep', visibleInMs: decision.waitMs } }
    case 'acknowledge':
      telemetry.emit({ name: 'message_dropped', id: message.id, why: decision.why })
      return { verdict: acknowledge }
  }
}

/** A job that ends although nobody runs it: cancelled while its run crashed, or out of attempts. */
async function endWithoutRun(
  batch: Batch,
  job: Job,
  start: Start,
  why: 'cancel' | 'crashed' | 'exhausted',
): Promise<Verdict> {
  const { deps } = batch
  const request = newRequestToken(deps.random)
  const transition =
    why === 'cancel'
      ? cancelIfLeaseOver(job, start.now, request, start.policy)
      : why === 'crashed'
        ? failIfLeaseOver(job, crashedText, start.now, start.policy)
        : failIfExhausted(job, exhaustedText, start.now, start.policy)
  const outcome = await batch.apply({ id: job.id, transition: signed(transition, request) })
  const isFailed = outcome.kind === 'failed'
  const item = isFailed ? await readOnce(batch, job.id, transition.name, outcome) : outcome.job
  const isMine = outcome.kind === 'applied' || (item !== 'unreadable' && isOwnRequest(item, request))
  // Refused: somebody else moved the job on. The message comes back once more and finds out.
  if (!isMine) return { kind: 'keep', visibleInMs: isFailed ? faultWaitMs(deps.random.fraction()) : soonMs }
  const fields = { id: job.id, type: job.type, queue: job.queue, attempt: job.attempt }
  if (why === 'cancel') deps.telemetry.emit({ name: 'job_cancelled', ...fields, ...notifyOf(job) })
  if (why === 'crashed') deps.telemetry.emit({ name: 'job_crashed', ...fields, crashes: (job.crashes ?? 0) + 1 })
  if (why !== 'cancel')
    deps.telemetry.emit({
      name: 'job_failed',
      ...fields,
      ...notifyOf(job),
      error: why === 'crashed' ? 'Crashed' : 'OutOfAttempts',
    })
  return acknowledge
}

/**
 * A deploy in progress, or a handler that was removed: the job is never failed for it. The message is kept while it is
 * the only one of its job; once the sweeper sends others, this one would only be one more that cycles.
 */
async function leaveUnknown(batch: Batch, delivery: Delivery, message: Message): Promise<Verdict> {
  const job = await batch.read(message.id)
  if (job === undefined && delivery.receives < maxOrphanReceives) return { kind: 'keep', visibleInMs: soonMs }
  const isKept = job !== undefined && job.fence === message.fence && (job.dispatches ?? 0) <= 1
  batch.deps.telemetry.emit({ name: 'unknown_type', id: message.id, type: message.type, queue: batch.queue, isKept })
  return isKept ? { kind: 'keep', visibleInMs: unknownTypeWaitMs } : acknowledge
}
