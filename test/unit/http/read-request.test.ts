import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InvalidInput } from '../../../lib/core/values/errors.ts'
import { idempotencyKeyOf } from '../../../lib/http/read-request.ts'
import { httpKit, nothing, refused } from './http-kit.ts'

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

describe('the header Idempotency-Key', () => {
  const job = { type: 'echo', input: 1 }

  it.each([
    ['empty', ''],
    ['empty quotes', '""'],
    ['an open quote', '"abc'],
    ['a quote within', 'a"b'],
    ['a space', 'a b'],
    ['two keys', 'a, b'],
    ['two quoted keys', '"a", "b"'],
    ['a parameter', '"a";x=1'],
    ['an unknown escape', '"a\\n"'],
    ['not ASCII', 'kl\u00fc'],
    ['257 characters', 'x'.repeat(257)],
    ['sixteen thousand characters', 'x'.repeat(16_000)],
  ])('is refused: %s', async (_, key) => {
    const problem = await refused(job, { 'idempotency-key': key })
    expect(problem).toMatchObject({ status: 400, code: 'invalid_input', field: 'Idempotency-Key' })
    expect(problem.allowed).toContain('1 to 256')
    expect(JSON.stringify(problem).length).toBeLessThan(2_000)
  })

  it('is refused when it comes twice', async () => {
    const { app, traces } = httpKit()
    const headers = new Headers({ 'content-type': 'application/json' })
    headers.append('idempotency-key', 'a')
    headers.append('idempotency-key', 'a')
    const response = await app.request('/v1/jobs', { method: 'POST', body: JSON.stringify(job), headers })
    expect(response.status).toBe(400)
    expect(traces()).toEqual(nothing)
  })
})
