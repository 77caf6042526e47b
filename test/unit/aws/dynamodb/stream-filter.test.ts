import { describe, expect, it } from 'vitest'
import { streamFilters } from '../../../../lib/aws/dynamodb/stream-filter.ts'
import { fits } from '../../../../lib/dev/sources/stream-mapping.ts'

const image = (state: string | undefined) => (state === undefined ? { id: { S: 'a' } } : { state: { S: state } })
const record = (eventName: string, from: string | undefined | null, to: string | undefined | null) => ({
  eventName,
  dynamodb: {
    ...(from === null ? {} : { OldImage: image(from) }),
    ...(to === null ? {} : { NewImage: image(to) }),
  },
})
const passes = (event: unknown) => streamFilters.some(pattern => fits(pattern, event))

describe('the filter before the dispatcher', () => {
  it.each([
    ['a job put AVAILABLE', record('INSERT', null, 'AVAILABLE')],
    ['a failed job edited to AVAILABLE', record('MODIFY', 'FAILED', 'AVAILABLE')],
    ['a scheduled job edited to AVAILABLE', record('MODIFY', 'SCHEDULED', 'AVAILABLE')],
  ])('lets through %s', (_, event) => {
    expect(passes(event)).toBe(true)
  })

  it.each([
    ['an enqueue that sent its own message', record('INSERT', null, 'RESERVED')],
    ['an AVAILABLE job whose other attributes change', record('MODIFY', 'AVAILABLE', 'AVAILABLE')],
    ['a job that leaves AVAILABLE', record('MODIFY', 'AVAILABLE', 'RESERVED')],
    ['a deleted job', record('REMOVE', 'AVAILABLE', null)],
    ['an item without a state', record('INSERT', null, undefined)],
    ['no record at all', null],
  ])('keeps back %s', (_, event) => {
    expect(passes(event)).toBe(false)
  })
})

describe('an event pattern', () => {
  it('takes an absent key as no value at all, "anything-but" included', () => {
    expect(fits({ a: [{ 'anything-but': ['x'] }] }, {})).toBe(false)
    expect(fits({ a: [{ 'anything-but': ['x'] }] }, { a: 'y' })).toBe(true)
    expect(fits({ a: [{ 'anything-but': ['x'] }] }, { a: 'x' })).toBe(false)
  })

  it('asks for every key, and for one value of each', () => {
    expect(fits({ a: ['1', '2'], b: { c: [3] } }, { a: '2', b: { c: 3 } })).toBe(true)
    expect(fits({ a: ['1', '2'], b: { c: [3] } }, { a: '2', b: { c: '3' } })).toBe(false)
    expect(fits({ a: ['1', '2'], b: { c: [3] } }, { a: '2', b: 3 })).toBe(false)
  })
})
