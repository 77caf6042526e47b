import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  cellKey,
  controlKey,
  gateKey,
  groupChunkKey,
  groupKey,
  inputKey,
  isSystemId,
  padded,
  partsOf,
  runKey,
  ticketKey,
  ticketPrefix,
} from '../../../../lib/core/records/keys.ts'
import { documentPath, missingRows, withKeys } from '../../../support/tooling/key-docs.ts'

const job = { id: 'job-1', life: 'k3J9aQ' }

it('docs/architecture.md shows the keys as they are (node test/support/tooling/key-docs.ts brings it up to date)', () => {
  const document = readFileSync(documentPath, 'utf8')
  expect(document).toBe(withKeys(document))
  expect(missingRows()).toEqual([])
})

describe('numbers', () => {
  it.each([
    [0, '0000'],
    [9_999, '9999'],
    [10_000, 'a10000'],
    [123_456, 'b123456'],
    [Number.MAX_SAFE_INTEGER, 'l9007199254740991'],
  ])('%i is %s', (count, text) => expect(padded(count)).toBe(text))

  it('sort as text', () => {
    const count = fc.maxSafeNat()
    fc.assert(
      fc.property(count, count, (a, b) => {
        expect(padded(a) < padded(b)).toBe(a < b)
      }),
    )
  })

  it.each([-1, 1.5, Number.NaN, 2 ** 53])('%d is refused', count => expect(() => padded(count)).toThrow('whole number'))
})

describe('names', () => {
  it('are escaped, so that no two read alike', () => {
    expect(cellKey(job, 1, 'a#b%23').part).toBe('cell#k3J9aQ#0001#a%23b%2523')
    const name = fc.string({ unit: fc.constantFrom('a', '#', '%', '2', '3', '0') })
    fc.assert(
      fc.property(name, name, (a, b) => {
        expect(cellKey(job, 1, a).part === cellKey(job, 1, b).part).toBe(a === b)
      }),
    )
    fc.assert(
      fc.property(name, fc.nat(), name, fc.nat(), (a, m, b, n) => {
        const isSame = a === b && m === n
        expect(groupChunkKey(job, 1, a, m).part === groupChunkKey(job, 1, b, n).part).toBe(isSame)
        expect(groupKey(job, 1, a).part).not.toBe(groupChunkKey(job, 1, b, n).part)
      }),
    )
  })

  it('a gate’s id tells queue and key apart', () => {
    expect(gateKey('mails/a/b#c').id).toBe('#gate/mails/a/b%23c')
  })
})

it('a job’s records carry its life', () => {
  const later = { ...job, life: 'another' }
  expect(inputKey(job, 'request')).not.toEqual(inputKey(later, 'request'))
  expect(runKey(job, 1, 1)).not.toEqual(runKey(later, 1, 1))
  expect(runKey(job, 1, 10)).toEqual({ id: 'job-1', part: 'run#k3J9aQ#0001#0010' })
})

it('a prefix takes one kind, one life, one generation', () => {
  expect(runKey(job, 1, 3).part.startsWith(partsOf('run', job))).toBe(true)
  expect(runKey(job, 12, 3).part.startsWith(partsOf('run', job, 12))).toBe(true)
  expect(runKey(job, 120, 3).part.startsWith(partsOf('run', job, 12))).toBe(false)
  expect(runKey({ ...job, life: 'k3J9aQx' }, 1, 3).part.startsWith(partsOf('run', job))).toBe(false)
  expect(cellKey(job, 1, 'x').part.startsWith(partsOf('run', job))).toBe(false)
})

it('a job’s id does not begin as the system’s do', () => {
  expect(isSystemId(controlKey.id)).toBe(true)
  expect(() => inputKey({ ...job, id: controlKey.id }, 'request')).toThrow('does not begin with #')
})

it('tickets sort by priority, then by time', () => {
  const gate = gateKey('mails/x')
  const tickets = [
    { priority: -100, since: 2, jobId: 'd' },
    { priority: 0, since: 1, jobId: 'c' },
    { priority: 0, since: 2, jobId: 'b' },
    { priority: 100, since: 0, jobId: 'a' },
  ].map(ticket => ticketKey(gate, ticket).part)
  expect(tickets.toSorted()).toEqual(tickets)
  expect(tickets.every(part => part.startsWith(ticketPrefix))).toBe(true)
  expect(() => ticketKey(gate, { priority: -101, since: 0, jobId: 'a' })).toThrow('whole number')
})
