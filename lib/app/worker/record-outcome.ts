/** Writes what became of a run, under its owner, and tells what to do with its message. */

import { decideRefusedStart } from '../../core/decide/refused-start.ts'
import { type Job, maxSnoozesOf, notifyOf } from '../../core/job/job.ts'
import { errorText, type JobError } from '../../core/job/job-error.ts'
import type { Message } from '../../core/job/message.ts'
import { cancelIfOwner } from '../../core/transitions/cancel.ts'
import {
  completeIfOwner,
  failIfOwner,
  type RetryTime,
  retryIfOwner,
  snoozeIfOwner,
} from '../../core/transitions/finish.ts'
import { isOwnOutcome, isOwnRun } from '../../core/transitions/own-write.ts'
import type { Start } from '../../core/transitions/start.ts'
import type { Transition } from '../../core/transitions/transition.ts'
import { keptMessageMs, maxFinalErrorBytes, maxRetryErrorBytes } from '../../core/values/times.ts'
import type { ChangeOutcome } from '../../ports/job-store.ts'
import { acknowledge, type Batch, type Delivery, type Verdict } from './run.ts'
import type { RunOutcome } from './run-handler.ts'
import type { RunLease } from './run-lease.ts'

/** Beyond the SDK's own retries, as long as the lease lasts. */
const retryDelaysMs = [200, 1_000, 3_000]
const soonMs = 2_000

interface Recording {
  readonly batch: Batch
  readonly delivery: Delivery
  readonly message: Message
  readonly control: RunLease
  readonly start: Start
}

export async function recordOutcome(
  batch: Batch,
  delivery: Delivery,
  message: Message,
  control: RunLease,
  start: Start,
  outcome: RunOutcome,
): Promise<Verdict> {
  const recording = { batch, delivery, message, control, start }
  if (outcome.kind === 'lost') return lost(recording, 'the run', await current(recording))
  const { again, transition } = transitionFor(recording, bounded(control.job, outcome))
  const written = await writeWhileHeld(recording, transition)
  if (written.kind === 'failed') return keepUntilLeaseEnds(recording)
  const job = written.job
  if (written.kind === 'applied' || isOwnOutcome(job, start.owner)) {
    tell(recording, bounded(control.job, outcome), job ?? control.job)
    return verdictFor(batch, again)
  }
  // Refused while the run still holds the job: the cancel flag is up, and forbids a retry.
  if (isOwnRun(job, start.owner) && job?.cancelRequestedAt !== undefined && transition.name !== 'cancelIfOwner') {
    return recordOutcome(batch, delivery, message, control, start, { kind: 'cancelled' })
  }
  return lost(recording, transition.name, job)
}

/** A job that only ever snoozes would never end. */
function bounded(job: Job, outcome: RunOutcome): RunOutcome {
  if (outcome.kind !== 'snoozed' || (job.snoozes ?? 0) < maxSnoozesOf(job)) return outcome
  return { kind: 'failed', error: { name: 'TooManySnoozes', message: `snoozed ${maxSnoozesOf(job)} times` } }
}

function transitionFor(recording: Recording, outcome: RunOutcome): { again?: RetryTime; transition: Transition } {
  const { batch, control, start } = recording
  const { job } = control
  const { owner, policy } = start
  const now = batch.deps.clock.now()
  switch (outcome.kind) {
    case 'completed':
      return { transition: completeIfOwner(job, owner, outcome.result, now, policy) }
    case 'failed':
      return { transition: failIfOwner(job, owner, errorText(outcome.error, maxFinalErrorBytes), now, policy) }
    case 'retry': {
      const again = againIn(now, outcome.delayMs)
      const error = errorText(withoutStack(outcome.error), maxRetryErrorBytes)
      return { again, transition: retryIfOwner(job, owner, again, error, policy) }
    }
    case 'snoozed': {
      const again = againIn(now, outcome.delayMs)
      return { again, transition: snoozeIfOwner(job, owner, again, policy) }
    }
    case 'cancelled':
    case 'lost':
      return { transition: cancelIfOwner(job, owner, now, policy) }
  }
}

/** Short waits keep the message, hidden; long ones leave the job to the sweeper (hidden messages are a quota). */
const againIn = (now: number, delayMs: number): RetryTime => ({
  dueAt: now + delayMs,
  isMessageKept: delayMs <= keptMessageMs,
})

const withoutStack = ({ name, message }: JobError): JobError => ({ name, message })

async function writeWhileHeld({ batch, control }: Recording, transition: Transition): Promise<ChangeOutcome> {
  const { clock, telemetry } = batch.deps
  const { id } = control.job
  const write = async (): Promise<ChangeOutcome> => {
    const outcome = await batch.apply({ id, transition, seen: control.job })
    if (outcome.kind !== 'failed') return outcome
    telemetry.emit({ name: 'store_failed', id, transition: transition.name, error: outcome.error.message })
    return outcome
  }
  let outcome = await write()
  for (const delayMs of retryDelaysMs) {
    if (outcome.kind !== 'failed' || clock.now() + delayMs >= (control.job.leaseUntil ?? 0)) return outcome
    await clock.sleep(delayMs)
    outcome = await write()
  }
  return outcome
}

function verdictFor(batch: Batch, again: RetryTime | undefined): Verdict {
  if (again === undefined || !again.isMessageKept) return acknowledge
  return { kind: 'keep', visibleInMs: Math.max(0, again.dueAt - batch.deps.clock.now()) }
}

/** The outcome could not be written. When the lease is over the message takes the job over, or the sweeper does. */
function keepUntilLeaseEnds({ batch, control }: Recording): Verdict {
  const leftMs = (control.job.leaseUntil ?? 0) - batch.deps.clock.now()
  return { kind: 'keep', visibleInMs: Math.max(soonMs, leftMs) }
}

async function current({ batch, control }: Recording): Promise<Job | undefined> {
  try {
    return await batch.read(control.job.id)
  } catch {
    return control.job
  }
}

/** The job is not this run's any more. Its message is judged like any other that comes too late. */
function lost({ batch, delivery, message, control, start }: Recording, what: string, job: Job | undefined): Verdict {
  const { id, type, queue } = control.job
  batch.deps.telemetry.emit({ name: 'late_write', id, type, queue, transition: what })
  const late = { ...start, now: batch.deps.clock.now(), owner: '' }
  const decision = decideRefusedStart(job, message, delivery.receives, late)
  if (decision.kind === 'acknowledge') return acknowledge
  return { kind: 'keep', visibleInMs: decision.kind === 'wait' ? decision.waitMs : soonMs }
}

function tell({ batch, control }: Recording, outcome: RunOutcome, job: Job): void {
  const { telemetry, clock } = batch.deps
  const { id, type, queue, attempt } = control.job
  const fields = { id, type, queue, attempt }
  const notify = notifyOf(job)
  switch (outcome.kind) {
    case 'completed':
      telemetry.emit({
        name: 'job_completed',
        ...fields,
        ...notify,
        runMs: clock.now() - (control.job.startedAt ?? clock.now()),
      })
      return
    case 'retry':
      telemetry.emit({ name: 'job_retry', ...fields, ...notify, retryInMs: outcome.delayMs, ...shown(outcome.error) })
      return
    case 'failed':
      telemetry.emit({ name: 'job_failed', ...fields, ...notify, ...shown(outcome.error) })
      return
    case 'snoozed':
      telemetry.emit({ name: 'job_snoozed', ...fields, retryInMs: Math.max(0, job.scheduledAt - clock.now()) })
      return
    case 'cancelled':
      telemetry.emit({ name: 'job_cancelled', ...fields, ...notify })
      return
    case 'lost':
      return
  }
}

/** Bounded: an error may carry a whole response body. */
const shown = ({ name, message, stack }: JobError) => ({
  error: `${name}: ${message}`.slice(0, 1_000),
  ...(stack === undefined ? {} : { stack: stack.slice(0, 4_000) }),
})
