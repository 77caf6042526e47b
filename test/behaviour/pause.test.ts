import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { reconcile } from '../../lib/app/sweeper/reconcile.ts'
import { defineJob } from '../../lib/define/define-job.ts'
import { defineRunner } from '../../lib/define/define-runner.ts'
import { handle } from '../../lib/define/handle.ts'
import { createTestRunner } from '../../lib/testing.ts'
import { runnerWith } from '../support/jobs.ts'

const minute = 60_000

describe('a paused queue', () => {
  it('takes jobs and starts none; after its end each runs once, with the messages that were there', async () => {
    const starts: number[] = []
    const work = defineJob({ type: 'work', input: v.object({ n: v.number() }) })
    const runner = defineRunner({ jobs: [work], queues: { default: { concurrency: 1_000 } } })
    const test = createTestRunner({ runner, handlers: [handle(work, () => void starts.push(test.clock.now()))] })
    expect(await test.queues.pause('default', { by: 'alice', why: 'SMTP is down' })).toMatchObject({
      kind: 'paused',
      pause: { by: 'alice', why: 'SMTP is down', at: test.clock.now() },
    })
    const outcomes = await test.enqueueMany(Array.from({ length: 10_000 }, (_, n) => test.job(work, { n })))
    expect(outcomes.every(({ kind }) => kind === 'enqueued')).toBe(true)
    await test.advance('12m')
    expect(starts).toEqual([])
    const sentBefore = test.events.filter(({ name }) => name === 'job_dispatched').length
    expect(sentBefore).toBe(0)
    const resumedAt = test.clock.now()
    expect(await test.queues.resume('default')).toEqual({ kind: 'resumed' })
    await test.drain('1h')
    expect(starts).toHaveLength(10_000)
    expect(Math.max(...starts) - resumedAt).toBeLessThanOrEqual(6 * minute)
    expect(test.events.filter(({ name }) => name === 'job_completed')).toHaveLength(10_000)
    expect(test.events.filter(({ name }) => name === 'job_dispatched')).toEqual([])
  }, 60_000)

  it('lets a job end that runs, and starts no other within 5 s', async () => {
    const { test, work, starts } = runnerWith(() => test.clock.sleep(2_000))
    const { id } = await test.enqueue(work, { n: 1 })
    await test.settle()
    await test.queues.pause('default')
    await test.advance('5s')
    await test.enqueue(work, { n: 2 })
    await test.advance('10m')
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED' })
    expect(starts).toHaveLength(1)
  })

  it('goes on by itself after its time, and says so', async () => {
    const { test, work, starts } = runnerWith(() => undefined)
    await test.queues.pause('default', { for: '2h' })
    await test.enqueue(work, { n: 1 })
    await test.advance('119m')
    expect(starts).toEqual([])
    await test.drain('10m')
    expect(starts).toHaveLength(1)
    await test.advance('1m')
    expect(test.events.filter(({ name }) => name === 'queue_resumed')).toHaveLength(1)
    expect(await test.queues.resume('default')).toEqual({ kind: 'already', pause: undefined })
  })

  it('loses nothing where its messages are lost: another follows after the resume', async () => {
    const { test, work, starts } = runnerWith(() => undefined)
    await test.queues.pause('default')
    await test.enqueue(work, { n: 1 })
    await test.advance('10m')
    test.queue.purge()
    await test.queues.resume('default')
    await test.drain('10m')
    expect(starts).toHaveLength(1)
  })

  it('is late for nobody: neither the tick nor the reconciler counts what waited', async () => {
    const { test, work } = runnerWith(() => undefined)
    await test.queues.pause('default')
    await test.enqueue(work, { n: 1 }, { delay: '20m' })
    await test.advance('5h')
    const scan = () => reconcile({ ...test.deps, scanner: test.store }, test.clock.now() + 10 * minute)
    expect(await test.tick()).toMatchObject({ looked: 0, oldestDueMs: 0 })
    expect(await scan()).toMatchObject({ looked: 1, forgotten: 0 })
    await test.queues.resume('default')
    expect(await scan()).toMatchObject({ forgotten: 0 })
    expect(await test.tick()).toMatchObject({ looked: 1, dispatched: 1, oldestDueMs: 0 })
  })

  it('is paused once; a second request learns who was first', async () => {
    const { test } = runnerWith(() => undefined)
    await test.queues.pause('default', { by: 'alice' })
    expect(await test.queues.pause('default', { by: 'bob' })).toMatchObject({ kind: 'already', pause: { by: 'alice' } })
  })

  it('does no harm to others, and must be there', async () => {
    const { test } = runnerWith(() => undefined)
    expect(await test.queues.pause('nowhere')).toEqual({ kind: 'notFound', known: ['default'] })
    expect(await test.queues.resume('nowhere')).toEqual({ kind: 'notFound', known: ['default'] })
  })

  it.each([
    [{ by: '' }, 'by'],
    [{ by: 5 }, 'by'],
    [{ why: 'x'.repeat(257) }, 'why'],
    [{ for: '0s' }, 'for'],
    [{ for: '367d' }, 'for'],
    [{ until: 5 }, 'until'],
  ])('refuses %j', async (options, field) => {
    const { test } = runnerWith(() => undefined)
    await expect(test.queues.pause('default', options as never)).rejects.toThrow(field)
    expect(test.events).toEqual([])
  })
})
