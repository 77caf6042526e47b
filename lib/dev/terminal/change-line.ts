import { isTerminal, type Job, type JobState, maxAttemptsOf } from '../../core/job/job.ts'
import { spokenMs } from '../../core/values/duration.ts'
import type { StateChange } from './state-change.ts'
import { clipped, clockTime, plain, spokenWaitMs, type Tone, toned } from './text.ts'

const tones: { readonly [State in JobState]: Tone } = {
  SCHEDULED: 'dim',
  AVAILABLE: 'dim',
  RESERVED: 'dim',
  IN_PROGRESS: 'cyan',
  RETRY: 'yellow',
  WAITING: 'cyan',
  FAILED: 'red',
  COMPLETED: 'green',
  CANCELLED: 'magenta',
}

const maxTypeLength = 24
/** A result is JSON without spaces; this much fits a line of its own at 80 columns. */
const maxResultLength = 64
const maxMessageLength = 120

/**
 * One readable line for one change of state: `12:00:01.123  deliver-webhook  …3f2a91  RETRY        503 …`.
 * The time is the job's own, where it has one; else that of the change's arrival.
 */
export function changeLine(change: StateChange, now: number): string {
  const { type, id, state } = change.after
  const columns = [
    clockTime(timeOf(change) ?? now),
    clipped(type, maxTypeLength).padEnd(16),
    // The end: ids of jobs made in one moment begin alike.
    `…${plain(id).slice(-6)}`,
    toned(tones[state], state.padEnd(11)),
    whatHappened(change, now),
  ]
  return columns.join('  ').trimEnd()
}

function timeOf({ before, after }: StateChange): number | undefined {
  if (after.state === 'IN_PROGRESS') return after.startedAt
  if (isTerminal(after.state)) return after.finishedAt
  return before === undefined ? after.insertedAt : undefined
}

function whatHappened({ before, after }: StateChange, now: number): string {
  switch (after.state) {
    case 'SCHEDULED':
      return `${isAgain(before, after) ? 'again, ' : ''}due in ${spokenWaitMs(after.scheduledAt - now)}${wholeId(before, after)}`
    case 'AVAILABLE':
      return 'waits for the dispatcher'
    case 'RESERVED':
      return reserved(before, after)
    case 'IN_PROGRESS':
      return `attempt ${attempts(after)}${hasCrashed(before, after) ? ', after a crash' : ''}`
    case 'WAITING':
      return `for a signal, at most ${spokenWaitMs(after.scheduledAt - now)}`
    case 'RETRY':
      return retried(before, after, now)
    case 'COMPLETED':
      return `${tookText(after)}${after.result === undefined ? '' : `: ${clipped(after.result, maxResultLength)}`}`
    case 'FAILED':
      return `${errorText(after)} (attempt ${attempts(after)})`
    case 'CANCELLED':
      return before?.state === 'IN_PROGRESS' ? 'while it was running' : 'before it ran'
  }
}

/** Once, for copying: other lines show its end. */
const wholeId = (before: Job | undefined, { id }: Job): string => (before === undefined ? ` (${plain(id)})` : '')
const isAgain = (before: Job | undefined, after: Job): boolean => before?.generation !== after.generation && !!before
const hasCrashed = (before: Job | undefined, after: Job): boolean => (after.crashes ?? 0) > (before?.crashes ?? 0)
/** Snoozes do not use up an attempt. */
const attempts = (job: Job): string => `${job.attempt - (job.snoozes ?? 0)} of ${maxAttemptsOf(job)}`

function reserved(before: Job | undefined, after: Job): string {
  if (before === undefined) return `enqueued${wholeId(before, after)}`
  if (isAgain(before, after)) return 'enqueued again'
  if (hasCrashed(before, after)) return 'its run ended without a word; sent to a worker again'
  return 'sent to a worker'
}

function retried(before: Job | undefined, after: Job, now: number): string {
  const again = `again in ${spokenWaitMs(after.scheduledAt - now)}`
  if ((after.snoozes ?? 0) > (before?.snoozes ?? 0)) return `snoozed, ${again}`
  return `${errorText(after)}, ${again} (attempt ${attempts(after)})`
}

function tookText({ startedAt, finishedAt }: Job): string {
  return startedAt === undefined || finishedAt === undefined ? 'done' : `in ${spokenMs(finishedAt - startedAt)}`
}

/** The item holds an error as JSON text; a foreign writer may have left anything. */
function errorText({ error = '' }: Job): string {
  try {
    const { message } = JSON.parse(error) as { message?: unknown }
    if (typeof message === 'string') return clipped(message.trimEnd(), maxMessageLength)
  } catch {
    // Shown as it is.
  }
  return clipped(error === '' ? 'no reason given' : error, maxMessageLength)
}
