import { describe, expect, it } from 'vitest'
import { tick } from '../../lib/app/sweeper/tick.ts'
import { controlKey, scheduleKey } from '../../lib/core/records/keys.ts'
import { changeIfSeen, made, paused } from '../../lib/core/records/schedule-changes.ts'
import { scheduleFrom, toScheduleRecord } from '../../lib/core/records/schedule-record.ts'
import { checkSchedule } from '../../lib/core/schedule/check-schedule.ts'
import { anchored } from '../../lib/core/schedule/definition.ts'
import { startAt } from '../support/jobs.ts'
import { kitOf, minute } from '../support/schedules.ts'

const hourly = { cron: '0 * * * *', input: {} } as const
const daily = { cron: '0 12 * * *', input: {} } as const

describe('a deploy', () => {
  it('registers what is new and removes what is gone, once', async () => {
    const { test, stored, told, tickOf } = kitOf({ a: hourly, b: hourly }, { hasTicks: false })
    await test.tick()
    await test.tick()
    expect(told('schedule_added').map(event => 'schedule' in event && event.schedule)).toEqual(['a', 'b'])
    expect(test.records.read(controlKey)?.attributes).toMatchObject({ scheduleCount: 2 })
    await tickOf({ b: hourly, c: daily })
    expect(stored('a')).toMatchObject({ status: 'REMOVED' })
    expect(stored('a')).not.toHaveProperty('lane')
    expect(stored('a')).toHaveProperty('ttl')
    expect(stored('c')).toMatchObject({ status: 'ACTIVE', nextAt: startAt + 12 * 60 * minute })
    expect(test.records.read(controlKey)?.attributes).toMatchObject({ scheduleCount: 2 })
    // A roll-back applies the old again, and one that comes back fires nothing of what it missed.
    await test.advance('90m')
    await test.tick()
    expect(stored('a')).toMatchObject({ status: 'ACTIVE', nextAt: startAt + 120 * minute, fired: 0 })
    expect(stored('a')).not.toHaveProperty('ttl')
    expect(stored('c')).toMatchObject({ status: 'REMOVED' })
  })

  it('that changes a definition keeps how far the schedule came', async () => {
    const { test, stored, told, tickOf, occurrences } = kitOf({ a: { every: '1m', input: {} } }, { hasTicks: false })
    await test.tick()
    await test.advance('1m')
    expect(stored('a')).toMatchObject({ fired: 1, v: 1 })
    await tickOf({ a: { every: '5m', input: {} } })
    expect(told('schedule_changed')).toHaveLength(1)
    expect(stored('a')).toMatchObject({ fired: 1, v: 2, everyMs: 300_000, nextAt: startAt + 5 * minute })
    await test.advance('10m')
    expect(occurrences()).toEqual([startAt + minute])
  })

  it('cancels jobs that were enqueued ahead and do not belong to the new definition', async () => {
    const { test, occurrences, tickOf } = kitOf({ a: { every: '10s', input: {} } }, { hasTicks: false })
    await test.tick()
    await tickOf({ a: { every: '20s', input: {} } })
    await test.advance('30s')
    await tickOf({ a: { every: '20s', input: {} } })
    await test.advance('80s')
    // Of the old rhythm every second is left; none came twice, and none was left out.
    expect(occurrences()).toEqual([20, 40, 60, 80, 100].map(second => startAt + second * 1_000))
  })

  it('does not end the pause of an operator, and a pause in code is the initial state only', async () => {
    const { test, stored, tickOf } = kitOf({ a: hourly, b: { ...hourly, paused: true } }, { hasTicks: false })
    await test.tick()
    expect(stored('b')).toMatchObject({ status: 'PAUSED', pausedBy: 'code' })
    await operatorPauses(test, 'a')
    await tickOf({ a: daily, b: daily })
    expect(stored('a')).toMatchObject({ status: 'PAUSED', pausedBy: 'alice', cron: '0 12 * * *' })
    expect(stored('b')).toMatchObject({ status: 'PAUSED' })
  })

  it('leaves alone what was made at run time, and takes over its name', async () => {
    const { test, stored, told, tickOf } = kitOf({ a: hourly }, { hasTicks: false })
    const declaration = checkSchedule('put', { name: 'mine', type: 'work', options: daily })
    const own = made({ definition: anchored(declaration, startAt), owner: 'api', hash: 'x' }, startAt)
    await test.records.putIfAbsent([toScheduleRecord(own)])
    await test.tick()
    await tickOf({})
    expect(stored('mine')).toMatchObject({ status: 'ACTIVE', owner: 'api', v: 1 })
    await tickOf({ mine: hourly })
    expect(told('schedule_taken_over')).toHaveLength(1)
    expect(stored('mine')).toMatchObject({
      owner: 'code',
      cron: '0 * * * *',
      previous: expect.stringContaining('0 12 * * *') as string,
    })
  })

  it('whose writes fail is repeated by the next tick: the hash is written last', async () => {
    const { test, stored } = kitOf({ a: hourly }, { hasTicks: false })
    const { records } = test
    const failing: typeof test.deps.records = {
      get: keys => records.get(keys),
      putIfAbsent: entries => records.putIfAbsent(entries),
      update: updates => records.update(updates),
      query: query => records.query(query),
      due: (...page) => records.due(...page),
      transact: async () => ({ kind: 'failed', error: new Error('throttled') }),
    }
    const report = await tick({ ...test.deps, records: failing }, test.clock.now() + minute)
    expect(report.isComplete).toBe(false)
    expect(stored('a')).toBeUndefined()
    // No release's hash: whoever ticks next begins anew.
    expect(test.records.read(controlKey)?.attributes['scheduleHash']).toMatch(/^registering /)
    await test.tick()
    expect(stored('a')).toMatchObject({ status: 'ACTIVE' })
  })
})

describe('new rules of the time zones', () => {
  const zoned = { cron: '0 12 * * *', timezone: 'America/Vancouver', input: {} } as const

  it('move what is still to come, once, and only when they are newer', async () => {
    const { test, stored, told } = kitOf({ a: zoned, b: hourly }, { hasTicks: false })
    const tickWith = (timeZones: string) => tick({ ...test.deps, timeZones }, test.clock.now() + minute)
    await tickWith('2026b')
    const right = Number(stored('a')?.['nextAt'])
    // As the rules of the year before would have it.
    const record = test.records.read(scheduleKey('a'))
    if (record === undefined) throw new Error('not registered')
    const wrong = { nextAt: right + 60 * minute, lookAt: right + 60 * minute - 90_000 }
    test.records.expire(scheduleKey('a'))
    await test.records.putIfAbsent([{ ...record, attributes: { ...record.attributes, ...wrong } }])
    await tickWith('2026a')
    await tickWith('2026b')
    expect(stored('a')).toMatchObject(wrong)
    await tickWith('2026c')
    expect(stored('a')).toMatchObject({ nextAt: right, lookAt: right - 90_000 })
    expect(told('schedules_rederived')).toEqual([{ name: 'schedules_rederived', count: 1, timeZones: '2026c' }])
    await tickWith('2026c')
    expect(told('schedules_rederived')).toHaveLength(1)
  })
})

async function operatorPauses(test: ReturnType<typeof kitOf>['test'], name: string): Promise<void> {
  const record = test.records.read(scheduleKey(name))
  const before = record === undefined ? undefined : scheduleFrom(record)
  const change = before && changeIfSeen('pauseIfSeen', before, paused(before, 'alice', test.clock.now()))
  if (change === undefined) throw new Error('nothing to pause')
  await test.records.update([{ key: scheduleKey(name), change }])
}

describe('a deploy of many schedules', () => {
  const many = (count: number, options: typeof hourly | typeof daily) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`s${index}`, options]))

  it('counts each once, although one of them was made by somebody else a moment before', async () => {
    const { test, stored, told, runnerOf } = kitOf(many(60, hourly), { hasTicks: false })
    // Between the reading and the writing of a tick, another sweeper adds one of them.
    const { records } = test.deps
    const other = { ...test.deps, runner: runnerOf({ s7: hourly }) }
    let isFirst = true
    const racing = new Proxy(records, {
      get: (store, name: keyof typeof records) =>
        name === 'transact' && isFirst ? overtaken : (store[name] as () => unknown).bind(store),
    })
    const overtaken: typeof records.transact = async (...asked) => {
      isFirst = false
      await tick(other, test.clock.now() + minute)
      return records.transact(...asked)
    }
    const report = await tick({ ...test.deps, records: racing }, test.clock.now() + minute)
    // The other one began later: what this one read may be over.
    expect([report.isComplete, told('schedule_added').length]).toEqual([false, 1])
    await test.tick()
    expect(told('schedule_added')).toHaveLength(60)
    expect(test.records.read(controlKey)?.attributes).toMatchObject({ scheduleCount: 60 })
    expect(stored('s59')).toMatchObject({ status: 'ACTIVE' })
  })

  it('stops in time, leaves the rest to the next tick, and fires the others meanwhile', async () => {
    const { test, stored, told, tickOf, runnerOf } = kitOf(
      { minutely: { every: '1m', input: {} } },
      { hasTicks: false },
    )
    await test.tick()
    await test.advance('1m')
    const given = { minutely: { every: '1m', input: {} }, ...many(400, daily) } as const
    const fired = told('schedule_fired').length
    // Each transaction takes a second: 250 schedules take ten of them, and half of the tick is eight.
    const { clock, records } = test.deps
    const startedAt = clock.now()
    let transactions = 0
    const counting = new Proxy(records, {
      get: (store, name: keyof typeof records) => {
        if (name === 'transact') transactions += 1
        return (store[name] as () => unknown).bind(store)
      },
    })
    const slow = new Proxy(clock, {
      get: (real, name: keyof typeof clock) =>
        name === 'now' ? () => startedAt + transactions * 1_000 : (real[name] as () => unknown).bind(real),
    })
    const deps = { ...test.deps, clock: slow, records: counting, runner: runnerOf(given) }
    const report = await tick(deps, startedAt + 16_000)
    expect(report.isComplete).toBe(false)
    expect(stored('s10')).toBeDefined()
    expect(stored('s399')).toBeUndefined()
    await tickOf(given)
    expect(told('schedule_fired').length).toBeGreaterThan(fired)
    expect(stored('s399')).toMatchObject({ status: 'ACTIVE' })
    expect(test.records.read(controlKey)?.attributes).toMatchObject({ scheduleCount: 401 })
  })
})

describe('a registration that is cut short', () => {
  /** Records that a sweeper can reach for so many transactions. */
  const dyingAfter = <Records extends object>(records: Records, transactions: number): Records => {
    let left = transactions
    return new Proxy(records, {
      get:
        (store, name: keyof Records & string) =>
        (...asked: readonly unknown[]) => {
          if (name === 'transact') left -= 1
          if (left < 0) throw new Error('the sweeper has died')
          return (store[name] as (...given: readonly unknown[]) => unknown)(...asked)
        },
    })
  }

  it('by a release that is rolled back, is made good by the one before', async () => {
    const names = Array.from({ length: 60 }, (_, index) => `s${index}`)
    const all = (options: typeof hourly | typeof daily) => Object.fromEntries(names.map(name => [name, options]))
    const { test, stored, runnerOf } = kitOf(all(hourly), { hasTicks: false })
    await test.tick()
    const next = { ...test.deps, runner: runnerOf(all(daily)), records: dyingAfter(test.deps.records, 1) }
    await tick(next, test.clock.now() + minute)
    expect(names.some(name => stored(name)?.['cron'] === daily.cron)).toBe(true)
    await test.tick()
    expect(names.filter(name => stored(name)?.['cron'] !== hourly.cron)).toEqual([])
    expect(test.records.read(controlKey)?.attributes).toMatchObject({ scheduleCount: 60 })
  })
})
