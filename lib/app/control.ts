import type { RecordChange } from '../core/records/change.ts'
import { type Control, controlFrom, newControl, type Raise, raiseShardsIfLower } from '../core/records/control.ts'
import { controlKey } from '../core/records/keys.ts'
import type { StoredRecord } from '../core/records/record.ts'
import { Unavailable } from '../core/values/errors.ts'
import type { RecordStore } from '../ports/record-store.ts'

/** Others raise the same record perhaps once in a deployment; more refusals than this are a fault. */
const maxRounds = 5

type Raises = readonly [Raise, ...Raise[]]

/** Each refusal but an unreadable entry's means that a number was raised meanwhile; that many in a row means an entry. */
function changeOf(record: StoredRecord, raises: Raises, round: number): RecordChange {
  const change = raiseShardsIfLower(record, raises)
  return round < maxRounds - 1 ? change : { ...change, name: 'writeShards', guard: [] }
}

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
    const raises: Raises = [first, ...rest]
    const written = record === undefined ? await made(records, raises) : await raised(records, record, raises, round)
    if (written !== undefined) return controlFrom(written)
    // Refused, or repeated by the SDK after it was written: what is stored now tells.
  }
  throw new Unavailable('control record', `it changed ${maxRounds} times while it was written`)
}

/** The record, or undefined when somebody else has made it. */
async function made(records: RecordStore, raises: readonly Raise[]): Promise<StoredRecord | undefined> {
  const record = newControl(new Map(raises))
  const [outcome] = await records.putIfAbsent([record])
  if (outcome?.kind === 'failed') throw new Unavailable('control record', outcome.error)
  return outcome?.kind === 'put' ? record : undefined
}

/** The record as it is now, or undefined when one of the numbers is as high already. */
async function raised(
  records: RecordStore,
  record: StoredRecord,
  raises: Raises,
  round: number,
): Promise<StoredRecord | undefined> {
  const [outcome] = await records.update([{ key: controlKey, change: changeOf(record, raises, round) }])
  if (outcome?.kind === 'failed') throw new Unavailable('control record', outcome.error)
  return outcome?.kind === 'applied' ? outcome.record : undefined
}
