import { createHash } from 'node:crypto'
import { v7 } from 'uuid'
import type { GroupName } from './parent.ts'

/** A fresh id: UUIDv7, so that ids sort by the time they were made. `random` holds 16 bytes. */
export const newJobId = (now: number, random: Uint8Array): string => v7({ msecs: now, random })

/**
 * The id of a job with an idempotency key: always the same for one type and key, so that uniqueness is the table's
 * own primary key and costs nothing.
 */
export function jobIdFromKey(type: string, key: string): string {
  // The length goes in front, so that no two pairs of type and key can read as the same text.
  return uuidOf(`${type.length}:${type}:${key}`)
}

/**
 * The id of the jobs with a unique key: always the same for one type and key, and one more for each window.
 * @param window its length in milliseconds, and its number since 1970
 */
export const jobIdFromUniqueKey = (type: string, key: string, window?: readonly [number, number]): string =>
  // It begins with a letter, so that it never meets an idempotency key; and with another one than a schedule's.
  uuidOf(`unique:${window === undefined ? '' : window.join('/')}:${type.length}:${type}:${key}`)

/**
 * The id of the job for one occurrence of a schedule: always the same for one name and time, so that two sweepers
 * insert one job. `time` is the occurrence in epoch milliseconds, without its jitter.
 */
export const occurrenceJobId = (name: string, time: number): string =>
  // It begins with a letter, where the text of an idempotency key begins with a number: the two can never be the same.
  uuidOf(`schedule:${name.length}:${name}:${time}`)

/**
 * The id of the job that `onFailed` makes of a failure: one for each generation of one life of a job, so that whoever ends
 * the job inserts the same.
 */
export const failureJobId = (failureOf: string): string => uuidOf(`failed:${failureOf}`)

/**
 * The id of a child: always the same for one place in one group, so that whoever makes the group again makes no second child.
 */
export const childJobId = ({ id, life, generation, name }: GroupName, index: number): string =>
  uuidOf(`child:${life.length}:${life}:${generation}:${index}:${name.length}:${name}:${id}`)

/** UUIDv8 (RFC 9562, section 5.8) of a text: 122 bits of its SHA-256. */
function uuidOf(text: string): string {
  const hash = createHash('sha256').update(text).digest()
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x80
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80
  const hex = hash.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-')
}

/** URL-safe text of random bytes: 9 bytes make an owner of 12 characters, 6 a request token of 8. */
export const tokenFrom = (random: Uint8Array): string => Buffer.from(random).toString('base64url')
