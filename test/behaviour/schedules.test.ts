import { describe, expect, it } from 'vitest'
import { tick } from '../../lib/app/sweeper/tick.ts'
import { controlKey } from '../../lib/core/records/keys.ts'
import { startAt } from '../support/jobs.ts'
import { kitOf, minute, type Options, work } from '../support/schedules.ts'

describe('a schedule', () => {
  it('runs each occurrence once, to the second, and shows it to the handler', async () => {
    const { test, runs, occurrences } = kitOf({
      often: { cron: '*/10 * * * * *', input: at => ({ day: at.localDate }) },
    })
    await test.advance('10m')
    expect(occurrences()).toEqual(Array.from({ length: 60 }, (_, n) => startAt + (n + 1) * 10_000))
    for (const { at, ctx } of runs) {
      expect(at).toBeGreaterThanOrEqual(ctx.job.schedule?.time ?? 0)
      expect(at).toBeLessThanOrEqual((ctx.job.schedule?.time ?? 0) + 1_100)
    }
    expect(runs[0]).toMatchObject({
      input: { day: '2027-01-01' },
      ctx: { job: { schedule: { name: 'often', timezone: 'UTC', isBackfill: false, missedBefore: 0 } } },
    })
    expect(test.tickErrors).toEqual([])
  })

  it('shows no schedule to a handler whose job none made', async () => {
    const { test, runs } = kitOf({})
    await test.enqueue(work, {})
    await test.settle()
    expect(runs[0]?.ctx.job).not.toHaveProperty('schedule')
  })

  it('costs nothing where there is none', async () => {
    const { test } = kitOf({})
    const asked: string[] = []
    const { records } = test
    const spy: typeof test.deps.records = {
      get: keys => records.get(keys),
      putIfAbsent: entries => records.putIfAbsent(entries),
      update: updates => records.update(updates),
      query: query => records.query(query),
      transact: (...given) => records.transact(...given),
      due: (lane, ...page) => {
        asked.push(lane)
        return records.due(lane, ...page)
      },
    }
    await tick({ ...test.deps, records: spy }, test.clock.now() + minute)
    expect(asked).toEqual([])
  })

  it('runs once at an instant and has ended then, for 30 days', async () => {
    const at = new Date(startAt + 3_600_000)
    const { test, runs, stored, told } = kitOf({ launch: { at, input: {} } })
    await test.advance('2h')
    expect(runs.map(run => run.at)).toEqual([at.getTime()])
    expect(stored('launch')).toMatchObject({ status: 'ENDED', fired: 1, lastAt: at.getTime() })
    expect(stored('launch')).not.toHaveProperty('lane')
    expect(Number(stored('launch')?.['ttl'])).toBeCloseTo((startAt + 30 * 86_400_000) / 1_000, -4)
    expect(told('schedule_ended')).toHaveLength(1)
    expect(test.records.read(controlKey)?.attributes).toMatchObject({ scheduleCount: 0 })
  })

  it.each([
    [{ times: 7 }, 7],
    [{ endAt: new Date(startAt + 5 * minute) }, 4],
    [{ startAt: new Date(startAt + 55 * minute) }, 6],
    [{ paused: true }, 0],
  ])('with %o', async (limits, count) => {
    const { test, runs } = kitOf({ limited: { every: '1m', input: {}, ...limits } })
    await test.advance('60m')
    expect(runs).toHaveLength(count)
  })

  it('starts each occurrence later by its jitter, always by the same', async () => {
    const lateness = async () => {
      const { test, runs } = kitOf({ spread: { every: '10m', jitter: '5m', input: {} } })
      await test.advance('2h')
      return runs.map(({ at, ctx }) => at - (ctx.job.schedule?.time ?? 0))
    }
    const first = await lateness()
    expect(first.length).toBeGreaterThanOrEqual(11)
    for (const late of first) {
      expect(late).toBeGreaterThanOrEqual(0)
      expect(late).toBeLessThanOrEqual(5 * minute + 1_100)
    }
    expect(new Set(first).size).toBeGreaterThan(5)
    expect(await lateness()).toEqual(first)
  })

  it('passes its enqueue options on', async () => {
    const enqueue = { priority: -5, tags: ['nightly'], maxAttempts: 2, notify: { to: 'me' } }
    const { test, runs } = kitOf({ daily: { every: '1m', input: {}, times: 1, enqueue } })
    await test.advance('2m')
    expect(runs[0]?.ctx.job).toMatchObject({ tags: ['nightly'], attemptsLeft: 1, notify: '{"to":"me"}' })
    expect(await test.get(runs[0]?.ctx.job.id ?? '')).toMatchObject({ priority: -5, maxAttempts: 2, schedule: 'daily' })
  })
})

describe('after an outage of three hours', () => {
  it.each([
    ['skip', 0],
    ['latest', 1],
    [{ all: 3 }, 3],
    [{ all: 1_000 }, 177],
    [{ all: 1_000, within: '30m' }, 29],
  ] as const)('misfire %o runs %i of what was missed', async (misfire, count) => {
    const { test, runs, told } = kitOf({ minutely: { every: '1m', input: {}, misfire } }, { hasTicks: false })
    await test.tick()
    await test.advance('2m')
    const before = runs.length
    await test.advance('178m')
    // The sweeper is back.
    await test.tick()
    await test.advance('100ms')
    const missed = runs.slice(before).filter(({ ctx }) => (ctx.job.schedule?.time ?? 0) <= startAt + 178 * minute)
    expect(missed).toHaveLength(count)
    const dropped = told('schedule_missed').reduce((sum, event) => sum + ('dropped' in event ? event.dropped : 0), 0)
    expect(dropped).toBe(177 - count)
    expect(runs[before]?.ctx.job.schedule?.missedBefore).toBe(dropped)
    expect(new Set(runs.map(({ ctx }) => ctx.job.id)).size).toBe(runs.length)
  })
})

describe('a schedule that cannot be fired', () => {
  it('stays due while its input is refused, says so, and holds up nobody', async () => {
    let isBroken = true
    const input: Options['input'] = () => (isBroken ? { n: 'seven' as never } : {})
    isBroken = false
    const { test, occurrences, runs, stored, told } = kitOf({
      broken: { every: '1m', input, misfire: { all: 10 } },
      fine: { every: '1m', input: {} },
    })
    isBroken = true
    await test.advance('5m')
    expect(new Set(runs.map(({ ctx }) => ctx.job.schedule?.name))).toEqual(new Set(['fine']))
    expect(runs).toHaveLength(5)
    expect(stored('broken')).toMatchObject({
      status: 'ACTIVE',
      fired: 0,
      lastError: expect.stringContaining('n:') as string,
    })
    expect(told('schedule_failed').length).toBeGreaterThanOrEqual(5)
    isBroken = false
    await test.advance('2m')
    expect(stored('broken')).not.toHaveProperty('lastError')
    expect(occurrences()).toHaveLength(14)
  })

  it('whose input function throws is reported with what it threw', async () => {
    let isBroken = false
    const input: Options['input'] = () => {
      if (isBroken) throw new TypeError('no such day')
      return {}
    }
    const { test, told } = kitOf({ broken: { every: '1m', input } })
    isBroken = true
    await test.advance('1m')
    expect(told('schedule_failed')[0]).toMatchObject({ schedule: 'broken', error: 'TypeError: no such day' })
  })

  it('of a type that is gone stays due, and fires once the type is back', async () => {
    const { test, runs, told } = kitOf({ orphan: { every: '1m', input: {} } }, { hasTicks: false })
    await test.tick()
    const without = { ...test.deps.runner, jobs: {} }
    await test.advance('3m')
    await tick({ ...test.deps, runner: without }, test.clock.now() + minute)
    expect(told('schedule_failed')).toHaveLength(1)
    const before = runs.length
    await test.tick()
    await test.settle()
    expect(runs.length).toBeGreaterThan(before)
  })
})
