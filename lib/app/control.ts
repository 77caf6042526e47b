import { type Control, controlFrom, newControl, type Raise, raiseShardsIfLower } from '../core/records/control.ts'
import { controlKey } from '../core/records/keys.ts'
import { Unavailable } from '../core/values/errors.ts'
import type { RecordStore } from '../ports/record-store.ts'

/** Others raise the same record perhaps once in a deployment; more refusals than this are a fault. */
const maxRounds = 5

/**
 * The control record, once it holds at least these numbers of shards. In the usual case, where nothing is to be raised,
 * one read.
 * @param shards queue → number of shards
 * @throws Unavailable
 */
export async function raisedControl(
  { records }: { readonly records: RecordStore },
  shards: Readonly<Record<string, number>>,
): Promise<Control> {
  for (let round = 1; round <= maxRounds; round += 1) {
    const [record] = await records.get([controlKey])
    const control = controlFrom(record)
    const [first, ...rest] = Object.entries(shards).filter(([queue, count]) => count > (control.shards.get(queue) ?? 0))
    if (first === undefined) return control
    const raises: readonly [Raise, ...Raise[]] = [first, ...rest]
    const [outcome] =
      record === undefined
        ? await records.putIfAbsent([newControl(new Map(raises))])
        : await records.update([{ key: controlKey, change: raiseShardsIfLower(record, raises) }])
    if (outcome?.kind === 'failed') throw new Unavailable('control record', outcome.error)
    // Written, refused or repeated by the SDK after it was written: what is stored now tells.
  }
  throw new Unavailable('control record', `it changed ${maxRounds} times while it was written`)
}
