import { describe, expect, it } from 'vitest'
import { runBatch } from '../../lib/app/worker/run-batch.ts'
import { defaultPolicy, firstHoldMs, leaseMs } from '../../lib/core/definition/policy.ts'
import { completeIfOwner } from '../../lib/core/transitions/finish.ts'
import { crashAfterStart } from '../support/crashed.ts'
import { runnerWith } from '../support/jobs.ts'

const lease = leaseMs(defaultPolicy)

describe('a worker that dies in mid-job', () => {
  it('with its message: the job runs again as soon as the lease is over, attempt 2, one crash', async () => {
    const { test, work, starts } = runnerWith(() => 'saved')
    const { id } = await test.enqueue(work, { n: 1 })
    const diedAt = test.clock.now()
    await crashAfterStart(test)
    await test.drain()
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', result: 'saved', attempt: 2, crashes: 1 })
    expect(starts).toHaveLength(1)
    expect((starts[0] ?? 0) - diedAt).toBeGreaterThan(lease)
    expect((starts[0] ?? 0) - diedAt).toBeLessThanOrEqual(lease + 5_000)
    expect(test.events.filter(({ name }) => name === 'job_crashed')).toHaveLength(1)
  })

  it('and its message is lost too: the sweeper recovers the job within the first hold and a tick (I10, I12)', async () => {
    const { test, work, starts } = runnerWith(() => 'saved')
    const { id } = await test.enqueue(work, { n: 1 })
    const diedAt = test.clock.now()
    await crashAfterStart(test, 'dead-worker', true)
    await test.drain()
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', attempt: 2, crashes: 1 })
    expect((starts[0] ?? 0) - diedAt).toBeLessThanOrEqual(lease + firstHoldMs(defaultPolicy) + 60_000)
  })

  it('at its last attempt: the job ends FAILED, by whoever finds the lease over', async () => {
    for (const losesMessage of [false, true]) {
      const { test, work, starts } = runnerWith(() => 'never', { maxAttempts: 1 })
      const { id } = await test.enqueue(work, { n: 1 })
      await crashAfterStart(test, 'dead-worker', losesMessage)
      await test.drain()
      expect(await test.get(id)).toMatchObject({ state: 'FAILED', attempt: 1, crashes: 1, error: { name: 'Crashed' } })
      expect(starts).toHaveLength(0)
    }
  })

  it("a frozen worker that wakes after its lease: its writes are refused, the new owner's are accepted (I2)", async () => {
    const { test, work } = runnerWith(() => 'mine')
    const { id } = await test.enqueue(work, { n: 1 })
    await crashAfterStart(test, 'frozen-worker-1')
    const held = test.store.read(id)
    if (held === undefined) throw new Error('no job')
    await test.drain()
    const late = completeIfOwner(
      { job: held, owner: 'frozen-worker-1', now: test.clock.now(), policy: defaultPolicy },
      '"stale"',
    )
    expect(await test.store.apply([{ id, transition: late }])).toMatchObject([{ kind: 'refused' }])
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED', result: 'mine' })
  })
})

describe('messages are hints', () => {
  it('a duplicate starts nothing: one run, and the other message is deleted', async () => {
    const { test, work, starts } = runnerWith(() => undefined)
    const { id } = await test.enqueue(work, { n: 1 })
    const { fence, lookAt } = test.store.read(id) ?? { fence: 0, lookAt: 0 }
    test.queue.put('default', JSON.stringify({ v: 1, id, fence, type: 'work', at: lookAt }))
    await test.advance('5m')
    expect(starts).toHaveLength(1)
    expect(test.queue.nextVisibleAt('default')).toBeUndefined()
  })

  it('a duplicate that comes while the job runs waits for the lease, and is deleted then', async () => {
    const { test, work, starts } = runnerWith((_, ctx) => test.clock.sleep(20_000, ctx.signal))
    const { id } = await test.enqueue(work, { n: 1 })
    await test.settle()
    const { fence } = test.store.read(id) ?? { fence: 0 }
    test.queue.put('default', JSON.stringify({ v: 1, id, fence, type: 'work', at: 0 }))
    await test.advance('30s')
    expect(await test.get(id)).toMatchObject({ state: 'COMPLETED' })
    await test.advance('1m')
    expect(starts).toHaveLength(1)
    expect(test.queue.nextVisibleAt('default')).toBeUndefined()
  })

  it('all lost: the sweeper sends again after the first hold', async () => {
    const { test, work, starts } = runnerWith(() => undefined)
    await test.enqueue(work, { n: 1 })
    const enqueuedAt = test.clock.now()
    test.queue.purge()
    await test.drain()
    expect(starts).toHaveLength(1)
    expect((starts[0] ?? 0) - enqueuedAt).toBeLessThanOrEqual(firstHoldMs(defaultPolicy) + 120_000)
  })

  it('garbage, foreign bodies and messages of unknown jobs are dropped, and hold nobody up', async () => {
    const { test, work, starts } = runnerWith(() => undefined)
    for (const body of ['', 'nonsense', '{}', '[]', '{"v":2}', '{"v":1,"id":"x","fence":"1","type":"work","at":1}']) {
      test.queue.put('default', body)
    }
    test.queue.put('default', JSON.stringify({ v: 1, id: 'nobody', fence: 1, type: 'work', at: 0 }))
    await test.enqueue(work, { n: 1 })
    await test.settle()
    expect(starts).toHaveLength(1)
    await test.advance('1m')
    expect(test.queue.nextVisibleAt('default')).toBeUndefined()
    const dropped = test.events.filter(({ name }) => name === 'message_dropped')
    expect(dropped).toHaveLength(7)
  })

  it('an early message waits for the due time, and the job is neither early nor a hold late', async () => {
    const { test, work, starts } = runnerWith(() => undefined)
    const { id } = await test.enqueue(work, { n: 1 }, { delay: '60s' })
    const dueAt = test.clock.now() + 60_000
    const { fence, lookAt } = test.store.read(id) ?? { fence: 0, lookAt: 0 }
    test.queue.purge()
    test.queue.put('default', JSON.stringify({ v: 1, id, fence, type: 'work', at: lookAt }))
    await test.advance('2m')
    expect(starts).toHaveLength(1)
    expect(starts[0]).toBeGreaterThanOrEqual(dueAt)
    expect(starts[0]).toBeLessThanOrEqual(dueAt + 1_100)
  })

  it('a type that this worker does not know: kept while it is the only message, never failed', async () => {
    const { test, work } = runnerWith(() => undefined)
    const { id } = await test.enqueue(work, { n: 1 })
    const stored = test.store.read(id)
    if (stored === undefined) throw new Error('no job')
    test.store.put({ ...stored, type: 'of-tomorrow' })
    test.queue.purge()
    test.queue.put('default', JSON.stringify({ v: 1, id, fence: 1, type: 'of-tomorrow', at: stored.lookAt }))
    await test.settle()
    expect(test.queue.nextVisibleAt('default')).toBe(test.clock.now() + 60_000)
    await test.advance('3h')
    expect(await test.get(id)).toMatchObject({ state: 'RESERVED', attempt: 0 })
    expect(test.events.filter(({ name }) => name === 'unknown_type').length).toBeGreaterThan(2)
  })

  describe('a message of a newer release', () => {
    const newer = (id: string) => JSON.stringify({ v: 2, id, epoch: 'x' })

    it('waits as long as it is the only one of its job, and is not acted on', async () => {
      const { test, work, starts } = runnerWith(() => undefined)
      const { id } = await test.enqueue(work, { n: 1 })
      test.queue.purge()
      test.queue.put('default', newer(id))
      await test.settle()
      expect(test.queue.nextVisibleAt('default')).toBe(test.clock.now() + 60_000)
      expect(starts).toHaveLength(0)
      expect(test.events).toContainEqual(expect.objectContaining({ name: 'message_waits', id, waitMs: 60_000 }))
    })

    it.each(['its job has ended', 'the sweeper has sent others', 'there is no such job'])(
      'is deleted once %s',
      async why => {
        const { test, work } = runnerWith(() => undefined)
        const { id } = await test.enqueue(work, { n: 1 }, { delay: '1h' })
        const stored = test.store.read(id)
        if (stored === undefined) throw new Error('no job')
        if (why === 'its job has ended') await test.cancel(id)
        if (why === 'the sweeper has sent others') test.store.put({ ...stored, dispatches: 2 })
        test.queue.put('default', newer(why === 'there is no such job' ? 'nobody' : id))
        await test.advance('30s')
        expect(test.queue.nextVisibleAt('default')).toBeUndefined()
        expect(test.events).toContainEqual(expect.objectContaining({ name: 'message_dropped' }))
      },
    )
  })

  it('one that was received 900 times is sent anew: SQS would move it to the dead-letter queue at 1,000', async () => {
    const { test, work } = runnerWith(() => undefined)
    const { id } = await test.enqueue(work, { n: 1 })
    const stored = test.store.read(id)
    if (stored === undefined) throw new Error('no job')
    // Nobody knows this type: the message comes back each minute.
    test.store.put({ ...stored, type: 'of-tomorrow' })
    const body = JSON.stringify({ v: 1, id, fence: 1, type: 'of-tomorrow', at: stored.lookAt })
    for (const [receives, expected] of [
      [900, ['held']],
      [901, []],
    ] as const) {
      test.queue.purge()
      const delivery = { messageId: 'held', receipt: 'r', body, receives }
      const invocation = { queue: 'default', deliveries: [delivery], endAt: test.clock.now() + 900_000 }
      expect(await runBatch(test.deps, [], invocation)).toEqual(expected)
      const [fresh] = test.queue.receive('default', 10, 0)
      expect(fresh).toBeUndefined()
      expect(test.queue.nextVisibleAt('default')).toBe(receives === 900 ? undefined : test.clock.now() + 60_000)
    }
  })
})
