/** What an operator does with a whole queue. */

import { hasWindows } from '../../core/definition/runner.ts'
import { maxActorLength } from '../../core/records/audit.ts'
import { type Pause, pauseIfSeen, pauseOf, resumeIfSeen } from '../../core/records/pause.ts'
import { refuseUnknownKeys, shortTextIn } from '../../core/values/check-options.ts'
import { type Duration, durationMs } from '../../core/values/duration.ts'
import type { Deps } from '../../ports/deps.ts'
import { eventOfQueue } from '../record/act-events.ts'
import { applyMapping } from './apply-mapping.ts'
import { changeQueue, type ExpectedQueue, type QueueDecision, type UnknownQueue } from './control-record.ts'

export interface PauseOptions {
  /** Who asks, for those who look at it later. 1 to 256 characters. @default 'api' */
  readonly by?: string
  /** 1 to 256 characters. */
  readonly why?: string
  /** The queue goes on by itself after this long. '1s' to '366d'. @default it stays paused */
  readonly for?: Duration
}

export type QueueOutcome =
  | { readonly kind: 'paused'; readonly pause: Pause }
  | { readonly kind: 'resumed' }
  /** It was so already; nothing was written. */
  | { readonly kind: 'already'; readonly pause: Pause | undefined }
  | UnknownQueue

const longestPauseMs = 366 * 86_400_000

/**
 * The queue takes new jobs, and starts none, until it is resumed: within 5 s for runs of a worker that is at work. Runs
 * that have begun end as they would. A deploy changes nothing about it.
 * @example await pauseQueue(deps, 'mails', { by: 'alice', why: 'SMTP is down', for: '2h' })
 * @throws InvalidInput, PreconditionFailed, Unavailable
 */
export async function pauseQueue(
  deps: Deps,
  queue: string,
  options: PauseOptions = {},
  expected: ExpectedQueue = {},
): Promise<QueueOutcome> {
  refuseUnknownKeys('options', options, ['by', 'why', 'for'])
  const by = shortTextIn('by', options.by ?? 'api', maxActorLength)
  const why = options.why === undefined ? {} : { why: shortTextIn('why', options.why, 256) }
  const forMs = options.for === undefined ? undefined : durationMs('for', options.for, 1_000, longestPauseMs)
  const decided = await changeQueue<QueueOutcome>(deps, queue, expected, ({ record, control, now }) => {
    const standing = pauseOf(control, queue, now)
    if (standing !== undefined) return { kind: 'leave', outcome: { kind: 'already', pause: standing } }
    const pause = { at: now, by, ...why, ...(forMs === undefined ? {} : { until: now + forMs }) }
    const events = control.isPublishing ? [eventOfQueue(deps, queue, pause, now)] : []
    return { kind: 'write', change: pauseIfSeen(record, queue, pause), outcome: { kind: 'paused', pause }, events }
  })
  return concluded(deps, queue, decided)
}

/** The queue goes on. Messages that waited come within 5 minutes. @throws InvalidInput, PreconditionFailed, Unavailable */
export async function resumeQueue(deps: Deps, queue: string, expected: ExpectedQueue = {}): Promise<QueueOutcome> {
  const decided = await changeQueue<QueueOutcome>(deps, queue, expected, ({ record, control, now }) => {
    const seen = control.paused.get(queue)
    if (seen === undefined) return { kind: 'leave', outcome: { kind: 'already', pause: undefined } }
    const change = resumeIfSeen(record, queue, seen, Math.min(now, seen.until ?? now))
    const events = control.isPublishing ? [eventOfQueue(deps, queue, undefined, now)] : []
    return { kind: 'write', change, outcome: { kind: 'resumed' }, events }
  })
  return concluded(deps, queue, decided)
}

/** Reports what was written, and switches the mapping: that is thrift, the record alone carries a pause. */
async function concluded(
  deps: Deps,
  queue: string,
  decided: QueueDecision<QueueOutcome> | UnknownQueue,
): Promise<QueueOutcome> {
  if (decided.kind === 'notFound') return decided
  const { outcome } = decided
  if (decided.kind === 'write') {
    const isPaused = outcome.kind === 'paused'
    deps.telemetry.emit({ name: isPaused ? 'queue_paused' : 'queue_resumed', queue })
    await applyMapping(deps, queue, { isEnabled: !isPaused })
    if (!isPaused && hasWindows(deps.runner, [queue]))
      await (await import('../gates/window.ts')).fillAfterPause(deps, queue)
  }
  return outcome
}

/** Removes the pauses whose time is over: they hold no longer, and this writes it down. @throws Unavailable */
export async function endPauses(deps: Deps, paused: ReadonlyMap<string, Pause>): Promise<void> {
  const now = deps.clock.now()
  for (const [queue, { until }] of paused) {
    if (until !== undefined && until <= now) await resumeQueue(deps, queue)
  }
}
