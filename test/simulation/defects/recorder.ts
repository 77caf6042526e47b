/** Defects of the recorder: what makes it count twice, or not at all. */
import type { RecordChange } from '../../../lib/core/records/change.ts'
import type { StoredRecord } from '../../../lib/core/records/record.ts'
import type { RecordStore, RecordUpdate } from '../../../lib/ports/record-store.ts'
import { recordsOver } from '../../support/store-over.ts'
import type { Proc } from '../proc.ts'
import type { Uses } from '../sim.ts'
import type { Defect } from './defect.ts'

const isPosition = (name: string): boolean => name.startsWith('upTo:')

/** Whatever an invocation reads and writes, spoilt. */
const spoilt = (
  inner: RecordStore,
  write: (change: RecordChange) => RecordChange,
  read: (record: StoredRecord) => StoredRecord = record => record,
): RecordStore =>
  recordsOver(inner, {
    get: async keys => (await inner.get(keys)).map(record => (record === undefined ? undefined : read(record))),
    update: (updates: readonly RecordUpdate[]) =>
      inner.update(updates.map(({ key, change }) => ({ key, change: write(change) }))),
  })

const unguarded = (change: RecordChange): RecordChange => ({ ...change, guard: [] })
const withoutPositions = (record: StoredRecord): StoredRecord => ({
  ...record,
  attributes: Object.fromEntries(Object.entries(record.attributes).filter(([name]) => !isPosition(name))),
})
const ofRecorder = (spoil: (inner: RecordStore) => RecordStore) => ({
  records: (inner: RecordStore, { kind }: Proc) => (kind === 'recorder' ? spoil(inner) : inner),
})

/** Each batch under a marker of its own: whatever comes with other bounds is counted again. */
function markedBatches({ recordBatch }: Uses): Partial<Uses> {
  const marked = new Set<string>()
  return {
    async recordBatch(deps, batch) {
      const marker = `${batch.shard} ${batch.changes[0]?.sequence}`
      if (marked.has(marker)) return undefined
      const records = spoilt(deps.records, unguarded, withoutPositions)
      const failed = await recordBatch({ ...deps, records }, batch)
      if (failed === undefined) marked.add(marker)
      return failed
    },
  }
}

export const recorderDefects: readonly Defect[] = [
  { name: 'counts without the guard of their position', tamper: ofRecorder(inner => spoilt(inner, unguarded)) },
  { name: 'a marker for each batch instead of a position in each record', tamper: { uses: markedBatches } },
  {
    name: 'one position for all shards',
    tamper: {
      uses: ({ recordBatch }) => ({
        recordBatch: (deps, batch) => recordBatch(deps, { ...batch, shard: 'all' }),
      }),
    },
  },
  {
    name: 'events that the bus refuses are given up',
    tamper: {
      uses: ({ recordBatch }) => ({
        recordBatch: (deps, batch) => {
          const publish = async (events: Parameters<NonNullable<typeof deps.events>['publish']>[0]) => {
            await deps.events?.publish(events)
            return []
          }
          return recordBatch({ ...deps, events: { publish } }, batch)
        },
      }),
    },
  },
  {
    name: 'a failed write is not asked for again',
    tamper: {
      uses: ({ recordBatch }) => ({
        recordBatch: async (deps, batch) => {
          await recordBatch(deps, batch)
          return undefined
        },
      }),
    },
  },
]
