import { describe, expect, it } from 'vitest'
import { checkSchedule, smallestIntervalMs } from '../../../../lib/core/schedule/check-schedule.ts'
import { anchored, type ScheduleOptions } from '../../../../lib/core/schedule/definition.ts'

const check = (options: ScheduleOptions, name = 'daily-report') =>
  checkSchedule(`schedule(${name})`, { name, type: 'report', options: { input: {}, ...options } })

/** Options that TypeScript would refuse, as JavaScript and HTTP bring them. */
const loose = (options: Readonly<Record<string, unknown>>) => check(options)

describe('a definition', () => {
  it('has every default written in', () => {
    expect(check({ cron: ' 30 2 * * * ' })).toEqual({
      name: 'daily-report',
      type: 'report',
      when: { kind: 'cron', cron: '30 2 * * *', timezone: 'UTC', gap: 'next', repeat: 'first' },
      timezone: 'UTC',
      misfire: 'latest',
      overlap: 'allow',
      jitterMs: 0,
      paused: false,
      enqueue: {},
      input: { kind: 'json', json: '{}' },
    })
  })

  it('keeps what was given, in the units of the core', () => {
    const inputAt = () => ({ day: 1 })
    const given = check({
      cron: '*/15 * * * *',
      timezone: 'Europe/Berlin',
      gap: 'next',
      repeat: 'second',
      input: inputAt,
      misfire: { all: 10, within: '6h' },
      overlap: 'queueOne',
      jitter: '5m',
      startAt: '2027-01-01T00:00:00Z',
      endAt: new Date('2028-01-01T00:00:00Z'),
      times: 5,
      paused: true,
      enqueue: { priority: -10, tags: ['nightly'], notify: { to: 'ops' }, maxAttempts: 3 },
    })
    expect(given).toEqual({
      name: 'daily-report',
      type: 'report',
      when: { kind: 'cron', cron: '*/15 * * * *', timezone: 'Europe/Berlin', gap: 'next', repeat: 'second' },
      timezone: 'Europe/Berlin',
      misfire: { all: 10, withinMs: 21_600_000 },
      overlap: 'queueOne',
      jitterMs: 300_000,
      startAt: Date.UTC(2027, 0, 1),
      endAt: Date.UTC(2028, 0, 1),
      times: 5,
      paused: true,
      enqueue: { priority: -10, tags: ['nightly'], notify: '{"to":"ops"}', maxAttempts: 3 },
      input: { kind: 'function', inputAt },
    })
  })

  it.each([
    ['*/15 * * * *', 'skip', 'both'],
    ['0 * * * *', 'skip', 'both'],
    ['@hourly', 'skip', 'both'],
    ['0 2 * * *', 'next', 'first'],
    ['0-59 2 * * *', 'next', 'first'],
    ['@daily', 'next', 'first'],
  ])('%s: a gap means %s, a repeat %s, by the first sign of minute and hour', (cron, gap, repeat) => {
    expect(check({ cron }).when).toMatchObject({ gap, repeat })
  })

  it('takes the anchor as given, or from when it was made, cut to the minute', () => {
    const madeAt = Date.parse('2027-01-01T10:07:31.5Z')
    expect(anchored(check({ every: '15m' }), madeAt).when).toEqual({
      kind: 'every',
      everyMs: 900_000,
      anchorAt: Date.parse('2027-01-01T10:07Z'),
    })
    const given = check({ every: '366d', anchor: '2026-01-01T00:05:00Z' })
    expect(anchored(given, madeAt).when).toMatchObject({ anchorAt: Date.parse('2026-01-01T00:05Z') })
    const once = check({ at: '2027-01-01T00:00:00Z' })
    expect(anchored(once, madeAt).when).toEqual({ kind: 'at', at: Date.UTC(2027, 0, 1) })
  })
})

describe('bad input names the option, the value and what is allowed', () => {
  const everyOption =
    'cron, timezone, gap, repeat, every, anchor, at, input, misfire, overlap, jitter, startAt, endAt, times, paused, enqueue'
  const instant = 'a Date or ISO 8601 text with a zone, such as 2027-01-31T09:00:00Z, from 1970 to 9999'
  it.each([
    [{}, 'schedule(daily-report) is without a time; allowed: exactly one of cron, every and at'],
    [
      { cron: '@daily', every: '5m' },
      'schedule(daily-report) is given cron and every; allowed: exactly one of cron, every and at',
    ],
    [
      { cron: '@daily', timezone: 'Europe/Berln' },
      "schedule(daily-report).timezone is 'Europe/Berln'; allowed: an IANA zone; did you mean Europe/Berlin?",
    ],
    [{ every: '999ms' }, "schedule(daily-report).every is '999ms'; allowed: 1s to 366d"],
    [{ every: '367d' }, "schedule(daily-report).every is '367d'; allowed: 1s to 366d"],
    [
      { every: 60 },
      "schedule(daily-report).every is 60; allowed: a duration such as '30s', '5m' or '2h' (units ms, s, m, h, d)",
    ],
    [{ every: '5m', anchor: 'noon' }, `schedule(daily-report).anchor is 'noon'; allowed: ${instant}`],
    [
      { cron: '@daily', anchor: '2027-01-01T00:00Z' },
      "schedule(daily-report).anchor is '2027-01-01T00:00Z'; allowed: only with every",
    ],
    [{ every: '5m', gap: 'skip' }, "schedule(daily-report).gap is 'skip'; allowed: only with cron"],
    [{ at: '2027-01-01T00:00Z', repeat: 'both' }, "schedule(daily-report).repeat is 'both'; allowed: only with cron"],
    [{ at: '2027-01-01' }, `schedule(daily-report).at is '2027-01-01'; allowed: ${instant}`],
    [{ at: '1969-12-31T23:59:59Z' }, `schedule(daily-report).at is '1969-12-31T23:59:59Z'; allowed: ${instant}`],
    [{ at: new Date(Number.NaN) }, `schedule(daily-report).at is null; allowed: ${instant}`],
    [{ cron: '@daily', gap: 'first' }, "schedule(daily-report).gap is 'first'; allowed: 'skip', 'next'"],
    [{ cron: '@daily', repeat: 'none' }, "schedule(daily-report).repeat is 'none'; allowed: 'first', 'second', 'both'"],
    [
      { cron: '@daily', overlap: 'queue' },
      "schedule(daily-report).overlap is 'queue'; allowed: 'allow', 'skip', 'queueOne', 'cancelPrevious'",
    ],
    [
      { cron: '@daily', misfire: 'all' },
      "schedule(daily-report).misfire is 'all'; allowed: 'skip', 'latest' or { all: 1 to 1000, within?: a duration }",
    ],
    [
      { cron: '@daily', misfire: null },
      "schedule(daily-report).misfire is null; allowed: 'skip', 'latest' or { all: 1 to 1000, within?: a duration }",
    ],
    [
      { cron: '@daily', timezone: null },
      "schedule(daily-report).timezone is null; allowed: an IANA zone such as 'Europe/Berlin'",
    ],
    [{ cron: '@daily', gap: null }, "schedule(daily-report).gap is null; allowed: 'skip', 'next'"],
    [{ cron: null }, "schedule(daily-report).cron is null; allowed: a cron expression such as '30 2 * * MON-FRI'"],
    [
      { cron: '@daily', misfire: { all: 1_001 } },
      'schedule(daily-report).misfire.all is 1001; allowed: a whole number from 1 to 1000',
    ],
    [
      { cron: '@daily', misfire: { all: 0 } },
      'schedule(daily-report).misfire.all is 0; allowed: a whole number from 1 to 1000',
    ],
    [
      { cron: '@daily', misfire: { within: '6h' } },
      'schedule(daily-report).misfire.all is undefined; allowed: a whole number from 1 to 1000',
    ],
    [
      { cron: '@daily', misfire: { all: 5, within: '30s' } },
      "schedule(daily-report).misfire.within is '30s'; allowed: 1m to 366d",
    ],
    [
      { cron: '@daily', misfire: { all: 5, whithin: '6h' } },
      "schedule(daily-report).misfire.whithin is not an option; allowed: all, within (did you mean 'within'?)",
    ],
    [
      { cron: '* * * * *', jitter: '61s' },
      "schedule(daily-report).jitter is '61s'; allowed: 0ms to 1m, the smallest interval of the first 100",
    ],
    [
      { cron: '0,1 2 * * *', jitter: '5m' },
      "schedule(daily-report).jitter is '5m'; allowed: 0ms to 1m, the smallest interval of the first 100",
    ],
    [
      { every: '10s', jitter: '11s' },
      "schedule(daily-report).jitter is '11s'; allowed: 0ms to 10s, the smallest interval of the first 100",
    ],
    [{ cron: '@daily', jitter: '61m' }, "schedule(daily-report).jitter is '61m'; allowed: 0ms to 1h"],
    [
      { cron: '@daily', startAt: '2027-01-02T00:00Z', endAt: '2027-01-02T00:00Z' },
      "schedule(daily-report).endAt is '2027-01-02T00:00Z'; allowed: an instant after startAt",
    ],
    [
      { at: '2027-01-01T00:00Z', endAt: '2027-01-02T00:00Z' },
      "schedule(daily-report).endAt is '2027-01-02T00:00Z'; allowed: only with cron or every",
    ],
    [{ at: '2027-01-01T00:00Z', times: 1 }, 'schedule(daily-report).times is 1; allowed: only with cron or every'],
    [{ cron: '@daily', times: 0 }, 'schedule(daily-report).times is 0; allowed: a whole number from 1 to 1000000000'],
    [{ cron: '@daily', paused: 'no' }, "schedule(daily-report).paused is 'no'; allowed: true or false"],
    [
      { cron: '@daily', limit: 5 },
      `schedule(daily-report).limit is not an option; allowed: ${everyOption} (did you mean 'times'?)`,
    ],
    [
      { cron: '@daily', enqueue: { delay: '5m' } },
      'schedule(daily-report).enqueue.delay is not an option; allowed: maxAttempts, priority, tags, notify',
    ],
    [{ cron: '@daily', enqueue: 5 }, 'schedule(daily-report).enqueue is 5; allowed: an object of enqueue options'],
    [
      { cron: '@daily', enqueue: { priority: 101 } },
      'schedule(daily-report).enqueue.priority is 101; allowed: a whole number from -100 to 100',
    ],
    [
      { cron: '@daily', enqueue: { tags: ['a', ''] } },
      "schedule(daily-report).enqueue.tags[1] is ''; allowed: a list of at most 10 texts of 1 to 64 characters",
    ],
    [
      { cron: '@daily', enqueue: { maxAttempts: 0 } },
      'schedule(daily-report).enqueue.maxAttempts is 0; allowed: a whole number from 1 to 1000',
    ],
    [
      { cron: '@daily', enqueue: { notify: 'x'.repeat(1_024) } },
      'schedule(daily-report).enqueue.notify takes 1026 bytes; allowed: at most 1024 bytes (put larger data in S3 and pass its key)',
    ],
    [{ cron: '@daily', input: { at: Number.NaN } }, 'schedule(daily-report).input.at is NaN; allowed: a finite number'],
    [
      { cron: '@daily', input: undefined },
      'schedule(daily-report).input is undefined; allowed: a JSON value: null, boolean, number, string, list, object',
    ],
  ] as const)('%o', (options, message) => {
    expect(() => loose(options)).toThrow(expect.objectContaining({ message }))
  })

  it('points into the expression', () => {
    expect(() => check({ cron: '0 25 * * MON' })).toThrow(
      expect.objectContaining({
        message: `schedule(daily-report).cron is '0 25 * * MON'; field 2 (hour) at character 3: 25; allowed: 0 to 23
    0 25 * * MON
      ^^         for example: '0 23 * * MON' (Mondays at 23:00)`,
      }),
    )
  })

  it.each(['', '.hidden', '..', 'a/b', 'a?b', 'a#b', 'a%b', 'a b', 'é', 'x'.repeat(129), '-a', ':a'])(
    'the name %o is refused',
    name => {
      const rule = "a letter, a digit or '_', then also '.', ':' and '-', at most 128 in all"
      expect(() => check({ cron: '@daily' }, name)).toThrow(`.name is '${name.length > 128 ? name.slice(0, 79) : name}`)
      expect(() => check({ cron: '@daily' }, name)).toThrow(`; allowed: ${rule}`)
    },
  )

  it.each(['a', '7', '_x', 'tenant-42:digest', 'v1.2', 'x'.repeat(128)])('the name %o is taken', name => {
    expect(check({ cron: '@daily' }, name).name).toBe(name)
  })

  it.each([null, 5, 'cron'])('options %o are none', options => {
    const given = { name: 'x', type: 't', options: options as unknown as ScheduleOptions }
    expect(() => checkSchedule('schedule(x)', given)).toThrow('; allowed: an object of options')
  })
})

describe('the smallest interval', () => {
  it.each([
    [{ cron: '0 0 * * *' }, 86_400_000],
    [{ cron: '0,50 * * * *' }, 600_000],
    [{ cron: '*/7 * * * *' }, 240_000],
    [{ every: '90s' }, 90_000],
    [{ at: '2027-01-01T00:00Z' }, Number.POSITIVE_INFINITY],
  ] as const)('of %o is %i', (options, expected) => {
    expect(smallestIntervalMs(check(options))).toBe(expected)
  })

  it('is that of the first hundred from startAt on: a change of clocks shortens one', () => {
    const given = { cron: '30 0,1,2 * * *', timezone: 'Europe/Berlin' }
    expect(smallestIntervalMs(check({ ...given, startAt: '2027-03-20T00:00Z' }))).toBe(1_800_000)
    expect(smallestIntervalMs(check({ ...given, startAt: '2027-05-20T00:00Z' }))).toBe(3_600_000)
  })

  it('may be the jitter itself', () => {
    expect(check({ every: '10s', jitter: '10s' }).jitterMs).toBe(10_000)
  })
})
