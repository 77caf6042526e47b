/** How a job waits for its next attempt, and for how long. */
import { describe, expect, it } from 'vitest'
import { RetryAfter } from '../../lib/core/definition/handler-errors.ts'
import type { JobQueue, Outgoing } from '../../lib/ports/job-queue.ts'
import type { TestRunner } from '../../lib/testing.ts'
import { runnerWith } from '../support/jobs.ts'

/** Notes what is sent from here on; may make sends fail. */
function watchSends(test: TestRunner, isBroken = false): Outgoing[] {
  const sent: Outgoing[] = []
  const { queue } = test
  const send: JobQueue['send'] = queue.send.bind(queue)
  queue.send = async (name, messages) => {
    sent.push(...messages)
    return isBroken ? messages.map(() => ({ kind: 'failed', error: new Error('no send') })) : send(name, messages)
  }
  return sent
}

/** Messages that SQS counts as in flight: received, neither deleted nor visible again. */
const inFlight = async (test: TestRunner): Promise<number> => {
  const next = test.queue.nextVisibleAt('default')
  return next === undefined || next <= test.clock.now() ? 0 : 1
}

const failing = (delay: `${number}${'s' | 'm'}`) =>
  runnerWith((_, { attempt }) => {
    if (attempt === 1) throw new RetryAfter(delay, 'later')
  })

describe('a retry', () => {
  it('within two minutes keeps its message, and costs neither a message nor an index row', async () => {
    const { test, work, starts } = failing('2m')
    const { id } = await test.enqueue(work, { n: 1 })
    const sent = watchSends(test)
    await test.settle()
    expect(test.store.read(id)).toMatchObject({ state: 'RETRY' })
    expect(await inFlight(test)).toBe(1)
    await test.drain()
    expect(sent).toHaveLength(0)
    expect((starts[1] ?? 0) - (starts[0] ?? 0)).toBe(120_000)
  })

  it.each(['121s', '15m'] as const)('in %s is sent anew, delayed by SQS: nothing is in flight', async delay => {
    const { test, work, starts } = failing(delay)
    const { id } = await test.enqueue(work, { n: 1 })
    const sent = watchSends(test)
    await test.settle()
    const waiting = test.store.read(id)
    const delayMs = (waiting?.scheduledAt ?? 0) - test.clock.now()
    expect(sent).toMatchObject([{ message: { id, fence: waiting?.fence, at: waiting?.lookAt }, delayMs }])
    await test.drain()
    expect((starts[1] ?? 0) - (starts[0] ?? 0)).toBe(delayMs)
    // One message, and none of the sweeper's.
    expect(sent).toHaveLength(1)
    expect(test.events.filter(({ name }) => name === 'job_dispatched')).toHaveLength(0)
  })

  it('later than 15 minutes waits for the sweeper', async () => {
    const { test, work } = failing('16m')
    await test.enqueue(work, { n: 1 })
    const sent = watchSends(test)
    await test.settle()
    expect(sent).toHaveLength(0)
    expect(test.queue.nextVisibleAt('default')).toBeUndefined()
  })

  it('whose message cannot be sent is pulled back: the next tick sends it', async () => {
    const { test, work, starts } = failing('5m')
    const { id } = await test.enqueue(work, { n: 1 })
    const broken = watchSends(test, true)
    await test.settle()
    expect(broken).toHaveLength(1)
    expect(test.store.read(id)).toMatchObject({ state: 'RETRY', lookAt: test.clock.now() })
    const { queue } = test
    Reflect.deleteProperty(queue, 'send')
    await test.drain()
    expect((starts[1] ?? 0) - (starts[0] ?? 0)).toBe(300_000)
  })
})

describe('the wish of a handler', () => {
  const runs = (delay: '1s' | '30s', exactly: boolean) =>
    runnerWith(
      (_, { attempt }) => {
        if (attempt === 1) throw new RetryAfter(delay, 'later', { exactly })
      },
      { backoff: { kind: 'fixed', delay: '10s' } },
    )

  it.each([
    ['1s', false, 10_000],
    ['30s', false, 30_000],
    ['1s', true, 1_000],
    ['30s', true, 30_000],
  ] as const)('RetryAfter %s, exactly %s, with a backoff of 10 s: %i ms', async (delay, exactly, expected) => {
    const { test, work, starts } = runs(delay, exactly)
    await test.enqueue(work, { n: 1 })
    await test.drain()
    expect((starts[1] ?? 0) - (starts[0] ?? 0)).toBe(expected)
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -5])(
    'a delay of %d, from another copy of the package, waits',
    async delayMs => {
      const { test, work } = runnerWith((_, { attempt }) => {
        if (attempt === 1) throw Object.assign(new Error('odd'), { name: 'Snooze', delayMs })
      })
      const { id } = await test.enqueue(work, { n: 1 })
      await test.settle()
      expect(Number.isFinite(test.store.read(id)?.scheduledAt)).toBe(true)
      await test.drain()
      expect(await test.get(id)).toMatchObject({ state: 'COMPLETED' })
    },
  )
})

it('a foreign item that holds snoozes: 0 can snooze', async () => {
  const { test, work, starts } = runnerWith((_, ctx) => {
    if (ctx.job.snoozes === 0) ctx.snooze('5s')
  })
  const { id } = await test.enqueue(work, { n: 1 }, { delay: '5s' })
  const stored = test.store.read(id)
  if (stored === undefined) throw new Error('no job')
  test.store.put({ ...stored, snoozes: 0 })
  await test.drain()
  expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', attempt: 2, snoozes: 1, crashes: 0 })
  expect(starts).toHaveLength(2)
})
