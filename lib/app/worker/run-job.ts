/** A job that this run holds: from its start to its recorded outcome. */
import { type Job, maxSnoozesOf } from '../../core/job/job.ts'
import type { Message } from '../../core/job/message.ts'
import type { Start } from '../../core/transitions/start.ts'
import { recordOutcome } from './record-outcome.ts'
import { type Batch, type Delivery, hideForLease, type Verdict } from './run.ts'
import { type RunOutcome, runHandler } from './run-handler.ts'
import { RunLease } from './run-lease.ts'

/** Too little of the function's time is left: another invocation shall run the job, and no attempt is charged. */
function noTimeLeft(job: Job): RunOutcome {
  if ((job.snoozes ?? 0) < maxSnoozesOf(job)) return { kind: 'snoozed', delayMs: soonMs }
  const error = { name: 'NoTimeLeft', message: 'the function had no time left to run the job' }
  return job.attemptsLeft < 1 ? { kind: 'failed', error } : { kind: 'retry', delayMs: soonMs, error }
}
const soonMs = 2_000

/** @param isTakenOver the job was taken from a run that crashed (T7) */
export async function runJob(
  batch: Batch,
  delivery: Delivery,
  message: Message,
  job: Job,
  start: Start,
  isTakenOver: boolean,
): Promise<Verdict> {
  const { deps } = batch
  const fields = { id: job.id, type: job.type, queue: job.queue, attempt: job.attempt }
  if (isTakenOver) {
    deps.telemetry.emit({ name: 'job_crashed', ...fields, attempt: job.attempt - 1, crashes: job.crashes ?? 0 })
  }
  deps.telemetry.emit({ name: 'job_started', ...fields, lateMs: Math.max(0, start.now - job.scheduledAt) })
  const control = new RunLease(batch, delivery, job, start.owner, start.policy)
  // Before the handler is called: one that takes its process down at once would leave the message hidden for the queue's
  // own timeout, and the job to the sweeper.
  await hideForLease(batch, delivery, start.policy)
  const outcome = await runWithin(batch, control, job)
  control.close()
  return recordOutcome(batch, delivery, message, control, start, outcome)
}

async function runWithin(batch: Batch, control: RunLease, job: Job): Promise<RunOutcome> {
  const { deps } = batch
  const handler = batch.handlers.get(job.type)
  if (handler === undefined) return noTimeLeft(job)
  const earlyMs = job.scheduledAt - deps.clock.now()
  if (earlyMs > 0) await deps.clock.sleep(earlyMs)
  if (control.deadline <= deps.clock.now() && !(await renewed(batch, control))) {
    return control.stop === undefined ? noTimeLeft(job) : { kind: 'lost' }
  }
  // A cancel that came between the write and now is seen before the handler is called at all.
  if (control.job.cancelRequestedAt !== undefined) return { kind: 'cancelled' }
  const watching = [control.watchDeadline(), control.watchCancel()]
  const outcome = await runHandler(deps, handler, control)
  control.close()
  await Promise.all(watching)
  return outcome
}

/** The start's own write took so long that nothing of the lease is left to work in: take a new one first. */
async function renewed(batch: Batch, control: RunLease): Promise<boolean> {
  try {
    return (await control.heartbeat()) && control.deadline > batch.deps.clock.now()
  } catch {
    return false
  }
}
