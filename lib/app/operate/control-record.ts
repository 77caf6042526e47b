/** The one way in which operators change what the control record says of a queue. */
import type { RecordChange } from '../../core/records/change.ts'
import { type Control, controlFrom, newControl, queueVersionOf } from '../../core/records/control.ts'
import { controlKey } from '../../core/records/keys.ts'
import type { StoredRecord } from '../../core/records/record.ts'
import { InvalidInput, PreconditionFailed, Unavailable } from '../../core/values/errors.ts'
import type { Deps } from '../../ports/deps.ts'
import type { QueueEvent } from '../../ports/events.ts'
import { eventActions } from '../record/act-events.ts'
import { newRequestToken } from '../tokens.ts'

/** The version that the caller has seen, as `queueVersionOf` gives it. @default any */
export interface ExpectedQueue {
  readonly version?: string
}

/** What was read, at one reading of the clock. */
export interface SeenControl {
  readonly record: StoredRecord
  readonly control: Control
  readonly now: number
}

export type QueueDecision<Outcome> =
  | {
      readonly kind: 'write'
      readonly change: RecordChange
      readonly outcome: Outcome
      /** Written together with the change, to be published. */
      readonly events?: readonly QueueEvent[]
    }
  /** As it is already, or not possible: nothing is written. */
  | { readonly kind: 'leave'; readonly outcome: Outcome }

export interface UnknownQueue {
  readonly kind: 'notFound'
  readonly known: readonly string[]
}

const maxTries = 5

/**
 * Reads, decides, writes; again while somebody else is faster.
 * @throws InvalidInput, PreconditionFailed, Unavailable
 */
export async function changeQueue<Outcome>(
  deps: Deps,
  queue: string,
  { version }: ExpectedQueue,
  decide: (seen: SeenControl) => QueueDecision<Outcome>,
): Promise<QueueDecision<Outcome> | UnknownQueue> {
  if (typeof queue !== 'string' || queue === '') throw new InvalidInput('queue', queue, 'the name of a queue')
  for (let tries = 0; tries < maxTries; tries += 1) {
    const record = await controlRecord(deps)
    const control = controlFrom(record)
    // A queue that left the code may still hold jobs.
    const known = new Set([...Object.keys(deps.runner.queues), ...control.shards.keys()])
    if (!known.has(queue)) return { kind: 'notFound', known: [...known] }
    const now = deps.clock.now()
    const found = queueVersionOf(control, queue, now)
    if (version !== undefined && version !== found) throw new PreconditionFailed(`queue ${queue}`, version, found)
    const decision = decide({ record, control, now })
    if (decision.kind === 'leave') return decision
    if (await isWritten(deps, decision.change, decision.events)) return decision
  }
  throw new Unavailable(`queue ${queue}`, 'its control record keeps changing')
}

/** @returns false when the record has changed since it was read. @throws Unavailable */
async function isWritten(deps: Deps, change: RecordChange, events: readonly QueueEvent[] = []): Promise<boolean> {
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
