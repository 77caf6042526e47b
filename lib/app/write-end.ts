/** The way in which a use case ends a job: where a contract has `onFailed`, its job is written with FAILED. */
import { onFailedOf } from '../core/definition/runner.ts'
import { isFailure } from '../core/transitions/on-failed.ts'
import type { Deps } from '../ports/deps.ts'
import type { Change } from '../ports/job-store.ts'
import { type WriteDeps, type WriteOptions, type Written, writeAll } from './write.ts'

/** A change whose job was read: what follows a failure is made of it. */
export type SeenChange = Change & Required<Pick<Change, 'seen'>>

/** As `write`; never rejects. */
export async function writeEnd(
  deps: Deps,
  writing: WriteDeps,
  change: SeenChange,
  options: WriteOptions,
): Promise<Written> {
  const [written] = await writeEnds(deps, writing, [change], options)
  return written ?? { kind: 'failed', error: new Error('no answer'), isHopeless: false }
}

/** As `writeAll`: an item may be in the list only once. Never rejects. */
export async function writeEnds(
  deps: Deps,
  writing: WriteDeps,
  changes: readonly SeenChange[],
  options: WriteOptions,
): Promise<readonly Written[]> {
  if (!changes.some(change => isFollowed(deps, change))) return writeAll(writing, changes, options)
  // Loaded with the first of them: no start reads what only a failed job needs.
  const { failingStore } = await import('./on-failed.ts')
  const failing = changes.filter(change => isFollowed(deps, change))
  const others = changes.filter(change => !isFollowed(deps, change))
  const [failed, rest] = await Promise.all([
    writeAll({ ...writing, store: failingStore(deps, writing.store) }, failing, options),
    writeAll(writing, others, options),
  ])
  const byChange = new Map([
    ...failing.map((change, index) => [change, failed[index]] as const),
    ...others.map((change, index) => [change, rest[index]] as const),
  ])
  return changes.map(
    change => byChange.get(change) ?? { kind: 'failed', error: new Error('no answer'), isHopeless: false },
  )
}

const isFollowed = ({ runner }: Pick<Deps, 'runner'>, { transition, seen }: SeenChange): boolean =>
  isFailure(transition) && onFailedOf(runner, seen.type) !== undefined
