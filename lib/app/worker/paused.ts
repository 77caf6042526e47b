/** Whether the queue of a batch is paused: one read a batch, and at most one in five seconds. */
import { controlKey } from '../../core/records/keys.ts'
import { noPauses, type Pauses, pauseOf, pausesFrom } from '../../core/records/pause.ts'
import type { Deps } from '../../ports/deps.ts'
import type { RecordStore } from '../../ports/record-store.ts'

/** How long an answer holds, in milliseconds: so long may a worker go on after its queue was paused. */
const holdsMs = 5_000
/** By the store that answered, which lives as long as the process does. */
const answers = new WeakMap<RecordStore, { readonly pauses: Pauses; readonly at: number }>()

/** Without an answer, what was known last holds: a job must not wait for a record that nobody needs to run it. */
export async function isPaused({ records, clock }: Pick<Deps, 'records' | 'clock'>, queue: string): Promise<boolean> {
  const known = answers.get(records)
  const now = clock.now()
  if (known !== undefined && now - known.at < holdsMs) return pauseOf(known.pauses, queue, now) !== undefined
  let pauses = known?.pauses ?? noPauses
  try {
    const [record] = await records.get([controlKey])
    pauses = pausesFrom(record)
  } catch {
    // The next batch asks again, in five seconds.
  }
  answers.set(records, { pauses, at: now })
  return pauseOf(pauses, queue, clock.now()) !== undefined
}
