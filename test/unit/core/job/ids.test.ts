import { expect, it } from 'vitest'
import { jobIdFromKey, newJobId, occurrenceJobId, tokenFrom } from '../../../../lib/core/job/ids.ts'

const bytes = (length: number) => Uint8Array.from({ length }, (_, index) => 16 + index)

it('a random id is made of its instant and the random bytes it was given, and of nothing else', () => {
  const id = newJobId(0x0123456789ab, bytes(16))
  expect(id.slice(0, 15)).toBe('01234567-89ab-7')
  expect(newJobId(0x0123456789ab, bytes(16))).toBe(id)
  expect(newJobId(0x0123456789ab, bytes(16).toReversed())).not.toBe(id)
})

// Another id for the same key would be a second job: the function may never change.
it('the id of a key is the SHA-256 of type and key with the marks of UUIDv8', () => {
  // printf '4:mail:order-7' | sha256sum
  expect(jobIdFromKey('mail', 'order-7')).toBe('0030f9c0-0b91-8414-aada-c4ee5345588e')
})

it('the id of an occurrence is the SHA-256 of schedule and time, and no id of a key', () => {
  // printf 'schedule:6:digest:1798765200000' | sha256sum
  expect(occurrenceJobId('digest', 1_798_765_200_000)).toBe('fde83e18-371a-881d-bc96-1653c3d702d8')
  expect(occurrenceJobId('a:1', 2)).not.toBe(occurrenceJobId('a', 12))
  expect(occurrenceJobId('digest', 5)).not.toBe(jobIdFromKey('schedule', '6:digest:5'))
})

it('a token is URL-safe text: 12 characters of 9 bytes, 8 of 6', () => {
  expect(tokenFrom(bytes(9))).toBe('EBESExQVFhcY')
  expect(tokenFrom(Uint8Array.of(255, 254, 253, 251, 250, 249))).toBe('__79-_r5')
})
