import type { RecordAction, RecordChange } from '../records/change.ts'
import type { RecordKey, StoredRecord } from '../records/record.ts'
import type { JobChange } from './job-change.ts'
import { isAfter, moveTo, positionAsSeen, sequenceIn } from './position.ts'

/** What a batch of the stream adds to one derived record. */
export interface Derivation {
  readonly key: RecordKey
  /** Those that concern the record, in the order of the stream. Whether they do depends on nothing but themselves. */
  readonly changes: readonly JobChange[]
  /** Whether these changes are worth a write; asked only where leaving it out, and counting it late, changes nothing. */
  readonly isWanted?: (record: StoredRecord | undefined, changes: readonly JobChange[]) => boolean
  /** What these changes do to the record; may be called for a part of them. */
  readonly actions: (record: StoredRecord | undefined, changes: readonly JobChange[]) => readonly RecordAction[]
}

/** Where in the stream a batch stands. */
export interface StreamPlace {
  /** As `shardHash` makes it. */
  readonly shard: string
  readonly now: number
}

/**
 * DynamoDB takes an expression of 4 KB; an action needs up to 16 bytes of it.
 * docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
 */
const maxActions = 200

/**
 * The next write of a derivation: all that is not yet in the record, or as much of it as fits into one write.
 * @returns undefined when everything is in it
 */
export function nextCount(
  { changes, isWanted, actions }: Derivation,
  record: StoredRecord | undefined,
  { shard, now }: StreamPlace,
): RecordChange | undefined {
  const position = sequenceIn(record, shard)
  let fresh = changes.filter(({ sequence }) => isAfter(sequence, position))
  for (;;) {
    const last = fresh.at(-1)
    if (last === undefined || isWanted?.(record, fresh) === false) return undefined
    const all = [...moveTo(record, { shard, sequence: last.sequence, now }), ...actions(record, fresh)]
    const [first, ...rest] = all
    if (first !== undefined && (all.length <= maxActions || fresh.length === 1)) {
      return {
        name: 'countIfPositionAsSeen',
        guard: [positionAsSeen(record, shard)],
        actions: [first, ...rest],
        makes: true,
      }
    }
    fresh = fresh.slice(0, Math.ceil(fresh.length / 2))
  }
}
