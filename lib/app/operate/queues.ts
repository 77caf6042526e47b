/** What an operator does with a whole queue. */

import { maxActorLength } from '../../core/records/audit.ts'
import type { RecordChange } from '../../core/records/change.ts'
import { controlFrom, newControl } from '../../core/records/control.ts'
import { controlKey } from '../../core/records/keys.ts'
import { type Pause, pauseIfSeen, pauseOf, pausesFrom, queueVersionOf, resumeIfSeen } from '../../core/records/pause.ts'
import type { StoredRecord } from '../../core/records/record.ts'
import { refuseUnknownKeys } from '../../core/values/check-options.ts'
import { type Duration, durationMs } from '../../core/values/duration.ts'
import { describedInput, InvalidInput, PreconditionFailed, Unavailable } from '../../core/values/errors.ts'
import type { Deps } from '../../ports/deps.ts'
import type { QueueEvent } from '../../ports/events.ts'
import { eventActions, eventOfQueue } from '../act-events.ts'
import { newRequestToken } from '../tokens.ts'

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
  | { readonly kind: 'notFound'; readonly known: readonly string[] }

/** The version that the caller has seen, as `queueVersionOf` gives it. @default any */
export interface ExpectedQueue {
  readonly version?: string
}

const maxTries = 5
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
  const by = textIn('by', options.by ?? 'api', maxActorLength)
  const why = options.why === undefined ? {} : { why: textIn('why', options.why, 256) }
  const forMs = options.for === undefined ? undefined : durationMs('for', options.for, 1_000, longestPauseMs)
  return changeQueue(deps, queue, expected, (record, now) => {
    const standing = pauseOf(pausesFrom(record), queue, now)
    if (standing !== undefined) return { kind: 'already', pause: standing }
    const pause = { at: now, by, ...why, ...(forMs === undefined ? {} : { until: now + forMs }) }
    return { change: pauseIfSeen(record, queue, pause), outcome: { kind: 'paused', pause } }
  })
}

/** The queue goes on. Messages that waited come within 5 minutes. @throws InvalidInput, PreconditionFailed, Unavailable */
export const resumeQueue = (deps: Deps, queue: string, expected: ExpectedQueue = {}): Promise<QueueOutcome> =>
  changeQueue(deps, queue, expected, (record, now) => {
    const seen = pausesFrom(record).paused.get(queue)
    if (seen === undefined) return { kind: 'already', pause: undefined }
    return { change: resumeIfSeen(record, queue, seen, Math.min(now, seen.until ?? now)), outcome: { kind: 'resumed' } }
  })

/** Removes the pauses whose time is over: they hold no longer, and this writes it down. @throws Unavailable */
export async function endPauses(deps: Deps, paused: ReadonlyMap<string, Pause>): Promise<void> {
  const now = deps.clock.now()
  for (const [queue, { until }] of paused) {
    if (until !== undefined && until <= now) await resumeQueue(deps, queue)
  }
}

type Decision = QueueOutcome | { readonly change: RecordChange; readonly outcome: QueueOutcome }

async function changeQueue(
  deps: Deps,
  queue: string,
  { version }: ExpectedQueue,
  decide: (record: StoredRecord, now: number) => Decision,
): Promise<QueueOutcome> {
  if (typeof queue !== 'string' || queue === '') throw new InvalidInput('queue', queue, 'the name of a queue')
  for (let tries = 0; tries < maxTries; tries += 1) {
    const record = await controlRecord(deps)
    // A queue that left the code may still hold jobs.
    const known = new Set([...Object.keys(deps.runner.queues), ...controlFrom(record).shards.keys()])
    if (!known.has(queue)) return { kind: 'notFound', known: [...known] }
    const now = deps.clock.now()
    const found = queueVersionOf(pausesFrom(record), queue, now)
    if (version !== undefined && version !== found) throw new PreconditionFailed(`queue ${queue}`, version, found)
    const decision = decide(record, now)
    if ('kind' in decision) return decision
    const { change, outcome } = decision
    const pause = outcome.kind === 'paused' ? outcome.pause : undefined
    const events = controlFrom(record).isPublishing ? [eventOfQueue(deps, queue, pause, now)] : []
    if (await isWritten(deps, change, events)) {
      deps.telemetry.emit({ name: outcome.kind === 'paused' ? 'queue_paused' : 'queue_resumed', queue })
      return outcome
    }
  }
  throw new Unavailable(`queue ${queue}`, 'its control record keeps changing')
}

/** @returns false when the record has changed since it was read. @throws Unavailable */
async function isWritten(deps: Deps, change: RecordChange, events: readonly QueueEvent[]): Promise<boolean> {
  const update = { key: controlKey, change }
  if (events.length === 0) {
    const [written] = await deps.records.update([update])
    if (written?.kind === 'failed') throw new Unavailable(change.name, written.error)
    return written?.kind === 'applied'
  }
  const actions = [{ kind: 'update', ...update } as const, ...eventActions(deps, events)]
  const outcome = await deps.records.transact(actions, newRequestToken(deps.random))
  if (outcome.kind === 'failed' || outcome.kind === 'busy') throw new Unavailable(change.name, outcome.error)
  return outcome.kind === 'done'
}

/** @throws Unavailable */
async function controlRecord({ records }: Deps): Promise<StoredRecord> {
  const [stored] = await records.get([controlKey])
  if (stored !== undefined) return stored
  const fresh = newControl(new Map())
  const [outcome] = await records.putIfAbsent([fresh])
  if (outcome?.kind === 'failed') throw new Unavailable('control record', outcome.error)
  return outcome?.kind === 'exists' ? outcome.record : fresh
}

/** @throws InvalidInput */
function textIn(field: string, text: unknown, maxLength: number): string {
  const allowed = `text of 1 to ${maxLength} characters`
  if (typeof text !== 'string') throw describedInput(field, `a value of type ${typeof text}`, allowed)
  if (text.length === 0 || text.length > maxLength || !text.isWellFormed()) throw new InvalidInput(field, text, allowed)
  return text
}
