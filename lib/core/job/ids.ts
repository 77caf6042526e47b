import { createHash } from 'node:crypto'
import { v7 } from 'uuid'

/** A fresh id: UUIDv7, so that ids sort by the time they were made. `random` holds 16 bytes. */
export const newJobId = (now: number, random: Uint8Array): string => v7({ msecs: now, random })

/**
 * The id of a job with an idempotency key: always the same for one type and key, so that uniqueness is the table's
 * own primary key and costs nothing. UUIDv8 (RFC 9562, section 5.8): 122 bits of SHA-256.
 */
export function jobIdFromKey(type: string, key: string): string {
  // The length goes in front, so that no two pairs of type and key can read as the same text.
  const hash = createHash('sha256').update(`${type.length}:${type}:${key}`).digest()
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x80
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80
  const hex = hash.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-')
}

/** URL-safe text of random bytes: 9 bytes make an owner of 12 characters, 6 a request token of 8. */
export const tokenFrom = (random: Uint8Array): string => Buffer.from(random).toString('base64url')
