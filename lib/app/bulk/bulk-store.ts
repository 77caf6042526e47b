/** The records of bulk acts: read, made, and moved on under the version that was seen. */

import { bulkKeptMs } from '../../core/definition/system.ts'
import type { Bulk, BulkKind } from '../../core/records/bulk.ts'
import { bulkFrom, recordOfBulk, saveBulkIfSeen } from '../../core/records/bulk.ts'
import { bulkKey } from '../../core/records/keys.ts'
import { Unavailable } from '../../core/values/errors.ts'
import { sameJson } from '../../core/values/json.ts'
import type { Deps } from '../../ports/deps.ts'

export const newBulk = (id: string, kind: BulkKind, request: unknown, now: number): Bulk => ({
  id,
  kind,
  request: JSON.stringify(request),
  madeAt: now,
  pending: [],
  refusedIds: [],
  matched: 0,
  done: 0,
  already: 0,
  gone: 0,
  refused: {},
  version: 1,
  ttl: Math.ceil((now + bulkKeptMs) / 1_000),
})

/** Undefined when there is none. @throws Unavailable */
export async function readBulk({ records }: Pick<Deps, 'records'>, id: string): Promise<Bulk | undefined> {
  const [record] = await records.get([bulkKey(id)])
  return record === undefined ? undefined : bulkFrom(record)
}

/** The one that is stored: this one, unless its job or its maker was faster. @throws Unavailable */
export async function makeBulk({ records }: Pick<Deps, 'records'>, bulk: Bulk): Promise<Bulk> {
  const [outcome] = await records.putIfAbsent([recordOfBulk(bulk)])
  if (outcome?.kind === 'put') return bulk
  if (outcome?.kind === 'exists') return bulkFrom(outcome.record) ?? bulk
  throw new Unavailable(`bulk ${bulk.id}`, outcome?.error ?? 'no answer')
}

/**
 * Writes what has been done.
 * @throws Unavailable when the store does not answer, or another run of the same job has gone on
 */
export async function saveBulk(
  { records }: Pick<Deps, 'records'>,
  before: Bulk,
  change: { readonly [K in Exclude<keyof Bulk, 'id' | 'version'>]?: Bulk[K] | undefined },
): Promise<Bulk> {
  const { cursor: _, ...kept } = before
  const base = 'cursor' in change && change.cursor === undefined ? kept : before
  const after = { ...base, ...withoutUndefined(change), version: before.version + 1 } as Bulk
  const [outcome] = await records.update([{ key: bulkKey(before.id), change: saveBulkIfSeen(before, after) }])
  if (outcome?.kind === 'applied') return after
  if (outcome?.kind === 'refused' && outcome.record?.attributes['version'] === after.version) {
    // The answer of this very write may have been lost.
    if (sameJson(outcome.record.attributes, recordOfBulk(after).attributes)) return after
  }
  throw new Unavailable(`bulk ${before.id}`, outcome?.kind === 'failed' ? outcome.error : 'another run carries it on')
}

const withoutUndefined = <Given extends object>(given: Given): Given =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Given
