import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { errorText } from '../../../../lib/core/job/job-error.ts'
import { maxWhyBytes, retryErrorText, whyOf } from '../../../../lib/core/job/why.ts'
import { utf8Bytes } from '../../../../lib/core/values/json.ts'

const why = (name: string, message: string): string => whyOf(errorText({ name, message }, 8_192))

describe('why a job failed', () => {
  it('is the name of the error and a fingerprint of eight hex digits', () => {
    expect(why('HttpError', 'bad gateway')).toMatch(/^HttpError#[0-9a-f]{8}$/)
    expect(why('HttpError', 'bad gateway')).toBe('HttpError#ef70f6f0')
  })

  it.each([
    ['numbers', '503 after 1200 ms', '500 after 7 ms'],
    ['hex ids', 'no row 0x1f and 9ab4c0', 'no row 0x2e and 77f1e2'],
    ['UUIDs', 'job 01a2ce8f-ea81-72c6-b0d5-9e05bbfeeb08', 'job 01a21422-f8b7-747d-a959-cc410a89f4c1'],
    ['ids of hex letters alone', 'key deadbeef', 'key cafebabe'],
    ['quoted texts', `unknown column "price" in 'a'`, `unknown column "cost, net" in 'orders'`],
    ['numbers in words', 'host web17 is down', 'host web4 is down'],
  ])('leaves out %s', (_, one, other) => {
    expect(why('Error', one)).toBe(why('Error', other))
  })

  it.each([
    ['messages', 'timed out', 'refused'],
    ['short words of hex letters', 'face to add', 'fade to bad'],
  ])('tells %s apart', (_, one, other) => {
    expect(why('Error', one)).not.toBe(why('Error', other))
  })

  it('tells names apart, also by their fingerprints', () => {
    expect(why('A', 'x').slice(1)).not.toBe(why('B', 'x').slice(1))
  })

  it.each([
    ['no JSON', 'boom'],
    ['JSON that is no error', '[1]'],
    ['an error without a message', '{"name":"E"}'],
    ['null', 'null'],
  ])('is total: %s', (_, text) => {
    expect(whyOf(text)).toMatch(/#[0-9a-f]{8}$/)
  })

  it('never takes more than 48 bytes, and is always well formed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), fc.string(), (name, message) => {
        const text = whyOf(JSON.stringify({ name, message }))
        expect(utf8Bytes(text)).toBeLessThanOrEqual(maxWhyBytes)
        expect(text.isWellFormed()).toBe(true)
      }),
    )
  })

  it('stores no half of a character, which DynamoDB would refuse', () => {
    expect(whyOf(JSON.stringify({ name: 'E\ud800', message: '' })).isWellFormed()).toBe(true)
  })

  it('takes no long time for a long message', () => {
    const began = performance.now()
    whyOf(JSON.stringify({ name: 'E', message: `${'a1'.repeat(100_000)}z ${'"'.repeat(100_000)}` }))
    expect(performance.now() - began).toBeLessThan(1_000)
  })
})

describe('the error of a retry', () => {
  it.each([
    ['E', 'short'],
    ['HttpError', `503 from host 17: ${'the upstream is not there '.repeat(20)}`],
    ['HttpError', `job 01a2ce8f-ea81-72c6-b0d5-9e05bbfeeb08 ${'ä€'.repeat(200)}`],
    ['N'.repeat(200), 'm'.repeat(300)],
  ])('of %s has the why of the last failure, and stays within 96 bytes', (name, message) => {
    const text = retryErrorText({ name, message, stack: 's' }, 96)
    expect(utf8Bytes(text)).toBeLessThanOrEqual(96)
    expect(whyOf(text).slice(-9)).toBe(whyOf(JSON.stringify({ name, message })).slice(-9))
    expect(JSON.parse(text)).toMatchObject({ name: expect.any(String), message: expect.any(String) })
    expect(text).not.toContain('stack')
  })

  it.each([
    ['E', 'm'],
    ['Error', 'm'.repeat(300)],
  ])('of %s may name its run, and has the same why', (name, message) => {
    const text = retryErrorText({ name, message }, 96, 12_345)
    expect(JSON.parse(text)).toMatchObject({ name, run: 12_345 })
    expect(utf8Bytes(text)).toBeLessThanOrEqual(96)
    expect(whyOf(text)).toBe(whyOf(JSON.stringify({ name, message })))
  })

  it('that was not cut is as it always was', () => {
    expect(retryErrorText({ name: 'E', message: 'm', stack: 's' }, 96)).toBe('{"name":"E","message":"m"}')
  })

  it('somebody else’s print is none', () => {
    expect(whyOf('{"name":"E","message":"m","print":"no hex"}')).toBe(whyOf('{"name":"E","message":"m"}'))
  })
})
