import { describe, expect, it } from 'vitest'
import { startAvailable } from '../../lib/app/sweeper/start-available.ts'
import { toItem } from '../../lib/aws/dynamodb/item.ts'
import type { Job, JobState } from '../../lib/core/job/job.ts'
import { runnerWith } from '../support/jobs.ts'

const minute = 60_000

describe('a console edit into a terminal state', () => {
  it.each([
    ['CANCELLED', /^default#cancelled#\d+$/],
    ['FAILED', /^default#failed#\d+$/],
    ['COMPLETED', /^none$/],
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
      expect(tidied.lane ?? 'none').toMatch(lane)
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

describe('a console edit of scheduledAt', () => {
  /** A job that waits 30 minutes; the sweeper looks at it now, because the edit says so. */
  async function editedTo(scheduledAt: string) {
    const { test, work, starts } = runnerWith(() => undefined)
    const { id } = await test.enqueue(work, { n: 1 }, { delay: '30m' })
    const job = { ...(test.store.read(id) as Job), lookAt: test.clock.now() }
    test.store.putItem({ ...toItem(job), scheduledAt: { S: scheduledAt } })
    return { test, id, starts }
  }

  it.each([
    ['with an offset', (at: number) => new Date(at + 60 * minute).toISOString().replace('Z', '+01:00')],
    ['without milliseconds', (at: number) => new Date(at).toISOString().replace('.000Z', 'Z')],
  ])('%s means that instant, and is written as guards compare it', async (_, spell) => {
    const dueAt = runnerWith(() => undefined).test.clock.now() + 20 * minute
    const { test, id, starts } = await editedTo(spell(dueAt))
    expect(test.store.read(id)).toMatchObject({ scheduledAt: dueAt, missing: ['scheduledAt'] })
    await test.advance('2m')
    expect(test.store.read(id)).toMatchObject({ scheduledAt: dueAt })
    expect(test.store.read(id)).not.toHaveProperty('missing')
    await test.drain()
    expect(starts).toHaveLength(1)
    expect(starts[0]).toBeGreaterThanOrEqual(dueAt)
    expect(starts[0]).toBeLessThanOrEqual(dueAt + 1_100)
  })

  it('to nonsense makes the job due now', async () => {
    const { test, starts } = await editedTo('tomorrow')
    const editedAt = test.clock.now()
    await test.drain()
    expect(starts).toHaveLength(1)
    expect((starts[0] ?? 0) - editedAt).toBeLessThanOrEqual(minute + 1_100)
  })
})

describe('an edit to a state that this release does not know', () => {
  it('is left alone by stream, tick and operators, and sets off no alarm', async () => {
    const { test, work } = runnerWith(() => undefined)
    const { id } = await test.enqueue(work, { n: 1 }, { delay: '2h' })
    test.store.put({ ...(test.store.read(id) as Job), state: 'BLOCKED' as JobState, lookAt: test.clock.now() })
    const before = test.store.all()
    await startAvailable(test.deps, [test.store.read(id) as Job])
    await test.advance('3h')
    expect(test.store.all()).toEqual(before)
    expect(test.events.filter(({ name }) => name === 'job_set_aside')).toEqual([])
    expect(await test.get(id)).toMatchObject({ state: 'BLOCKED' })
  })
})
