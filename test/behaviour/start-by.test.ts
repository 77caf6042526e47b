import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { defineJob } from '../../lib/define/define-job.ts'
import { defineRunner } from '../../lib/define/define-runner.ts'
import { handle } from '../../lib/define/handle.ts'
import { createTestRunner } from '../../lib/testing.ts'
import { runnerWith, startAt } from '../support/jobs.ts'

const expired = { state: 'CANCELLED', code: 'expired' }

/** One worker that is busy for ten minutes with its first job. */
function busyKit() {
  const work = defineJob({ type: 'work', input: v.unknown(), timeout: '14m' })
  const queues = { default: { concurrency: 2, batchSize: 1 } }
  const starts: unknown[] = []
  const test = createTestRunner({
    runner: defineRunner({ jobs: [work], queues }),
    handlers: [
      handle(work, async input => {
        starts.push(input)
        if (input === 'slow') await test.clock.sleep(600_000)
      }),
    ],
    startAt,
  })
  return { test, work, starts }
}

describe('a job with startBy', () => {
  it('that starts in time runs, and goes on past it', async () => {
    const { test, work, starts } = busyKit()
    const { id } = await test.enqueue(work, 'slow', { startBy: '1s' })
    await test.advance('11m')
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED' })
    expect(starts).toEqual(['slow'])
  })

  it('whose turn comes too late is cancelled before its handler is called; no failure is counted', async () => {
    const { test, work, starts } = busyKit()
    await test.enqueueMany([test.job(work, 'slow'), test.job(work, 'slow')])
    await test.settle()
    const { id } = await test.enqueue(work, 'late', { startBy: '9m' })
    await test.advance('11m')
    expect(starts).toEqual(['slow', 'slow'])
    const job = await test.get(id)
    expect(job).toMatchObject({ ...expired, crashes: 0 })
    expect(job).not.toHaveProperty('error')
    expect(test.events.filter(({ name }) => name === 'job_failed' || name === 'job_retry')).toEqual([])
    expect(await test.explain(id)).toMatchObject({ reasons: [{ code: 'expired', todo: 'retry it' }] })
  })

  it('whose message is lost is cancelled by the tick', async () => {
    const { test, work, starts } = runnerWith(() => undefined)
    await test.queues.pause('default')
    const { id } = await test.enqueue(work, { n: 1 }, { startBy: '5m' })
    test.queue.purge()
    await test.advance('10m')
    expect(await test.get(id)).toMatchObject({ state: 'RESERVED' })
    await test.queues.resume('default')
    await test.drain('10m')
    expect(await test.get(id)).toMatchObject(expired)
    expect(starts).toEqual([])
  })

  it('is not tried again past it', async () => {
    const { test, work, starts } = runnerWith(
      () => {
        throw new Error('no')
      },
      { backoff: { kind: 'fixed', delay: '1m' } },
    )
    const { id } = await test.enqueue(work, { n: 1 }, { startBy: '90s' })
    await test.drain('1h')
    expect(starts).toHaveLength(2)
    expect(await test.get(id)).toMatchObject({ ...expired, error: { message: 'no' } })
  })

  it('counts from the time at which it is due', async () => {
    const { test, work, starts } = runnerWith(() => undefined)
    const { id } = await test.enqueue(work, { n: 1 }, { delay: '1h', startBy: '5m' })
    expect(await test.get(id)).toMatchObject({ startBy: new Date(startAt + 65 * 60_000).toISOString() })
    await test.drain('2h')
    expect(starts).toHaveLength(1)
  })

  it('runs when it is retried, whenever that is', async () => {
    const { test, work, starts } = runnerWith(() => undefined)
    await test.queues.pause('default')
    const { id } = await test.enqueue(work, { n: 1 }, { startBy: '1s' })
    await test.advance('1m')
    await test.queues.resume('default')
    await test.drain('10m')
    expect(await test.get(id)).toMatchObject(expired)
    await test.requeue(id, { delay: '1h' })
    await test.drain('2h')
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', generation: 2 })
    expect(await test.get(id)).not.toHaveProperty('code')
    expect(starts).toHaveLength(1)
  })

  it('is not rescheduled past it', async () => {
    const { test, work } = runnerWith(() => undefined)
    const { id } = await test.enqueue(work, { n: 1 }, { delay: '1h', startBy: '5m' })
    const until = new Date(startAt + 65 * 60_000).toISOString()
    expect(await test.reschedule(id, { delay: '2h' })).toMatchObject({
      kind: 'notPossible',
      why: `the job must start by ${until}`,
    })
    expect(await test.reschedule(id, { delay: '64m' })).toMatchObject({ kind: 'placed' })
  })

  it.each([
    [{ startBy: '0s' }, 'startBy'],
    [{ startBy: 5 }, 'startBy'],
    [{ startBy: 'soon' }, 'startBy'],
    [{ startBy: '4000d' }, 'startBy'],
    [{ startBy: new Date(startAt) }, 'startBy'],
    [{ startBy: new Date(startAt + 60_000), delay: '1m' }, 'startBy'],
  ])('refuses %j', async (options, field) => {
    const { test, work } = runnerWith(() => undefined)
    await expect(test.enqueue(work, { n: 1 }, options as never)).rejects.toThrow(field)
    expect(test.store.all()).toEqual([])
  })
})
