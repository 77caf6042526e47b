/** Events of schedules and queues: written with the act, published by the recorder until the bus has taken them. */
import { describe, expect, it } from 'vitest'
import { pauseQueue, resumeQueue } from '../../lib/app/operate/queues.ts'
import { flushOutbox } from '../../lib/app/record/outbox.ts'
import { deleteSchedule, pauseSchedule, putSchedule } from '../../lib/app/schedule/operate.ts'
import { tick } from '../../lib/app/sweeper/tick.ts'
import { controlKey } from '../../lib/core/records/keys.ts'
import type { PublishedEvent } from '../../lib/ports/events.ts'
import type { RecordStore } from '../../lib/ports/record-store.ts'
import { kitOf, minute, type Options } from '../support/schedules.ts'

const mine = { type: 'work', every: '1m', input: {} } as const

/** A runner whose sweeper has found a bus, and the recorder's minute rule. */
async function withBus(schedules: Readonly<Record<string, Options>> = {}) {
  const kit = kitOf(schedules, { hasTicks: false })
  const { test } = kit
  const published: PublishedEvent[] = []
  const bus = { isDown: false, losesAnswers: false }
  const deps = { ...test.deps, isPublishing: true }
  const sweep = () => tick(deps, test.clock.now() + minute)
  const flush = () =>
    flushOutbox(
      deps,
      {
        async publish(events) {
          if (bus.isDown) return events
          published.push(...events)
          return bus.losesAnswers ? events : []
        },
      },
      test.clock.now() + minute,
    )
  await sweep()
  const waiting = () => test.records.all().filter(({ id }) => id.startsWith('#outbox'))
  const kinds = () => published.map(({ entity, kind }) => `${entity} ${kind}`)
  return { ...kit, deps, sweep, flush, bus, published, waiting, kinds }
}

/** Records whose transactions end in doubt. */
const breaking = (records: RecordStore, how: 'lost answer' | 'not carried out'): RecordStore => ({
  putIfAbsent: some => records.putIfAbsent(some),
  update: some => records.update(some),
  get: keys => records.get(keys),
  query: query => records.query(query),
  due: (...page) => records.due(...page),
  async transact(actions, token) {
    if (how === 'lost answer') await records.transact(actions, token)
    return { kind: 'failed', error: new Error(how) }
  },
})

describe('each act on a schedule', () => {
  it('made at run time', async () => {
    const { test, flush, published, kinds, waiting } = await withBus()
    const { schedules } = test
    await schedules.put('mine', mine)
    await schedules.put('mine', { ...mine, every: '2m' })
    await schedules.pause('mine', 'alice')
    await schedules.resume('mine')
    await schedules.delete('mine')
    // Nobody has published the first before the last is written.
    expect(waiting()).toHaveLength(5)
    expect(await flush()).toEqual({ published: 5, waiting: 0 })
    expect(new Set(kinds())).toEqual(
      new Set(['added', 'changed', 'paused', 'resumed', 'removed'].map(kind => `schedule ${kind}`)),
    )
    expect(published.find(({ kind }) => kind === 'paused')).toMatchObject({
      schedule: 'mine',
      at: test.clock.now(),
      detail: { type: 'work', owner: 'api', version: 3, by: 'alice' },
    })
    expect(new Set(published.map(({ eventId }) => eventId)).size).toBe(5)
    expect(waiting()).toEqual([])
  })

  it('of a deployment: added, changed, taken over, removed', async () => {
    const { test, deps, flush, kinds, runnerOf } = await withBus()
    const deploy = (given: Readonly<Record<string, Options>>) =>
      tick({ ...deps, runner: runnerOf(given) }, test.clock.now() + minute)
    await test.schedules.put('mine', mine)
    await deploy({ a: { every: '1h', input: {} } })
    await deploy({ a: { every: '2h', input: {} }, mine: { every: '1h', input: {} } })
    await deploy({})
    await flush()
    expect(kinds().toSorted()).toEqual(
      ['added', 'added', 'changed', 'removed', 'removed', 'taken_over'].map(kind => `schedule ${kind}`),
    )
  })

  it('what it missed; a firing like any other writes no event', async () => {
    const { test, sweep, flush, published, waiting } = await withBus({ a: { every: '1h', input: {}, times: 3 } })
    await test.advance('59m')
    await sweep()
    expect(test.records.read({ id: '#schedule/a', part: 'schedule' })?.attributes).toMatchObject({ fired: 1 })
    expect(await flush()).toEqual({ published: 1, waiting: 0 })
    expect(waiting()).toEqual([])
    await test.advance('10h')
    await sweep()
    await sweep()
    await flush()
    expect(published.map(({ kind }) => kind)).toContain('missed')
    const missed = published.find(({ kind }) => kind === 'missed')
    expect(missed).toMatchObject({ schedule: 'a', detail: { missed: expect.any(Number) as number } })
  })

  it('an end that comes with the last firing', async () => {
    const { test, sweep, flush, kinds } = await withBus({ once: { every: '1h', input: {}, times: 1 } })
    await test.advance('1h')
    await sweep()
    await sweep()
    await flush()
    expect(kinds()).toEqual(['schedule added', 'schedule ended'])
  })
})

describe('a queue', () => {
  it('paused and resumed, also where its time is over', async () => {
    const { test, sweep, flush, published, kinds } = await withBus()
    await test.queues.pause('default', { by: 'alice', why: 'SMTP is down', for: '1h' })
    await test.queues.pause('default')
    await test.advance('2h')
    await sweep()
    await test.queues.resume('default')
    await flush()
    expect(kinds().toSorted()).toEqual(['queue paused', 'queue resumed'])
    expect(published.find(({ kind }) => kind === 'paused')).toMatchObject({
      queue: 'default',
      by: 'alice',
      why: 'SMTP is down',
    })
  })
})

describe('at least once', () => {
  it.each(['lost answer', 'not carried out'] as const)(
    'an actor whose write ends with “%s” leaves act and event, or neither',
    async how => {
      const { test, deps, flush, kinds } = await withBus()
      const broken = { ...deps, records: breaking(deps.records, how) }
      await expect(pauseQueue(broken, 'default')).rejects.toThrow(how)
      await expect(putSchedule(broken, 'mine', mine)).rejects.toThrow(how)
      const isDone = how === 'lost answer'
      const control = test.records.read(controlKey)?.attributes
      expect(control?.['paused'] !== undefined).toBe(isDone)
      expect((await test.schedules.get('mine')) !== undefined).toBe(isDone)
      await flush()
      expect(kinds().toSorted()).toEqual(isDone ? ['queue paused', 'schedule added'] : [])
    },
  )

  it('a refused act leaves no event', async () => {
    const { test, deps, flush, kinds } = await withBus()
    await putSchedule(deps, 'mine', mine)
    // Somebody pauses it between the read and the write of whoever deletes it.
    let isFirst = true
    const { records } = deps
    const raced: RecordStore = {
      ...breaking(records, 'lost answer'),
      async transact(actions, token) {
        if (isFirst) {
          isFirst = false
          await pauseSchedule(deps, 'mine')
        }
        return records.transact(actions, token)
      },
    }
    expect(await deleteSchedule({ ...deps, records: raced }, 'mine')).toEqual({ kind: 'deleted' })
    await flush()
    expect(kinds().toSorted()).toEqual(['schedule added', 'schedule paused', 'schedule removed'])
    expect(test.records.all().filter(({ id }) => id.startsWith('#outbox'))).toEqual([])
  })

  it('a bus that is down gets both acts once it is back; one whose answer is lost gets the same event again', async () => {
    const { test, deps, flush, bus, published, kinds } = await withBus()
    bus.isDown = true
    await pauseQueue(deps, 'default')
    await resumeQueue(deps, 'default')
    expect(await flush()).toEqual({ published: 0, waiting: 2 })
    Object.assign(bus, { isDown: false, losesAnswers: true })
    await test.advance('10m')
    await flush()
    bus.losesAnswers = false
    await test.advance('1h')
    expect(await flush()).toEqual({ published: 2, waiting: 0 })
    expect(kinds()).toHaveLength(4)
    expect(new Set(published.map(({ eventId }) => eventId)).size).toBe(2)
  })
})

describe('without a bus', () => {
  it('nothing is written', async () => {
    const { test } = kitOf({ a: { every: '1h', input: {}, times: 1 } }, { hasTicks: false })
    await tick({ ...test.deps, isPublishing: false }, test.clock.now() + minute)
    await test.schedules.pause('a')
    await test.queues.pause('default')
    expect(test.records.all().filter(({ id }) => id.startsWith('#outbox'))).toEqual([])
    expect(test.records.read(controlKey)?.attributes).not.toHaveProperty('publishes')
  })

  it('once it is gone, acts write no events any more', async () => {
    const { test, deps, sweep, waiting } = await withBus()
    expect(test.records.read(controlKey)?.attributes).toMatchObject({ publishes: 'events' })
    await tick({ ...deps, isPublishing: false }, test.clock.now() + minute)
    await test.queues.pause('default')
    expect(waiting()).toEqual([])
    // Whoever does not know, as a client, changes nothing about it.
    await sweep()
    await test.tick()
    expect(test.records.read(controlKey)?.attributes).toMatchObject({ publishes: 'events' })
  })
})
