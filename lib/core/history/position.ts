/**
 * Up to where a derived record is counted: for each shard of the stream the number of the last record that is in it.
 *
 * A stream delivers at least once, and a batch that comes again may have other bounds. So each derived record carries its
 * own position and is written under the guard that the position is as it was seen; what is at or below it is dropped.
 */
import { createHash } from 'node:crypto'
import type { RecordAction, RecordClause } from '../records/change.ts'
import type { StoredRecord } from '../records/record.ts'
import { formatInstant, parseInstant } from '../values/instant.ts'

const hashLength = 8

/** A day has some six generations of shards for each partition, with names of 60 characters: eight digits stand for one. */
export const shardHash = (shard: string): string => shortHash(shard)

/** Eight hex digits that stand for a longer text. */
export const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, hashLength)

const attributeOf = (shard: string): string => `upTo:${shard}`
const isPosition = /^upTo:[0-9a-f]{8}$/

/** A stream keeps its records for 24 hours: after that nothing of an older shard can come again. */
const keptMs = 26 * 3_600_000

/** As it is stored: `<sequence number> <instant of the write>`. */
const positionText = (sequence: string, now: number): string => `${sequence} ${formatInstant(now)}`

function parsed(text: unknown): { readonly sequence: string; readonly at: number } | undefined {
  const [, sequence, instant] = typeof text === 'string' ? (/^(\d{1,40}) (\S+)$/.exec(text) ?? []) : []
  const at = instant === undefined ? undefined : parseInstant(instant)
  return sequence === undefined || at === undefined ? undefined : { sequence, at }
}

/** @param shard as `shardHash` makes it */
export const sequenceIn = (record: StoredRecord | undefined, shard: string): string | undefined =>
  parsed(record?.attributes[attributeOf(shard)])?.sequence

/** Numbers go beyond what a JavaScript number, or one of DynamoDB's, can hold. */
export const isAfter = (sequence: string, position: string | undefined): boolean =>
  position === undefined || BigInt(sequence) > BigInt(position)

/** That the position of this shard is as it was seen. */
export function positionAsSeen(record: StoredRecord | undefined, shard: string): RecordClause {
  const attribute = attributeOf(shard)
  const seen = record?.attributes[attribute]
  return typeof seen === 'string' || typeof seen === 'number'
    ? { attribute, op: '=', value: seen }
    : { attribute, op: 'absent' }
}

/** Moves the position on, and drops those that nothing can come for any more. */
export function moveTo(
  record: StoredRecord | undefined,
  at: { readonly shard: string; readonly sequence: string; readonly now: number },
): readonly RecordAction[] {
  const own = attributeOf(at.shard)
  const old = Object.entries(record?.attributes ?? {}).flatMap(([name, value]) => {
    const isOld = name !== own && isPosition.test(name) && at.now - (parsed(value)?.at ?? 0) > keptMs
    return isOld ? [{ op: 'remove', attribute: name } as const] : []
  })
  return [{ op: 'set', attribute: own, value: positionText(at.sequence, at.now) }, ...old]
}
