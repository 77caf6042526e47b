import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkSchedule } from '../../../../lib/core/schedule/check-schedule.ts'
import {
  anchored,
  definitionHash,
  definitionsHash,
  type ScheduleOptions,
} from '../../../../lib/core/schedule/definition.ts'
import { jitterOf, occurrenceOf, occurrencesIn } from '../../../../lib/core/schedule/occurrences.ts'
import { scheduledTimeOf } from '../../../../lib/core/schedule/time-zone.ts'

const declare = (options: ScheduleOptions, name = 'digest') =>
  checkSchedule(`schedule(${name})`, { name, type: 'digest', options: { input: {}, ...options } })
const define = (options: ScheduleOptions, name?: string) => anchored(declare(options, name), 0)
const at = (text: string) => Date.parse(text)

describe('the occurrences of a window', () => {
  const hourly = define({ cron: '@hourly' })
  const times = (from: string, until: string, limit = 100, definition = hourly) =>
    occurrencesIn(definition, at(from), at(until), limit).map(({ time }) => new Date(time).toISOString().slice(11, 16))

  it('are later than its start and not later than its end, at most so many', () => {
    expect(times('2027-01-01T00:00Z', '2027-01-01T02:00Z')).toEqual(['01:00', '02:00'])
    expect(times('2027-01-01T00:00Z', '2027-01-01T23:00Z', 3)).toEqual(['01:00', '02:00', '03:00'])
    expect(times('2027-01-01T00:00Z', '2027-01-01T00:59Z')).toEqual([])
    expect(times('2027-01-01T00:00Z', '2027-01-01T23:00Z', 0)).toEqual([])
  })

  it('lie at startAt or later, and before endAt', () => {
    const bounded = define({ cron: '@hourly', startAt: '2027-01-01T05:00Z', endAt: '2027-01-01T07:00Z' })
    expect(times('2027-01-01T00:00Z', '2027-01-01T23:00Z', 100, bounded)).toEqual(['05:00', '06:00'])
    const late = define({ cron: '@hourly', startAt: '2027-01-01T05:00:00.001Z' })
    expect(times('2027-01-01T00:00Z', '2027-01-01T06:00Z', 100, late)).toEqual(['06:00'])
  })

  it('in pieces are those of the whole', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(86_400_000), { minLength: 1, maxLength: 10 }), cuts => {
        const [start, end] = [at('2027-03-28T00:00Z'), at('2027-03-29T00:00Z')]
        const definition = define({ cron: '*/7 1-4 * * *', timezone: 'Europe/Berlin', jitter: '1m' })
        const bounds = [start, ...cuts.toSorted((a, b) => a - b).map(cut => start + cut), end]
        const pieces = bounds
          .slice(1)
          .flatMap((until, index) => occurrencesIn(definition, bounds[index] ?? start, until, 999))
        expect(pieces).toEqual(occurrencesIn(definition, start, end, 999))
      }),
    )
  })
})

describe('an occurrence', () => {
  it('has one job and one jitter for its name and time', () => {
    const definition = define({ cron: '@hourly', jitter: '30m' })
    const time = at('2027-01-01T01:00Z')
    const found = occurrenceOf(definition, time)
    // Stored ids and announced starts hang on these: a change moves what is already inserted.
    expect(found).toEqual({ time, runAt: time + 190_650, jobId: 'fde83e18-371a-881d-bc96-1653c3d702d8' })
    expect(occurrenceOf(definition, time)).toEqual(found)
    expect(occurrenceOf({ ...definition, name: 'other' }, time)).not.toEqual(found)
  })

  it('is spread over its whole jitter, both ends included', () => {
    const seen = new Set<number>()
    for (let time = 0; time < 400_000; time += 1_000) seen.add(jitterOf('x', time, 3))
    expect(seen).toEqual(new Set([0, 1, 2, 3]))
    expect(jitterOf('x', 5, 0)).toBe(0)
    fc.assert(
      fc.property(fc.string(), fc.nat(), fc.nat(3_600_000), (name, time, jitterMs) => {
        const jitter = jitterOf(name, time, jitterMs)
        expect(Number.isInteger(jitter) && jitter >= 0 && jitter <= jitterMs).toBe(true)
      }),
    )
  })

  it('knows its local date', () => {
    const definition = define({ cron: '30 0 * * *', timezone: 'Asia/Tokyo' })
    const time = at('2026-12-31T15:30Z')
    const common = { name: 'digest', time, localDate: '2027-01-01', timezone: 'Asia/Tokyo' }
    expect(scheduledTimeOf(definition, time)).toEqual({ ...common, isBackfill: false, missedBefore: 0 })
    expect(scheduledTimeOf(definition, time, { isBackfill: true, missedBefore: 3 })).toEqual({
      ...common,
      isBackfill: true,
      missedBefore: 3,
    })
  })
})

describe('the hash of a definition', () => {
  const base: ScheduleOptions = { cron: '@daily', timezone: 'Europe/Berlin', input: { a: 1, b: 2 }, overlap: 'skip' }

  it('is the same for the same data, whatever the order of the options', () => {
    const turned = Object.fromEntries(Object.entries(base).toReversed()) as ScheduleOptions
    expect(definitionHash(declare(turned))).toBe(definitionHash(declare(base)))
    expect(definitionHash(declare(base))).toMatch(/^[0-9a-f]{16}$/)
    const defaults = { ...base, gap: 'next', repeat: 'first', misfire: 'latest', jitter: '0s', paused: false } as const
    expect(definitionHash(declare(defaults))).toBe(definitionHash(declare(base)))
  })

  it.each<ScheduleOptions>([
    { cron: '@weekly' },
    { timezone: 'UTC' },
    { gap: 'skip' },
    { repeat: 'second' },
    { input: { a: 1, b: 3 } },
    { input: () => ({ a: 1 }) },
    { misfire: 'skip' },
    { misfire: { all: 3 } },
    { overlap: 'allow' },
    { jitter: '1s' },
    { startAt: '2027-01-01T00:00Z' },
    { endAt: '2027-01-01T00:00Z' },
    { times: 3 },
    { paused: true },
    { enqueue: { priority: 1 } },
  ])('differs with %o', change => {
    expect(definitionHash(declare({ ...base, ...change }))).not.toBe(definitionHash(declare(base)))
  })

  it('differs with the text of the input function, and not with the function itself', () => {
    const [one, same, other] = [
      (n: number) => () => ({ n }),
      (n: number) => () => ({ n }),
      (n: number) => () => ({ m: n }),
    ]
    const hash = (input: unknown) => definitionHash(declare({ ...base, input }))
    expect(hash(one(1))).toBe(hash(same(1)))
    expect(hash(one(1))).not.toBe(hash(other(1)))
    expect(hash(() => ({ at: 1 }))).not.toBe(hash({ at: 1 }))
  })

  it('of all schedules does not hang on their order, but on each of them', () => {
    const [a, b, c] = [declare(base, 'a'), declare(base, 'b'), declare({ ...base, paused: true }, 'b')]
    expect(definitionsHash([a, b])).toBe(definitionsHash([b, a]))
    expect(definitionsHash([a, c])).not.toBe(definitionsHash([a, b]))
    expect(definitionsHash([a])).not.toBe(definitionsHash([a, b]))
    expect(definitionsHash([])).toMatch(/^[0-9a-f]{16}$/)
  })
})
