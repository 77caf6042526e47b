import { describe, expect, it } from 'vitest'
import {
  type FeedEntry,
  feedAfter,
  lateMs,
  maxFeed,
  placeFrom,
  placeText,
} from '../../../../lib/core/lookup/change-feed.ts'

const start = 1_798_761_600_000
const entry = (n: number, at = start): FeedEntry => ({ at, queue: 'mails', id: `job-${n}`, kind: 'completed' })
const beginning = { since: start - lateMs, shown: [] }
const idsOf = (entries: readonly FeedEntry[]) => entries.map(({ id }) => id)

describe('feedAfter', () => {
  it('shows each change once, the earliest first', () => {
    const found = [entry(2, start + 2), entry(1, start + 1)]
    const { fresh, next } = feedAfter(found, beginning)
    expect(idsOf(fresh)).toEqual(['job-1', 'job-2'])
    expect(feedAfter(found, next).fresh).toEqual([])
  })

  it('shows what comes late, though newer changes were shown', () => {
    const { next } = feedAfter([entry(1, start + 20_000)], beginning)
    const again = feedAfter([entry(1, start + 20_000), entry(2, start)], next)
    expect(idsOf(again.fresh)).toEqual(['job-2'])
    expect(feedAfter([entry(1, start + 20_000), entry(2, start)], again.next).fresh).toEqual([])
  })

  it('leaves out what comes later than half a minute', () => {
    const { next } = feedAfter([entry(1, start + lateMs)], beginning)
    expect(feedAfter([entry(2, start), entry(3, start + 1)], next).fresh).toEqual([entry(3, start + 1)])
  })

  it('tells two outcomes of a job in one instant apart', () => {
    const both = [entry(1), { ...entry(1), kind: 'retried' as const }]
    expect(feedAfter(both, feedAfter([entry(1)], beginning).next).fresh).toEqual([both[1]])
  })

  it('shows 500 at a time, all in the end, and never one twice', () => {
    const found = Array.from({ length: 2 * maxFeed + 10 }, (_, n) => entry(n, start + Math.floor(n / 4)))
    const seen: string[] = []
    let place: Parameters<typeof feedAfter>[1] = beginning
    for (let round = 0; round < 4; round += 1) {
      const { fresh, next } = feedAfter(found, place)
      expect(fresh.length).toBeLessThanOrEqual(maxFeed)
      expect(placeText(next).length).toBeLessThan(6_000)
      seen.push(...idsOf(fresh))
      place = next
    }
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen.length).toBe(found.length)
  })
})

describe('a place as text', () => {
  it('is read as it was written', () => {
    const { next } = feedAfter([entry(1), entry(2)], beginning)
    expect(placeFrom(placeText(next))).toEqual(next)
    expect(placeText(next)).toMatch(/^[\w-]+$/)
  })

  const forged = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  it.each([
    ['no text', 7],
    ['nothing', ''],
    ['other letters', 'ab c'],
    ['no JSON', 'abc'],
    ['no list', forged({})],
    ['another version', forged([2, start, ''])],
    ['a time that is none', forged([1, -1, ''])],
    ['a time beyond all', forged([1, 1e17, ''])],
    ['hashes that are none', forged([1, start, 'xyz'])],
    ['something more', forged([1, start, '', 1])],
    ['too much', 'a'.repeat(12_001)],
  ])('is refused: %s', (_, text) => {
    expect(() => placeFrom(text)).toThrow(expect.objectContaining({ code: 'invalid_input', field: 'after' }))
  })
})
