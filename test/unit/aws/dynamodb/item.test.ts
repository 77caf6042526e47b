import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encode, fromItem, type Item, toItem } from '../../../../lib/aws/dynamodb/item.ts'
import { completeJob, type RawJob } from '../../../../lib/core/job/job.ts'
import { now, sample } from '../../../contract/conformance/sample.ts'

describe('encode', () => {
  it.each([
    ['state', 'RETRY', { S: 'RETRY' }],
    ['attempt', 0, { N: '0' }],
    ['attemptsLeft', -1, { N: '-1' }],
    ['progress', 33.25, { N: '33.25' }],
    ['ttl', 1_800_000_000, { N: '1800000000' }],
    ['tags', ['a', 'ü'], { L: [{ S: 'a' }, { S: 'ü' }] }],
    ['lookAt', now + 7, { S: '2026-11-22T10:00:00.007Z' }],
    ['leaseUntil', 0, { S: '1970-01-01T00:00:00.000Z' }],
    ['cancelRequestedAt', -1, { S: '1969-12-31T23:59:59.999Z' }],
  ] as const)('%s: %s', (name, value, stored) => {
    expect(encode(name, value)).toEqual(stored)
  })

  it('keeps instants within the years whose text sorts as time does', () => {
    expect(encode('lookAt', 8.64e15)).toEqual({ S: '9999-12-31T23:59:59.999Z' })
    expect(encode('lookAt', Number.POSITIVE_INFINITY)).toEqual({ S: '9999-12-31T23:59:59.999Z' })
    expect(encode('lookAt', -8.64e15)).toEqual({ S: '0000-01-01T00:00:00.000Z' })
  })

  it('refuses an instant that is not a number', () => {
    expect(() => encode('lookAt', Number.NaN)).toThrow(RangeError)
  })

  it('orders instants as text as they are ordered in time', () => {
    const instant = fc.integer({ min: Date.UTC(1, 0), max: Date.UTC(9999, 0) })
    fc.assert(
      fc.property(instant, instant, (a, b) => {
        const [left, right] = [encode('lookAt', a).S ?? '', encode('lookAt', b).S ?? '']
        expect(left < right).toBe(a < b)
      }),
    )
  })
})

it('writes each attribute in its own form, and reads it back', () => {
  const texts = {
    id: 'a',
    type: 't',
    queue: 'q',
    state: 'RETRY',
    input: '1',
    result: '2',
    error: '3',
    notify: '4',
  } as const
  const tokens = { owner: 'b', lastOwner: 'c', request: 'd', lane: 'e' }
  const counts = {
    priority: 1,
    attempt: 2,
    attemptsLeft: 3,
    maxAttempts: 4,
    crashes: 5,
    snoozes: 6,
    depth: 7,
    maxSnoozes: 7,
    generation: 8,
    dispatches: 9,
    progress: 10,
    fence: 11,
    shard: 12,
    fmt: 13,
    ttl: 14,
  }
  const instants = {
    scheduledAt: 0,
    insertedAt: 1,
    startedAt: 2,
    finishedAt: 3,
    leaseUntil: 4,
    cancelRequestedAt: 5,
    lookAt: 6,
  }
  const stored = (form: (value: string | number) => AttributeValue, values: object) =>
    Object.entries(values).map(([name, value]) => [name, form(value as string | number)] as const)
  const item: Item = Object.fromEntries([
    ...stored(value => ({ S: String(value) }), { ...texts, ...tokens }),
    ...stored(value => ({ N: String(value) }), counts),
    ...stored(value => ({ S: `1970-01-01T00:00:00.00${value}Z` }), instants),
    ['tags', { L: [{ S: 'f' }] }],
  ])
  const job: RawJob = { ...texts, ...tokens, ...counts, ...instants, tags: ['f'] }
  expect(toItem(job)).toStrictEqual(item)
  expect(fromItem(item)).toStrictEqual(job)
})

const text = fc.string({ unit: 'binary' })
const count = fc.maxSafeInteger()
const instant = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) })

const anyJob: fc.Arbitrary<RawJob> = fc.record(
  {
    id: text,
    type: text,
    state: fc.constantFrom('SCHEDULED', 'FAILED'),
    input: text,
    tags: fc.array(text),
    attempt: count,
    fence: count,
    progress: fc.double({ min: 0, max: 100, noNaN: true }),
    scheduledAt: instant,
    lookAt: instant,
    lane: text,
    ttl: count,
  },
  { requiredKeys: [] },
)

const anyValue: fc.Arbitrary<AttributeValue> = fc.letrec<{ value: AttributeValue }>(tie => ({
  value: fc.oneof(
    { maxDepth: 2 },
    fc.record({ S: fc.oneof(text, fc.constantFrom('2026-11-22T10:00:00.000Z', '2026-02-31T99:00:00Z', 'RESERVED')) }),
    fc.record({ N: fc.oneof(fc.constantFrom('1e125', '-0', '0.5', '', 'NaN', '12345678901234567890'), text) }),
    fc.record({ BOOL: fc.boolean() }),
    fc.record({ NULL: fc.constant(true) }),
    fc.record({ SS: fc.array(text) }),
    fc.record({ L: fc.array(tie('value')) }),
    fc.record({ M: fc.dictionary(text, tie('value')) }),
  ) as fc.Arbitrary<AttributeValue>,
})).value

const names = Object.keys(toItem({ ...sample('FAILED'), ...sample('IN_PROGRESS'), id: 'x', tags: ['a'] }))

describe('fromItem', () => {
  it('reads back what toItem wrote', () => {
    fc.assert(
      fc.property(anyJob, job => {
        expect(fromItem(toItem(job))).toEqual(job)
      }),
    )
  })

  it('reads anything without throwing, and never as NaN', () => {
    const anyItem = fc.dictionary(fc.oneof(fc.constantFrom(...names), text), anyValue)
    fc.assert(
      fc.property(anyItem, item => {
        const raw = fromItem(item)
        expect(Object.values(raw).every(value => typeof value !== 'number' || Number.isFinite(value))).toBe(true)
        expect(Object.keys(raw).every(name => names.includes(name) || name in toItem(raw))).toBe(true)
        completeJob(raw, now)
      }),
    )
  })

  it.each<[string, Item, object]>([
    ['a text', { id: { N: '5' }, type: { S: '' } }, { type: '' }],
    ['a count', { fence: { N: '0.5' }, attempt: { N: '-3' }, shard: { S: '5' }, crashes: { N: 'x' } }, { attempt: -3 }],
    ['a number', { progress: { N: '0.5' } }, { progress: 0.5 }],
    ['a number of another type', { progress: { S: '0.5' } }, {}],
    ['a list', { tags: { L: [{ S: 'a' }, { S: '' }] } }, { tags: ['a', ''] }],
    ['a list that holds no text', { tags: { L: [{ S: 'a' }, { N: '5' }] } }, {}],
    ['a list of another type', { tags: { SS: ['a'] } }, {}],
    ['an instant with a zone', { insertedAt: { S: '2026-11-22T12:00+02:00' } }, { insertedAt: now }],
    [
      'an instant that guards compare, in another spelling',
      { scheduledAt: { S: '2026-11-22T12:00+02:00' } },
      { scheduledAt: now, missing: ['scheduledAt'] },
    ],
    ['the same as we write it', { scheduledAt: { S: '2026-11-22T10:00:00.000Z' } }, { scheduledAt: now }],
    ['a gate of another type', { gate: { N: '3' } }, { gate: '3' }],
    ['an instant of another type', { scheduledAt: { N: '5' }, lookAt: { N: '5' } }, {}],
    ['`lookAt` as we write it', { lookAt: { S: '2026-11-22T10:00:00.000Z' } }, { lookAt: now }],
    ['`lookAt` in another spelling', { lookAt: { S: '2026-11-22T10:00:00Z' } }, {}],
    ['`lookAt` that is no instant', { lookAt: { S: 'tomorrow' } }, {}],
  ])('reads %s: %o as %o', (_, item, expected) => {
    expect(fromItem(item)).toStrictEqual(expected)
  })

  it('passes over what is not ours', () => {
    const item: Item = { ...toItem({ id: 'a' }), __proto__: { S: 'x' }, missing: { L: [{ S: 'id' }] } }
    expect(fromItem(item)).toStrictEqual({ id: 'a' })
  })
})

it('toItem writes no attribute for what a foreign writer left out', () => {
  const job = completeJob({ id: 'a', type: 't', state: 'AVAILABLE', input: '{}' }, now)
  expect(Object.keys(toItem(job ?? {}))).not.toContain('missing')
})
