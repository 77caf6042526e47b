/** A schedule enqueues 90 s ahead. Whatever changes it within that time holds at once, and no occurrence is lost for it. */
import { describe, expect, it } from 'vitest'
import { cancel } from '../../lib/app/operate/operate.ts'
import { deleteSchedule, pauseSchedule, putSchedule, resumeSchedule } from '../../lib/app/schedule/operate.ts'
import { putOccurrences } from '../../lib/app/schedule/put-occurrences.ts'
import type { Job } from '../../lib/core/job/job.ts'
import { startAt } from '../support/jobs.ts'
import { kitOf, minute, type Options } from '../support/schedules.ts'

const every = (seconds: number, n = 0): Options => ({ every: `${seconds}s`, input: { n } })
const seconds = (...list: readonly number[]) => list.map(second => startAt + second * 1_000)

describe('a change while jobs are enqueued ahead', () => {
  it('a deploy and its roll-back: each occurrence of the old rhythm runs, once', async () => {
    const { test, occurrences, tickOf, stored } = kitOf({ a: every(10) }, { hasTicks: false })
    await test.tick()
    await test.advance('5s')
    await tickOf({ a: every(25) })
    await tickOf({ a: every(10) })
    expect(stored('a')).toMatchObject({ fired: 9, v: 3 })
    await test.advance('85s')
    expect(occurrences()).toEqual(seconds(10, 20, 30, 40, 50, 60, 70, 80, 90))
  })

  it('the new rhythm holds at once, between occurrences that both have as well', async () => {
    const { test, occurrences, tickOf } = kitOf({ a: every(20) }, { hasTicks: false })
    await test.tick()
    await tickOf({ a: every(10) })
    await test.advance('60s')
    expect(occurrences()).toEqual(seconds(10, 20, 30, 40, 50, 60))
  })

  it('input and options of the new definition are those of the jobs ahead, too', async () => {
    const { test, runs, tickOf } = kitOf({ a: { ...every(20, 1), enqueue: { tags: ['old'] } } }, { hasTicks: false })
    await test.tick()
    await tickOf({ a: { ...every(20, 2), enqueue: { priority: 5 } } })
    await test.advance('60s')
    expect(runs.map(({ input }) => input)).toEqual([{ n: 2 }, { n: 2 }, { n: 2 }])
    for (const job of test.store.all().filter(({ state }) => state === 'COMPLETED')) {
      expect(job).toMatchObject({ priority: 5, generation: 2 })
      expect(job.tags).toBeUndefined()
      expect(job.code).toBeUndefined()
    }
  })

  it('removed from the code, and back within the lead', async () => {
    const { test, occurrences, tickOf, stored } = kitOf({ a: every(10) }, { hasTicks: false })
    await test.tick()
    await tickOf({})
    await test.advance('15s')
    expect(occurrences()).toEqual([])
    await tickOf({ a: every(10) })
    expect(stored('a')).toMatchObject({ status: 'ACTIVE' })
    await test.advance('15s')
    expect(occurrences()).toEqual(seconds(20, 30))
  })

  it('paused: nothing starts from now on; resumed: what is still to come', async () => {
    const { test, occurrences } = kitOf({ a: every(10) }, { hasTicks: false })
    await test.tick()
    await test.advance('15s')
    await pauseSchedule(test.deps, 'a', 'alice')
    await test.advance('20s')
    expect(occurrences()).toEqual(seconds(10))
    await resumeSchedule(test.deps, 'a')
    await test.tick()
    await test.advance('20s')
    expect(occurrences()).toEqual(seconds(10, 40, 50))
  })

  it('replaced or deleted at run time', async () => {
    const { test, occurrences } = kitOf({}, { hasTicks: false })
    const put = (everySeconds: number) =>
      putSchedule(test.deps, 'mine', { type: 'work', every: `${everySeconds}s`, anchor: new Date(startAt), input: {} })
    await put(10)
    await test.tick()
    await put(30)
    await test.tick()
    await test.advance('35s')
    expect(occurrences()).toEqual(seconds(30))
    await deleteSchedule(test.deps, 'mine')
    await test.advance('2m')
    expect(occurrences()).toEqual(seconds(30))
    expect(test.store.all().filter(({ code }) => code === 'schedule').length).toBeGreaterThan(3)
  })

  it('times: what was taken back is not counted', async () => {
    const { test, occurrences, tickOf, stored } = kitOf({ a: { ...every(10), times: 4 } }, { hasTicks: false })
    await test.tick()
    expect(stored('a')).toMatchObject({ status: 'ENDED', fired: 4 })
    await test.advance('15s')
    await tickOf({ a: { ...every(20), times: 4 } })
    await test.advance('80s')
    await tickOf({ a: { ...every(20), times: 4 } })
    expect(occurrences()).toEqual(seconds(10, 20, 40, 60))
    expect(stored('a')).toMatchObject({ status: 'ENDED', fired: 4 })
  })
})

describe('overlap across a change', () => {
  const slow = (overlap: Options['overlap'] & string, options: Options) => {
    const kit = kitOf(
      { a: { ...options, overlap } },
      { hasTicks: false },
      ctx => kit.test.clock.sleep(5 * minute, ctx.signal),
      {
        timeout: '10m',
      },
    )
    return kit
  }

  it('the job of the new definition looks at the one that runs, past those that were taken back', async () => {
    const { test, occurrences, tickOf } = slow('skip', every(60))
    await test.tick()
    await test.advance('65s')
    await test.tick()
    await tickOf({ a: { ...every(40), overlap: 'skip' } })
    await tickOf({ a: { ...every(30), overlap: 'skip' } })
    await test.advance('2m')
    expect(occurrences()).toEqual(seconds(60))
    expect(test.store.all().filter(({ code }) => code === 'overlap').length).toBeGreaterThan(0)
  })

  it('past one that somebody cancelled while it waited', async () => {
    const { test, occurrences } = slow('queueOne', every(60))
    await test.tick()
    await test.advance('65s')
    await test.tick()
    await test.advance('60s')
    const waiting = test.store.all().find(({ state }) => state === 'RETRY')
    expect(await cancel(test.deps, waiting?.id ?? '')).toMatchObject({ kind: 'cancelled' })
    await test.tick()
    await test.advance('90s')
    expect(occurrences()).toEqual(seconds(60))
  })
})

it.each([1, 2])(
  'a job that is fired again after %i sends is sent again: nobody knows whether the last of them was made (I8)',
  async dispatches => {
    const { test } = kitOf({ a: every(10) }, { hasTicks: false })
    await test.tick()
    const [found] = (await test.deps.store.get(test.store.all().map(({ id = '' }) => id))) as Job[]
    if (found === undefined) throw new Error('nothing was fired')
    test.store.put({ ...found, dispatches, request: 'a-sender' })
    const sendings = await putOccurrences(test.deps, [{ ...found, request: 'fired-again' }])
    expect([...sendings.values()]).toMatchObject([[{ job: { id: found.id, request: 'fired-again' } }]])
  },
)
