/** Brings derived records up to date: reads them, and writes each under the guard of its position. */
import { type Derivation, nextCount, type StreamPlace } from '../../core/history/derivation.ts'
import type { JobChange } from '../../core/history/job-change.ts'
import type { StoredRecord } from '../../core/records/record.ts'
import { InvalidInput, Unwritable } from '../../core/values/errors.ts'
import type { UpdateOutcome } from '../../ports/record-store.ts'
import type { RecorderDeps } from './recorder-deps.ts'

/** A record as it was before the batch, and as it is now. */
export interface Counted<Derived extends Derivation = Derivation> {
  readonly derivation: Derived
  readonly before: StoredRecord | undefined
  readonly now: StoredRecord | undefined
  /** The earliest change that may not be in the record: it must come again. */
  readonly failed: JobChange | undefined
}

/** Other invocations take turns; more refusals in a row than this are no bad luck. */
const maxTries = 20

interface Open<Derived extends Derivation = Derivation> {
  readonly derivation: Derived
  readonly before: StoredRecord | undefined
  now: StoredRecord | undefined
  failed: JobChange | undefined
  isDone: boolean
}

/** Never rejects. Answers per derivation, in their order. No two may be of one record. */
export async function countAll<Derived extends Derivation>(
  deps: RecorderDeps,
  derivations: readonly Derived[],
  place: StreamPlace,
): Promise<readonly Counted<Derived>[]> {
  if (derivations.length === 0) return []
  const all = await opened(deps, derivations)
  for (let tries = 0; tries < maxTries && all.some(one => !one.isDone); tries += 1) await countOnce(deps, all, place)
  for (const one of all) if (!one.isDone) one.failed = one.derivation.changes[0]
  return all
}

async function opened<Derived extends Derivation>(
  deps: RecorderDeps,
  derivations: readonly Derived[],
): Promise<readonly Open<Derived>[]> {
  try {
    const stored = await deps.records.get(derivations.map(({ key }) => key))
    return derivations.map((derivation, index) => {
      const before = stored[index]
      return { derivation, before, now: before, failed: undefined, isDone: false }
    })
  } catch {
    // The port has reported it; the batch comes again.
    return derivations.map(derivation => {
      return { derivation, before: undefined, now: undefined, failed: derivation.changes[0], isDone: true }
    })
  }
}

/** One write of each record that is not up to date. */
async function countOnce(deps: RecorderDeps, all: readonly Open[], place: StreamPlace): Promise<void> {
  const writes = all.flatMap(one => {
    if (one.isDone) return []
    const change = nextCount(one.derivation, one.now, place)
    if (change === undefined) one.isDone = true
    return change === undefined ? [] : [{ one, update: { key: one.derivation.key, change } }]
  })
  const outcomes = writes.length === 0 ? [] : await deps.records.update(writes.map(({ update }) => update))
  for (const [index, { one }] of writes.entries()) settle(deps, one, outcomes[index])
}

function settle(deps: RecorderDeps, one: Open, outcome: UpdateOutcome | undefined): void {
  // Refused: another invocation was faster, or an earlier write of this one had lost its answer.
  if (outcome?.kind === 'applied' || outcome?.kind === 'refused') {
    one.now = outcome.record
    return
  }
  one.isDone = true
  const error = outcome?.error ?? new Error('no answer')
  if (isForEver(error)) setAside(deps, one.derivation.key.id, error)
  else one.failed = one.derivation.changes[0]
}

/** What no record can hold would be refused again and again, and hold up the whole shard. */
export const isForEver = (error: Error): boolean => error instanceof Unwritable || error instanceof InvalidInput

export function setAside({ telemetry }: RecorderDeps, id: string, error: Error): void {
  telemetry.emit({ name: 'record_set_aside', id, error: error.message })
}
