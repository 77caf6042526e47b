import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkSchedule } from '../../../../lib/core/schedule/check-schedule.ts'
import { anchored, type ScheduleOptions } from '../../../../lib/core/schedule/definition.ts'
import { dueOf, newestIn } from '../../../../lib/core/schedule/misfire.ts'
import { nextOf, type When } from '../../../../lib/core/schedule/next.ts'
import { timesIn } from '../../../../lib/core/schedule/occurrences.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const at = (text: string) => Date.parse(text)

const define = (options: ScheduleOptions) =>
  anchored(checkSchedule('s', { name: 's', type: 't', options: { cron: '@hourly', input: {}, ...options } }), 0)

/** What a tick at 12:00:30 does, which looks 90 s ahead, after the given time was fired last. */
function due(options: ScheduleOptions, lastAt: string, remaining?: number) {
  const now = at('2027-01-05T12:00:30Z')
  const { occurrences, ...rest } = dueOf(define(options), {
    lastAt: at(lastAt),
    now,
    until: now + 90_000,
    ...(remaining === undefined ? {} : { remaining }),
  })
  return { times: occurrences.map(({ time }) => new Date(time).toISOString().slice(5, 16)), ...rest }
}

const nextAt = at('2027-01-05T13:00Z')

describe('a tick in time', () => {
  it.each(['skip', 'latest', { all: 5 }] as const)('fires what is due and misses nothing, with %o', misfire => {
    const expected = { times: ['01-05T12:00'], dropped: 0, isDroppedExact: true, nextAt }
    expect(due({ misfire }, '2027-01-05T11:00Z')).toEqual(expected)
  })

  it('takes a whole minute late for in time, and not a millisecond more', () => {
    const times = (now: number) =>
      dueOf(define({ misfire: 'skip' }), { lastAt: at('2027-01-05T11:30Z'), now, until: now }).occurrences.length
    expect([times(at('2027-01-05T12:01Z')), times(at('2027-01-05T12:01Z') + 1)]).toEqual([1, 0])
  })

  it('has nothing to do between two occurrences', () => {
    expect(due({}, '2027-01-05T12:00Z')).toEqual({ times: [], dropped: 0, isDroppedExact: true, nextAt })
  })

  it('looks no further ahead than it is told', () => {
    expect(due({ cron: '* * * * *' }, '2027-01-05T12:00Z').times).toEqual(['01-05T12:01', '01-05T12:02'])
  })
})

describe('after three hours without a tick', () => {
  const last = '2027-01-05T08:00Z'
  it.each([
    ['skip', ['01-05T12:00'], 3],
    ['latest', ['01-05T11:00', '01-05T12:00'], 2],
    [{ all: 2 }, ['01-05T10:00', '01-05T11:00', '01-05T12:00'], 1],
    [{ all: 3 }, ['01-05T09:00', '01-05T10:00', '01-05T11:00', '01-05T12:00'], 0],
    [{ all: 1000 }, ['01-05T09:00', '01-05T10:00', '01-05T11:00', '01-05T12:00'], 0],
    [{ all: 1000, within: '121m' }, ['01-05T10:00', '01-05T11:00', '01-05T12:00'], 1],
    [{ all: 1, within: '1m' }, ['01-05T12:00'], 3],
  ] as const)('%o', (misfire, times, dropped) => {
    expect(due({ misfire }, last)).toEqual({ times, dropped, isDroppedExact: true, nextAt })
  })

  it('`within` counts the instant at its end', () => {
    const now = at('2027-01-05T12:00:00Z')
    const of = (within: `${number}ms`) =>
      dueOf(define({ misfire: { all: 9, within } }), { lastAt: at(last), now, until: now }).occurrences.length
    expect([of('7200000ms'), of('7199999ms')]).toEqual([3, 2])
  })

  it('fires no more than remain, the earliest first, and then ends', () => {
    expect(due({ misfire: { all: 3 } }, last, 2)).toEqual({
      times: ['01-05T09:00', '01-05T10:00'],
      dropped: 0,
      isDroppedExact: true,
      nextAt: undefined,
    })
    expect(due({}, last, 0)).toMatchObject({ times: [], nextAt: undefined })
    expect(due({}, last, 9).nextAt).toBe(nextAt)
  })

  it('fires nothing at or after endAt, and has no next', () => {
    expect(due({ misfire: { all: 9 }, endAt: '2027-01-05T10:00Z' }, last)).toEqual({
      times: ['01-05T09:00'],
      dropped: 0,
      isDroppedExact: true,
      nextAt: undefined,
    })
  })
})

describe('after weeks without a tick', () => {
  it('a schedule of each second finds its newest missed time at once, and counts no further than 10,000', () => {
    const found = due({ cron: '* * * * * *', misfire: 'latest' }, '2026-12-01T00:00Z')
    expect([found.times[0], found.dropped, found.isDroppedExact]).toEqual(['01-05T11:59', 9_999, false])
    // Missed at 11:59:29; from 11:59:30 to 12:02:00 in time.
    expect(found.times.length).toBe(1 + 151)
  })

  it('the newest of more missed times than are counted run, within their time', () => {
    const found = due({ cron: '* * * * * *', misfire: { all: 3 } }, '2026-12-01T00:00Z')
    expect([found.times.length, found.dropped, found.isDroppedExact]).toEqual([3 + 151, 9_997, false])
    const within = due({ cron: '* * * * * *', misfire: { all: 9, within: '62s' } }, '2026-12-01T00:00Z')
    expect(within.times.length).toBe(2 + 151)
  })

  it('one time that was missed runs by the same rules', () => {
    const once = { cron: undefined, at: '2027-01-01T00:00Z' } as unknown as ScheduleOptions
    expect(due({ ...once, misfire: 'latest' }, '2026-12-01T00:00Z')).toMatchObject({
      times: ['01-01T00:00'],
      nextAt: undefined,
    })
    expect(due({ ...once, misfire: 'skip' }, '2026-12-01T00:00Z')).toMatchObject({ times: [], dropped: 1 })
  })
})

describe('the newest time of a window', () => {
  const utc = (cron: string): When => ({ kind: 'cron', cron, timezone: 'UTC', gap: 'next', repeat: 'first' })

  it('is the last that counting up finds, for any schedule and window', () => {
    const whens: readonly When[] = [
      utc('* * * * * *'),
      utc('*/7 * * * *'),
      utc('* * 2 * * *'),
      utc('0,1,59 0 0 1 * *'),
      { kind: 'cron', cron: '30 2 * * *', timezone: 'Europe/Berlin', gap: 'next', repeat: 'both' },
      { kind: 'every', everyMs: 1_234_567, anchorAt: 89 },
      { kind: 'at', at: at('2027-03-28T01:00Z') },
    ]
    const start = at('2027-03-27T12:00Z')
    const window = fc.tuple(fc.nat(2 * day), fc.nat(2 * hour))
    fc.assert(
      fc.property(fc.constantFrom(...whens), window, (when, [offset, length]) => {
        const next = nextOf(when)
        const [after, until] = [start + offset, start + offset + length]
        const counted = timesIn(next, { from: after, until, limit: Number.POSITIVE_INFINITY }).at(-1)
        expect(newestIn(next, after, until)).toBe(counted)
      }),
      { numRuns: 200 },
    )
  })

  it.each(['* * * * * *', '* * 2 1 1 *', '0 0 29 2 *'])('needs few questions for %s, over ten years', cron => {
    const next = nextOf(utc(cron))
    let questions = 0
    const counting = (after: number) => {
      questions += 1
      return next(after)
    }
    const until = at('2036-12-31T00:00Z')
    const newest = newestIn(counting, until - 3650 * day, until) ?? 0
    expect(next(newest)).toBeGreaterThan(until)
    expect(questions).toBeLessThan(120)
  })

  it('is none in an empty window', () => {
    const next = nextOf(utc('0 0 * * *'))
    expect([newestIn(next, 5, 5), newestIn(next, 9, 5), newestIn(next, day, 2 * day - 1)]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })
})
