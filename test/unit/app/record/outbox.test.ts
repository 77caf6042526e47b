import { expect, it } from 'vitest'
import { flushOutbox } from '../../../../lib/app/record/outbox.ts'
import { recordBatch } from '../../../../lib/app/record/record-batch.ts'
import type { Events } from '../../../../lib/ports/events.ts'
import { changesOf, jobWith, sunday } from '../../../support/job-changes.ts'
import { type Recording, recording } from '../../../support/recording.ts'

const minute = 60_000
const end = changesOf(jobWith(), jobWith({ state: 'CANCELLED' }))
const flush = ({ deps, clock }: Recording) => flushOutbox(deps, deps.events as Events, clock.at + minute)

it('keeps what the bus refuses, and holds up nothing', async () => {
  const world = recording()
  world.bus.isDown = true
  expect(await recordBatch(world.deps, { shard: 's', changes: end })).toBeUndefined()
  // It comes again, and is not kept twice.
  expect(await recordBatch(world.deps, { shard: 's', changes: end })).toBeUndefined()
  expect(world.reports.map(({ name }) => name)).toEqual(['events_put_off', 'events_put_off'])
  world.clock.at += 2 * minute
  expect(await flush(world)).toEqual({ published: 0, waiting: 1 })
  expect(await flush(world)).toEqual({ published: 0, waiting: 0 })
  world.bus.isDown = false
  world.clock.at += 5 * minute
  expect(await flush(world)).toEqual({ published: 1, waiting: 0 })
  expect(world.published).toMatchObject([{ kind: 'cancelled', eventId: 'job-1#k3J9aQ#1#0#cancelled', at: sunday }])
  world.clock.at += 60 * minute
  expect(await flush(world)).toEqual({ published: 0, waiting: 0 })
})

it('keeps every event of a batch that comes again with other bounds', async () => {
  const world = recording()
  world.bus.isDown = true
  const changeOf = (id: string, sequence: string) => ({
    ...(changesOf(jobWith({ id }), jobWith({ id, state: 'CANCELLED' })).at(-1) ?? end[0]),
    sequence,
  })
  const [first, second] = [changeOf('job-1', '101'), changeOf('job-2', '102')]
  await recordBatch(world.deps, { shard: 's', changes: [first] as typeof end })
  await recordBatch(world.deps, { shard: 's', changes: [first, second] as typeof end })
  world.bus.isDown = false
  world.clock.at += 5 * minute
  await flush(world)
  expect(new Set(world.published.map(event => 'id' in event && event.id))).toEqual(new Set(['job-1', 'job-2']))
})

it('gives up after two weeks, with a report', async () => {
  const world = recording()
  world.bus.isDown = true
  await recordBatch(world.deps, { shard: 's', changes: end })
  world.clock.at += 15 * 24 * 60 * minute
  await flush(world)
  expect(world.reports.at(-1)).toEqual({ name: 'events_lost', count: 1 })
  world.bus.isDown = false
  world.clock.at += 60 * minute
  expect(await flush(world)).toEqual({ published: 0, waiting: 0 })
})

it('asks for the change again when neither bus nor outbox takes its event', async () => {
  const error = new Error('throttled')
  const world = recording(records => ({
    putIfAbsent: async entries =>
      entries.some(({ id }) => id.startsWith('#outbox'))
        ? entries.map(() => ({ kind: 'failed', error }))
        : records.putIfAbsent(entries),
    update: updates => records.update(updates),
    get: keys => records.get(keys),
    query: query => records.query(query),
    due: (...page) => records.due(...page),
    transact: (...given) => records.transact(...given),
  }))
  world.bus.isDown = true
  expect((await recordBatch(world.deps, { shard: 's', changes: end }))?.sequence).toBe('100')
})

it('passes over a record that somebody damaged', async () => {
  const world = recording()
  world.bus.isDown = true
  await recordBatch(world.deps, { shard: 's', changes: end })
  const { rows } = await world.records.due('~outbox#0', world.clock.at + 5 * minute, 5)
  const [key] = rows
  if (key === undefined) throw new Error('nothing waits')
  const damage = { op: 'set', attribute: 'events', value: 'no json' } as const
  await world.records.update([{ key, change: { name: 'edit', guard: [], actions: [damage] } }])
  world.clock.at += 2 * minute
  expect(await flush(world)).toEqual({ published: 0, waiting: 0 })
  expect((await world.records.due('~outbox#0', world.clock.at + 1e9, 5)).rows).toEqual([])
})
