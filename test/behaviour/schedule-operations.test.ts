import { describe, expect, it } from 'vitest'
import { countSchedules } from '../../lib/core/records/control.ts'
import { controlKey } from '../../lib/core/records/keys.ts'
import { startAt } from '../support/jobs.ts'
import { kitOf, minute } from '../support/schedules.ts'

const mine = { type: 'work', every: '1m', input: { n: 1 } } as const

describe('a schedule made at run time', () => {
  it('fires, is replaced, paused, resumed and deleted', async () => {
    const { test, occurrences } = kitOf({})
    const { schedules } = test
    expect(await schedules.put('mine', mine)).toMatchObject({ kind: 'done', schedule: { owner: 'api', version: 1 } })
    await test.advance('2m')
    expect(occurrences()).toEqual([1, 2].map(n => startAt + n * minute))
    expect(await schedules.occurrences('mine', 2)).toMatchObject([{}, { state: 'COMPLETED' }])
    expect(await schedules.pause('mine', 'alice')).toMatchObject({ kind: 'done', schedule: { pausedBy: 'alice' } })
    await test.advance('10m')
    // Those that were enqueued ahead of the pause do not run either.
    expect(occurrences()).toHaveLength(2)
    expect(await schedules.resume('mine')).toMatchObject({ kind: 'done', schedule: { status: 'ACTIVE' } })
    await test.advance('2m')
    expect(occurrences().slice(2)).toEqual([13, 14].map(n => startAt + n * minute))
    expect(await schedules.put('mine', { ...mine, every: '1h' }, { isNew: true })).toMatchObject({ kind: 'changed' })
    expect(await schedules.put('mine', { ...mine, every: '1h' })).toMatchObject({
      schedule: { every: '1h', version: 4 },
    })
    expect(await schedules.delete('mine')).toEqual({ kind: 'deleted' })
    expect(await schedules.get('mine')).toBeUndefined()
    expect(test.records.read(controlKey)?.attributes).toMatchObject({ scheduleCount: 0 })
  })

  it.each([
    [{ ...mine, every: '500ms' }, 'schedule.every'],
    [{ ...mine, input: () => ({}) }, 'schedule.input'],
    [{ ...mine, jitter: '5m' }, 'schedule.jitter'],
  ])('refuses %o and writes nothing', async (request, field) => {
    const { test } = kitOf({})
    await expect(test.schedules.put('mine', request as never)).rejects.toMatchObject({ field })
    await expect(test.schedules.put('mine', { ...mine, input: { n: 'one' } })).rejects.toMatchObject({
      code: 'input_refused',
    })
    expect(test.records.all()).toEqual([])
  })
})

it('runs now, also while paused, and does not move the next occurrence', async () => {
  const { test, runs } = kitOf({ a: { every: '1h', input: {}, paused: true } })
  await test.advance('1m')
  const { id } = (await test.schedules.runNow('a')) as { id: string }
  await test.settle()
  expect(runs.map(({ ctx }) => ctx.job.id)).toEqual([id])
  expect(await test.schedules.get('a')).toMatchObject({ status: 'PAUSED', fired: 0, lastJob: id })
})

it('what code defines is paused by people, and changed by code alone', async () => {
  const { test } = kitOf({ a: { every: '1h', input: {} } })
  await test.advance('1m')
  await test.schedules.put('mine', mine)
  expect(await test.schedules.put('a', mine)).toEqual({ kind: 'ownedByCode' })
  expect(await test.schedules.delete('a')).toEqual({ kind: 'ownedByCode' })
  expect(await test.schedules.pause('a')).toMatchObject({ kind: 'done' })
  expect(await test.schedules.deleteAll()).toEqual({ deleted: 1, ownedByCode: 1 })
  const listed = []
  for await (const one of test.schedules.list()) listed.push(one)
  expect(listed).toMatchObject([{ name: 'a', status: 'PAUSED' }])
  expect(await test.schedules.pause('nobody')).toEqual({ kind: 'notFound' })
})

it('previews what nobody has made', async () => {
  const { test } = kitOf({})
  const seen = await test.schedules.preview(
    { cron: '30 2 * * *', timezone: 'Europe/Berlin', startAt: '2027-03-28T00:00Z' },
    1,
  )
  expect(seen?.next).toMatchObject([{ local: '2027-03-28T03:00:00+02:00' }])
})

it('50,000 schedules are the most: another one is refused, also one that had ended; those there can still change', async () => {
  const { test } = kitOf({})
  const { schedules } = test
  await schedules.put('there', mine)
  await schedules.put('ended', { type: 'work', at: new Date(startAt + minute), input: {} })
  await test.advance('2m')
  expect(await schedules.get('ended')).toMatchObject({ status: 'ENDED' })
  await test.records.update([{ key: controlKey, change: countSchedules(49_999) }])
  const most = /^schedules is 50000; allowed: at most 50000 schedules/
  await expect(schedules.put('new', mine)).rejects.toThrow(most)
  await expect(schedules.put('ended', mine)).rejects.toThrow(most)
  expect(await schedules.get('new')).toBeUndefined()
  expect(await schedules.put('there', { ...mine, every: '2m' })).toMatchObject({ kind: 'done' })
})
