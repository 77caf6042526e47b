import { describe, expect, it } from 'vitest'
import { startAvailable } from '../../lib/app/sweeper/start-available.ts'
import { tick } from '../../lib/app/sweeper/tick.ts'
import { fromItem, toItem } from '../../lib/aws/dynamodb/item.ts'
import type { Job, JobState } from '../../lib/core/job/job.ts'
import { runnerWith } from '../support/jobs.ts'

const minute = 60_000

describe('a console edit into a terminal state', () => {
  it.each([
    ['CANCELLED', 'default#cancelled#'],
    ['FAILED', 'default#failed#'],
    ['COMPLETED', undefined],
  ] as const)(
    '%s is tidied by the tick: the row goes, the item expires, nobody is called late',
    async (state, lane) => {
      const { test, work, starts } = runnerWith(() => undefined, {}, { hasTicks: false })
      const { id } = await test.enqueue(work, { n: 1 }, { delay: '2h' })
      test.store.put({ ...(test.store.read(id) as Job), state })
      await test.advance('2h')
      expect(await test.tick()).toMatchObject({ looked: 1, dispatched: 0, setAside: 0 })
      const tidied = test.store.read(id) as Job
      expect(tidied.finishedAt).toBe(test.clock.now())
      expect(tidied.ttl).toBeGreaterThan(test.clock.now() / 1_000)
      if (lane === undefined) expect(tidied).not.toHaveProperty('lane')
      else expect(tidied.lane).toContain(lane)
      expect(test.events).toContainEqual({ name: 'job_tidied', id, type: 'work', queue: 'default' })
      await test.advance('1d')
      expect(await test.tick()).toMatchObject({ looked: 0, oldestDueMs: 0 })
      expect(starts).toHaveLength(0)
    },
  )

  it('of a running job lets nobody else start it, and a requeue waits for its lease', async () => {
    const { test, work, starts } = runnerWith(() => test.clock.sleep(50_000), {}, { hasTicks: false })
    const { id } = await test.enqueue(work, { n: 1 })
    await test.settle()
    const { leaseUntil = 0, ...running } = test.store.read(id) as Job
    test.store.put({ ...running, leaseUntil, state: 'CANCELLED', lookAt: test.clock.now() })
    await test.tick()
    expect(await test.requeue(id)).toMatchObject({ kind: 'placed' })
    await test.drain()
    expect(starts).toHaveLength(2)
    expect(starts[1]).toBeGreaterThanOrEqual(leaseUntil)
  })
})

/** The store keeps what an item of DynamoDB reads as, so that a spelling of the console comes through. */
const edited = (job: Job, scheduledAt: string) => fromItem({ ...toItem(job), scheduledAt: { S: scheduledAt } })

describe('a console edit of scheduledAt', () => {
  it.each([
    ['with an offset', (at: number) => new Date(at + 60 * minute).toISOString().replace('Z', '+01:00')],
    ['without milliseconds', (at: number) => new Date(at).toISOString().replace('.000Z', 'Z')],
  ])('%s means that instant, and is written as guards compare it', async (_, spell) => {
    const { test, work, starts } = runnerWith(() => undefined)
    const { id } = await test.enqueue(work, { n: 1 }, { delay: '30m' })
    const dueAt = test.clock.now() + 20 * minute
    const raw = edited(test.store.read(id) as Job, spell(dueAt))
    expect(raw).toMatchObject({ scheduledAt: dueAt, missing: ['scheduledAt'] })
    test.store.put({ ...raw, lookAt: test.clock.now() })
    const item = test.store.read(id) as Job
    // The memory store compares numbers: what the sweeper reads must say that a guard cannot.
    const store = overriding(test.deps.store, { get: async () => [{ ...item, missing: ['scheduledAt'] }] })
    await tick({ ...test.deps, store }, test.clock.now() + minute)
    expect(test.store.read(id)).toMatchObject({ state: 'SCHEDULED', scheduledAt: dueAt, fence: item.fence + 1 })
    await test.drain()
    expect(starts).toHaveLength(1)
    expect(starts[0]).toBeGreaterThanOrEqual(dueAt)
  })

  it('to nonsense makes the job due now', () => {
    const { test } = runnerWith(() => undefined)
    const raw = { id: 'a', type: 'work', queue: 'default', state: 'RESERVED', input: '{}' } as const
    expect(edited({ ...raw, scheduledAt: 0, shard: 0 } as Job, 'tomorrow')).not.toHaveProperty('scheduledAt')
    expect(test.store.read('a')).toBeUndefined()
  })
})

const overriding = <T extends object>(port: T, instead: Partial<T>): T =>
  new Proxy(port, {
    get: (target, name) => {
      const value: unknown = Reflect.get(name in instead ? instead : target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })

describe('an edit to a state that this release does not know', () => {
  it('is left alone by stream, tick and operators, and sets off no alarm', async () => {
    const { test, work } = runnerWith(() => undefined)
    const { id } = await test.enqueue(work, { n: 1 }, { delay: '2h' })
    test.store.put({ ...(test.store.read(id) as Job), state: 'WAITING' as JobState, lookAt: test.clock.now() })
    const before = test.store.all()
    await startAvailable(test.deps, [test.store.read(id) as Job])
    await test.advance('3h')
    expect(test.store.all()).toEqual(before)
    expect(test.events.filter(({ name }) => name === 'job_set_aside')).toEqual([])
    expect(await test.get(id)).toMatchObject({ state: 'WAITING' })
  })
})
