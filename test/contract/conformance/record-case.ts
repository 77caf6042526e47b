/** What a case of the records' suite is, and what the cases have in common. */
import { expect } from 'vitest'
import type { RecordAction, RecordChange, RecordClause } from '../../../lib/core/records/change.ts'
import type { RecordAttributes, RecordKey, StoredRecord } from '../../../lib/core/records/record.ts'
import type { UpdateOutcome } from '../../../lib/ports/record-store.ts'
import type { RecordHarness } from './record-harness.ts'

export interface RecordCase {
  readonly title: string
  readonly run: (harness: RecordHarness) => Promise<void>
}

let count = 0
/** An id that no other case uses. */
export function newRecordId(): string {
  count += 1
  return `#case/${count}`
}

export const recordOf = (attributes: RecordAttributes = {}, part = 'part', id = newRecordId()): StoredRecord => ({
  id,
  part,
  attributes,
})

export const keyOf = ({ id, part }: RecordKey): RecordKey => ({ id, part })

/** Writes a record that is not there yet. */
export async function given({ records }: RecordHarness, attributes: RecordAttributes = {}): Promise<StoredRecord> {
  const record = recordOf(attributes)
  expect(await records.putIfAbsent([record])).toStrictEqual([{ kind: 'put' }])
  return record
}

export const changeOf = (
  actions: readonly [RecordAction, ...RecordAction[]],
  guard: readonly RecordClause[] = [],
): RecordChange => ({ name: 'change', guard, actions })

export async function updateOne(harness: RecordHarness, key: RecordKey, change: RecordChange): Promise<UpdateOutcome> {
  const [outcome, ...rest] = await harness.records.update([{ key: keyOf(key), change }])
  expect(rest).toEqual([])
  if (outcome === undefined) throw new Error('no answer')
  return outcome
}

export const stored = async ({ records }: RecordHarness, key: RecordKey): Promise<RecordAttributes | undefined> =>
  (await records.get([keyOf(key)]))[0]?.attributes

/** Carries the change out and expects these attributes, in the answer and in the store. */
export async function expectChanged(
  harness: RecordHarness,
  record: StoredRecord,
  change: RecordChange,
  attributes: RecordAttributes,
): Promise<void> {
  const outcome = await updateOne(harness, record, change)
  expect(outcome).toStrictEqual({ kind: 'applied', record: { ...record, attributes } })
  expect(await stored(harness, record)).toStrictEqual(attributes)
}

/** Expects that nothing was written, and that the record came back. */
export async function expectUnchanged(harness: RecordHarness, record: StoredRecord, change: RecordChange) {
  expect(await updateOne(harness, record, change)).toStrictEqual({ kind: 'refused', record })
  expect(await stored(harness, record)).toStrictEqual(record.attributes)
}

/** Expects an error that says that the write is wrong in itself, and that nothing was written. */
export async function expectUnwritable(harness: RecordHarness, record: StoredRecord, change: RecordChange) {
  const outcome = await updateOne(harness, record, change)
  expect(outcome).toMatchObject({
    kind: 'failed',
    error: { code: expect.stringMatching(/^(unwritable|invalid_input)$/) },
  })
  expect(await stored(harness, record)).toStrictEqual(record.attributes)
}
