import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InvalidInput } from '../../../lib/core/values/errors.ts'
import { idempotencyKeyOf } from '../../../lib/http/read-request.ts'

const ascii = (from: number, to: number) => fc.integer({ min: from, max: to }).map(code => String.fromCharCode(code))

function readOrError(header: string): unknown {
  try {
    return idempotencyKeyOf(header)
  } catch (error) {
    return error
  }
}

const isKeyOrRefusal = (read: unknown): boolean =>
  read instanceof InvalidInput || (typeof read === 'string' && /^[\x20-\x7e]{1,256}$/.test(read))

describe('idempotencyKeyOf', () => {
  it('has no key without a header', () => {
    expect(idempotencyKeyOf(null)).toBeUndefined()
  })

  it.each([
    ['8e03978e-40d5-43e8-bc93-6894a57f9324', '8e03978e-40d5-43e8-bc93-6894a57f9324'],
    ['"8e03978e-40d5-43e8-bc93-6894a57f9324"', '8e03978e-40d5-43e8-bc93-6894a57f9324'],
    ['order:1;2=3/4', 'order:1;2=3/4'],
    ["'x'", "'x'"],
    ['a\\b', 'a\\b'],
    ['"a, b"', 'a, b'],
    ['"say \\"hi\\" \\\\"', 'say "hi" \\'],
    [`"${'x'.repeat(256)}"`, 'x'.repeat(256)],
  ])('reads %s as %s', (header, key) => {
    expect(idempotencyKeyOf(header)).toBe(key)
  })

  it('reads every printable key back from its quoted form', () => {
    fc.assert(
      fc.property(fc.string({ unit: ascii(0x20, 0x7e), minLength: 1, maxLength: 256 }), key => {
        expect(idempotencyKeyOf(`"${key.replace(/[\\"]/g, '\\$&')}"`)).toBe(key)
      }),
    )
  })

  it('reads a key of 1 to 256 printable characters or throws InvalidInput, whatever the header', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.string({ unit: ascii(0x20, 0x7e) })),
        header => {
          expect(readOrError(header)).toSatisfy(isKeyOrRefusal)
        },
      ),
    )
  })
})
